#!/usr/bin/env python3
"""Measures Table 1 of "Singularity: Rethinking the Software Stack" on this system: what the basic operations cost in each
protection mode, and C++ processes beside them.

Runs the kernel once for each mode with user/table1, which does every operation many times between two marks (and each creation
of a process between two of its own), once with user/threads, and once with its twin user/native/table1, and writes a table to the terminal and table1.json,
.svg and .png. Every report says which clock made it; a modelled number is called one.
"""

import dataclasses
import json
import pathlib
import re
import sys

import measure
import series
import table1_plot
import table1_text
from measure import MeasureError
from series import BASELINE


@dataclasses.dataclass(frozen=True)
class Row:
    mark: int  # 2 * mark stands before the operations, 2 * mark + 1 behind them [user/table1/table1.sing]
    name: str
    title: str
    times: int  # operations between the marks, of which there may be several pairs
    paper: dict  # mode -> cycles there [OSR Table 1, MSPC]
    aim: float | None = None  # modelled cycles in `physical` that it must not exceed
    sips_only: bool = False  # C++ processes have no such operation
    alone: str = ""  # a program of its own measures it, in a run of its own, as the client


def mspc(physical, paging, domain, ring3):
    """What the paper measured: it has no figures for the other two modes."""
    return {mode: cycles for mode, cycles in zip(("physical", "paging", "domain", "ring3"), (physical, paging, domain, ring3))
            if cycles is not None}


SIZES = (1, 16, 256, 1024, 4096, 16384, 65536)  # bytes
MESSAGES = 2 * 200  # there and back

ROWS = (
    Row(50, "loop", "the empty loop around each", 10_000, {}),
    Row(51, "call", "kernel call", 10_000, mspc(80, 80, None, 304), aim=30),
    Row(52, "yield", "yield to another SIP", 2 * 2_000, {"physical": 365}, aim=150),
    Row(53, "ping", "ping/pong of one byte", 2_000, mspc(1_041, 1_415, 1_826, 2_580), aim=600),
    Row(54, "channel", "create and close a channel", 1_000, mspc(4_007, 7_940, 8_192, 11_784), sips_only=True),
    Row(55, "page", "allocate and free a page", 1_000, mspc(385, 1_876, None, 2_198), sips_only=True),
    Row(58, "install", "install a program", 10, {}, sips_only=True),
    Row(56, "birth", "create a process", 100, mspc(388_162, 522_727, 520_473, 830_999), aim=40_000),
    Row(57, "death", "its end", 100, {}),
    Row(59, "thread", "create a thread", 100, mspc(16_933, 41_406, 41_616, 76_188), sips_only=True, alone="threads"),
    *(Row(60 + n, f"message-{size}", f"message of {size:,} B", MESSAGES, {}) for n, size in enumerate(SIZES)),
)
FLAT = 5  # percent that the dearest message may cost more than the cheapest in `physical`

SIPS = ("peer", "table1")  # to start, in this order
PROCESSES = ("echo", "table1")  # the same in C++
CHILDREN = ("turns", "newborn")  # which those start
ALONE = {row.alone for row in ROWS if row.alone}
MODES = (*series.MODES, series.NATIVE)


def rows_of(mode):
    return [row for row in ROWS if mode is not series.NATIVE or not row.sips_only]


def command_line(mode, trap="int", sips=SIPS):
    if mode is series.NATIVE:
        return f"protect=microkernel run={','.join(f'{name}.elf' for name in PROCESSES)}"
    return f"protect={mode.name} run={','.join(sips)} trap={trap}"


@dataclasses.dataclass(frozen=True)
class Run:
    spans: dict  # row's name -> Span of all its operations

    def __str__(self):
        return f"{len(self.spans)} rows"


