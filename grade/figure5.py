#!/usr/bin/env python3
"""Draws Figure 5 of "Singularity: Rethinking the Software Stack" on this system: what WebFiles costs
in each protection mode, against SIPs in physical memory.

Runs the kernel once for each mode and repetition, takes what the clock counted between the marks at
the workload's start and end, and writes a table to the terminal and figure5.json, .svg and .png. All
modes must have read the same bytes: a run that fails or whose checksum differs ends this program with
status 1 and no figure. Every report says which clock made it; a modelled number is called one.
"""

import argparse
import concurrent.futures
import dataclasses
import json
import pathlib
import re
import sys

import figure_text
import measure
import plot
import qemu
import sensitivity
from clock import parameters
from measure import MeasureError


@dataclasses.dataclass(frozen=True)
class Mode:
    name: str  # of PROTECT=
    title: str
    paper: float  # percent against physical [OSR Figure 5]


MODES = (
    Mode("nochecks", "no run-time checks", -4.7),
    Mode("physical", "physical memory", 0.0),
    Mode("paging", "add 4 KB pages", 6.3),
    Mode("domain", "add separate domain", 18.9),
    Mode("ring3", "add ring 3", 33.0),
    Mode("microkernel", "full microkernel", 37.7),
)
BASELINE = "physical"

# How a category of the model's breakdown is called in the figure, and what it sums.
GROUPS = {
    "instructions": ("instructions", "branches"),
    "cache": ("fetch_cache", "data_cache"),
    "tlb": ("tlb",),
    "traps": ("traps",),
    "switches": ("switches",),
    "io": ("io",),
}

# --- The workload: the one place that knows how the kernel is asked for it -------------------------

WORKLOAD = "webfiles"
SIPS = ("names", "ide", "fat", WORKLOAD)  # to start, in this order; each is a boot module
START_MARK, END_MARK = 1, 2


TRAPS = ("int", "sysenter")  # how a SIP at CPL 3 calls the kernel


def command_line(mode, reads, trap="int"):
    """The kernel's command line for one run."""
    return f"protect={mode.name} run={','.join(SIPS)} reads={reads} trap={trap}"


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


def run_once(clock, machine, mode, reads, trap):
    """One run of the kernel in `mode`."""
    machine = dataclasses.replace(machine, append=command_line(mode, reads, trap))
    measurement = clock.measure(machine)
    work = work_done(measurement.console)
    if work.reads != reads:
        raise MeasureError(f"the workload made {work.reads} reads, not {reads}", measure.tail(measurement.console))
    return Run(mode, measurement.between(START_MARK, END_MARK), work)


def run_all(once, modes, repeat, jobs, progress):
    """{mode name: [Run, ...]}. `once(mode)` makes a Run; the first failure ends all."""
    runs = {mode.name: [] for mode in modes}
    with concurrent.futures.ThreadPoolExecutor(max_workers=jobs) as pool:
        waiting = {pool.submit(once, mode): mode for _ in range(repeat) for mode in modes}
        progress.begin(len(waiting))
        try:
            for done in concurrent.futures.as_completed(waiting):
                mode = waiting[done]
                try:
                    run = done.result()
                except MeasureError as error:
                    raise MeasureError(f"{mode.name}: {error}", error.tail) from None
                runs[mode.name].append(run)
                progress.finished(mode, run)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        finally:
            progress.end()
    return runs


class PlainProgress:
    """One line for each run that ended: for logs."""

    def __init__(self, out=sys.stderr):
        self.out = out

    def begin(self, total):
        self.total, self.done = total, 0
        print(f"{total} runs", file=self.out, flush=True)

    def finished(self, mode, run):
        self.done += 1
        print(f"[{self.done}/{self.total}] {mode.name}: {run.span.cycles:,}", file=self.out, flush=True)

    def end(self):
        pass


class BarProgress:
    """A bar for terminals; ImportError where python3-rich is not installed."""

    def __init__(self):
        import rich.progress
        self.bar = rich.progress.Progress(
            rich.progress.TextColumn("{task.description:<24}"), rich.progress.BarColumn(),
            rich.progress.MofNCompleteColumn(), rich.progress.TimeElapsedColumn(), transient=True)

    def begin(self, total):
        self.bar.start()
        self.task = self.bar.add_task("running", total=total)

    def finished(self, mode, run):
        self.bar.update(self.task, advance=1, description=f"{mode.name} done")

    def end(self):
        self.bar.stop()


