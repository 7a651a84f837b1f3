#!/usr/bin/env python3
"""Draws Figure 5 of "Singularity: Rethinking the Software Stack" on this system: what WebFiles costs
in each protection mode, against SIPs in physical memory. One bar more is ours and not the paper's: the
same work done by three C++ processes at CPL 3, as a conventional microkernel has them.

Runs the kernel once for each mode and repetition, takes what the clock counted between the marks at
the workload's start and end, and writes a table to the terminal and figure5.json, .svg and .png. All
modes must have read the same bytes: a run that fails or whose checksum differs ends this program with
status 1 and no figure. Every report says which clock made it; a modelled number is called one.
"""

import dataclasses
import json
import pathlib
import re
import sys

import figure_text
import measure
import plot
import series
import sensitivity
from measure import MeasureError
from series import BASELINE, Mode

# --- The workload: the one place that knows how the kernel is asked for it -------------------------

WORKLOAD = "webfiles"
SIPS = ("names", "ide", "fat", WORKLOAD)  # to start, in this order; each is a boot module
PROCESSES = ("ide", "fat", WORKLOAD)  # their twins in C++
NATIVE = series.NATIVE
MODES = (*series.MODES, NATIVE)
START_MARK, END_MARK = 1, 2


@dataclasses.dataclass(frozen=True)
class PolicyMode(Mode):
    """SIPs where a policy file puts them [kern/proc/policy.hh], which may need paging."""

    file: pathlib.Path

    @staticmethod
    def of(path):
        return PolicyMode("policy", f"policy {path.name}", None, path)


def command_line(mode, reads, trap="int"):
    """The kernel's command line for one run."""
    if isinstance(mode, PolicyMode):
        return f"protect=paging policy={mode.file.name} run={','.join(SIPS)} reads={reads} trap={trap}"
    if mode is NATIVE:
        return f"protect=microkernel run={','.join(f'{name}.elf' for name in PROCESSES)} reads={reads}"
    return f"protect={mode.name} run={','.join(SIPS)} reads={reads} trap={trap}"


def modules_for(mode, modules):
    """Those that `mode` runs, and its policy."""
    return series.modules_for(mode, modules) + ([mode.file] if isinstance(mode, PolicyMode) else [])


@dataclasses.dataclass(frozen=True)
class Work:
    """What the workload says it did; the same in all modes or something is broken."""

    reads: int
    bytes: int
    checksum: str


def work_done(console):
    found = re.search(r"^webfiles: reads=(\d+) bytes=(\d+) checksum=([0-9A-Fa-f]{8})\s*$", console, re.M)
    if not found:
        raise MeasureError("the workload printed no line 'webfiles: reads=N bytes=B checksum=X'",
                           measure.tail(console))
    return Work(int(found[1]), int(found[2]), found[3].upper())


# --- Running --------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Run:
    mode: Mode
    span: measure.Span
    work: Work

    def __str__(self):
        return f"{self.span.cycles:,}"


def run_once(clock, machine, mode, reads, trap):
    """One run of the kernel in `mode`."""
    machine = dataclasses.replace(machine, append=command_line(mode, reads, trap), modules=modules_for(mode, machine.modules))
    measurement = clock.measure(machine)
    work = work_done(measurement.console)
    if work.reads != reads:
        raise MeasureError(f"the workload made {work.reads} reads, not {reads}", measure.tail(measurement.console))
    return Run(mode, measurement.between(START_MARK, END_MARK), work)


# --- From runs to bars ------------------------------------------------------------------------------


def check_work(runs):
    """The one Work that all runs did; a MeasureError names the modes that differ."""
    works = {}
    for name, mode_runs in runs.items():
        for run in mode_runs:
            works.setdefault(run.work, []).append(name)
    if len(works) == 1:
        return next(iter(works))
    said = "; ".join(f"{', '.join(dict.fromkeys(names))}: {w.bytes} bytes, checksum {w.checksum}"
                     for w, names in works.items())
    raise MeasureError(f"the modes did not read the same bytes ({said})")


def make_bars(runs, modes):
    """The bars, in the order of `modes`. Needs the baseline among them for `relative`."""
    spans = {mode.name: measure.repeated([run.span for run in runs[mode.name]]) for mode in modes}
    base = spans[BASELINE][0].cycles if BASELINE in spans else None
    if base == 0:
        raise MeasureError(f"{BASELINE}: nothing was counted between the marks {START_MARK} and {END_MARK}")
    bars = []
    for mode in modes:
        span, spread = spans[mode.name]
        reads = runs[mode.name][0].work.reads
        bars.append({
            "mode": mode.name,
            "title": mode.title,
            "cycles": span.cycles,
            "cycles_per_read": round(span.cycles / reads, 1),
            "relative": round(100 * (span.cycles / base - 1), 2) if base else None,  # percent
            "paper": mode.paper,
            "spread": round(spread, 3),  # percent, between repetitions
            "instructions": span.instructions,
            "breakdown": series.grouped(span),
            "counts": span.counts,
        })
    return bars


def report(clock, work, repeat, trap, bars):
    """What figure5.json holds."""
    return {
        "clock": clock.name,
        "clock_title": clock.title,
        "model": clock.model.as_json() if clock.model else None,
        "workload": {"name": WORKLOAD, "reads": work.reads, "bytes": work.bytes, "checksum": work.checksum,
                     "repeat": repeat, "trap": trap},
        "bars": bars,
    }


# --- The program ------------------------------------------------------------------------------------


def arguments(argv):
    parser = series.parser_for("figure5", "Draw Singularity's Figure 5 on this system.", MODES)
    parser.add_argument("--reads", type=series.positive, default=1000, help="file reads of a run (default: %(default)s)")
    parser.add_argument("--repeat", type=series.positive, default=1,
                        help="runs of each mode, of which the median one is the bar (default: %(default)s)")
    parser.add_argument("--sensitivity", type=pathlib.Path, metavar="JSON",
                        help="run nothing: show how the bars of a figure5.json depend on placeholders")
    parser.add_argument("--policy", type=pathlib.Path, metavar="FILE", help="a bar more: SIPs where this file puts them")
    options = series.parse(parser, argv, MODES)
    if options.policy:
        options.modes.append(PolicyMode.of(options.policy))
    return options


def show_sensitivity(path):
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise MeasureError(f"{path} cannot be read: {error}") from None
    try:
        if data["clock"] != "model" or BASELINE not in {bar["mode"] for bar in data["bars"]}:
            raise MeasureError(f"{path} is no figure of the clock 'model' with the mode '{BASELINE}'")
        text = sensitivity.render(data)
    except (KeyError, TypeError):
        raise MeasureError(f"{path} is no figure5.json") from None
    path.with_name("sensitivity.txt").write_text(text, encoding="utf-8")
    print(text, end="")


def draw(options, once=None):
    """Runs and writes everything. `once` replaces the machines in tests."""
    clock = series.clock_of(options)
    if once is None:
        machine = series.machine_of(options, options.policy)

        def once(mode):
            return run_once(clock, machine, mode, options.reads, options.trap)
    runs = series.run_all(once, options.modes, options.repeat, options.jobs)
    data = report(clock, check_work(runs), options.repeat, options.trap, make_bars(runs, options.modes))
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "figure5.json").write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    plot.write(data, options.out)
    print(figure_text.render(data), end="")
    print(f"written: {options.out}/figure5.json, figure5.svg, figure5.png")


def main(argv=None, once=None):
    options = arguments(argv)
    return series.guarded("figure5", lambda: show_sensitivity(options.sensitivity) if options.sensitivity else draw(options, once))


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")
    sys.exit(main())