def run_once(clock, machine, mode, trap):
    """A run of the kernel in `mode` for each program that measures something."""
    rows, spans = rows_of(mode), {}
    for alone in dict.fromkeys(row.alone for row in rows):
        append = command_line(mode, trap, (alone,) if alone else SIPS)
        modules = [module for module in series.modules_for(mode, machine.modules)
                   if (pathlib.Path(module).stem if pathlib.Path(module).stem in ALONE else "") == alone]
        measurement = measured(clock, dataclasses.replace(machine, append=append, modules=modules))
        spans |= {row.name: all_of(row, measurement) for row in rows if row.alone == alone}
    return Run({row.name: spans[row.name] for row in rows})


def measured(clock, machine):
    """What was counted in a run that has to end in order."""
    measurement = clock.measure(machine)
    if not re.search(r"^singlet: all (SIPs have ended; leaked: 0 frames, 0 blocks, 0 endpoints|processes have ended; leaked: 0 frames)$",
                     measurement.console, re.M):
        raise MeasureError("the programs did not end in order", measure.tail(measurement.console))
    return measurement


def all_of(row, measurement):
    """The Span of all the row's operations."""
    span, pairs = measurement.total(2 * row.mark, 2 * row.mark + 1)
    if row.times % pairs:
        raise MeasureError(f"the row '{row.title}' has {pairs} pairs of marks for {row.times} operations")
    return span


def cell(row, span):
    """What one operation took."""
    return {
        "cycles": round(span.cycles / row.times, 1),
        "instructions": round(span.instructions / row.times, 1),
        "breakdown": {group: round(cycles / row.times, 1) for group, cycles in series.grouped(span).items()},
    }


def profile(machine, trap):
    """{row's name: {function: instructions of one operation}} in `physical`, from a run that counts instructions by address."""
    mode = next(mode for mode in series.MODES if mode.name == BASELINE)
    run = run_once(measure.Clock("icount", profile=True), machine, mode, trap)
    known = measure.functions(machine.kernel)
    return {row.name: {name: round(times / row.times, 2) for name, times in
                       measure.by_function(run.spans[row.name].executed, known).items()} for row in ROWS}


def flatness(runs):
    """The dearest message beside the cheapest in `physical`, in percent more; None where that mode was not run."""
    if BASELINE not in runs:
        return None
    cycles = [runs[BASELINE].spans[row.name].cycles for row in ROWS if row.name.startswith("message-")]
    return round(100 * (max(cycles) / max(1, min(cycles)) - 1), 1)


def report(clock, trap, runs, functions):
    """What table1.json holds. `runs` are {mode: Run}, `functions` what profile() returns or nothing."""
    return {
        "clock": clock.name,
        "clock_title": clock.title,
        "model": clock.model.as_json() if clock.model else None,
        "trap": trap,
        "modes": list(runs),
        "rows": [{"name": row.name, "title": row.title, "times": row.times, "paper": row.paper, "aim": row.aim,
                  "modes": {mode: cell(row, run.spans[row.name]) for mode, run in runs.items() if row.name in run.spans}} for row in ROWS],
        "flat": {"aim": FLAT, "found": flatness(runs)},
        "functions": functions,
    }


def draw(options, once=None, profiled=None):
    """Runs and writes everything. `once` and `profiled` replace the machines in tests."""
    clock = series.clock_of(options)
    if once is None:
        machine = series.machine_of(options)

        def once(mode):
            return run_once(clock, machine, mode, options.trap)

        def profiled():
            return profile(machine, options.trap)
    runs = series.run_all(once, options.modes, 1, options.jobs)
    counted = clock.name in ("model", "icount") and BASELINE in runs
    data = report(clock, options.trap, {mode.name: runs[mode.name][0] for mode in options.modes}, profiled() if counted else {})
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "table1.json").write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    table1_plot.write(data, options.out)
    print(table1_text.render(data), end="")
    print(f"written: {options.out}/table1.json, table1.svg, table1.png")


def main(argv=None, once=None, profiled=None):
    options = series.parse(series.parser_for("table1", "Measure Singularity's Table 1 on this system.", MODES), argv, MODES)
    return series.guarded("table1", lambda: draw(options, once, profiled))


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")
    sys.exit(main())