def choose_progress():
    if sys.stderr.isatty():
        try:
            return BarProgress()
        except ImportError:
            pass
    return PlainProgress()


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
        grouped = {group: sum(span.breakdown.get(c, 0) for c in parts) for group, parts in GROUPS.items()}
        bars.append({
            "mode": mode.name,
            "title": mode.title,
            "cycles": span.cycles,
            "cycles_per_read": round(span.cycles / reads, 1),
            "relative": round(100 * (span.cycles / base - 1), 2) if base else None,  # percent
            "paper": mode.paper,
            "spread": round(spread, 3),  # percent, between repetitions
            "instructions": span.instructions,
            "breakdown": grouped if span.breakdown else {},
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


MOST = 1_000_000


def positive(text):
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 to {MOST}")
    return int(text)


class Parser(argparse.ArgumentParser):
    """A wrong argument gets one sentence, not the usage of all."""

    def error(self, message):
        self.exit(2, f"figure5: {message}\n")


def arguments(argv):
    parser = Parser(description="Draw Singularity's Figure 5 on this system.")
    parser.add_argument("--modes", default=",".join(mode.name for mode in MODES), help="a list with commas; default: all six")
    parser.add_argument("--clock", default="model", choices=list(measure.CLOCKS), help="who counts (default: %(default)s)")
    parser.add_argument("--model", default="k8", help=f"the processor of the clock 'model': {', '.join(parameters.names())} or a file")
    parser.add_argument("--reads", type=positive, default=1000, help="file reads of a run (default: %(default)s)")
    parser.add_argument("--trap", default="int", choices=TRAPS, help="how CPL 3 calls the kernel (default: %(default)s)")
    parser.add_argument("--repeat", type=positive, default=1,
                        help="runs of each mode, of which the median one is the bar (default: %(default)s)")
    parser.add_argument("--jobs", type=positive, default=2, help="machines at a time (default: %(default)s)")
    parser.add_argument("--limit", type=positive, default=240, help="seconds a run may take (default: %(default)s)")
    parser.add_argument("--kernel", type=pathlib.Path, default=qemu.KERNEL)
    parser.add_argument("--module", action="append", default=[], help="a boot module; may be given again")
    parser.add_argument("--disk", type=pathlib.Path, help="the disk's image")
    parser.add_argument("--memory", type=positive, default=256, help="MB (default: %(default)s)")
    parser.add_argument("--out", type=pathlib.Path, default=qemu.ROOT / "build/figure5", help="a folder")
    parser.add_argument("--sensitivity", type=pathlib.Path, metavar="JSON",
                        help="run nothing: show how the bars of a figure5.json depend on placeholders")
    options = parser.parse_args(argv)
    known = {mode.name: mode for mode in MODES}
    names = [name for name in options.modes.split(",") if name]
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        parser.error(f"no mode '{', '.join(unknown)}' (there are: {', '.join(known)})")
    options.modes = [mode for mode in MODES if mode.name in names]
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
    clock = measure.Clock(options.clock, parameters.load(options.model) if options.clock == "model" else None)
    machine = qemu.Machine(kernel=options.kernel, modules=options.module, disk=options.disk,
                           memory=options.memory, limit=options.limit)
    if once is None:
        for path in (options.kernel, options.disk, *(str(m).split(" ")[0] for m in options.module)):
            if path is not None and not pathlib.Path(path).exists():
                raise MeasureError(f"{path} does not exist: run `make figure5`, which builds it")

        def once(mode):
            return run_once(clock, machine, mode, options.reads, options.trap)
    runs = run_all(once, options.modes, options.repeat, options.jobs, choose_progress())
    data = report(clock, check_work(runs), options.repeat, options.trap, make_bars(runs, options.modes))
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "figure5.json").write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    plot.write(data, options.out)
    print(figure_text.render(data), end="")
    print(f"written: {options.out}/figure5.json, figure5.svg, figure5.png")


def main(argv=None, once=None):
    options = arguments(argv)
    try:
        if options.sensitivity:
            show_sensitivity(options.sensitivity)
        else:
            draw(options, once)
    except OSError as error:
        print("figure5: " + (f"{error.filename}: " if error.filename else "") + str(error.strerror), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("figure5: interrupted", file=sys.stderr)
        return 130
    except (MeasureError, parameters.ModelError) as error:
        print(f"figure5: {error}", file=sys.stderr)
        if getattr(error, "tail", ""):
            print("the end of the console:", file=sys.stderr)
            print("\n".join("    " + line for line in error.tail.splitlines()), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")
    sys.exit(main())
