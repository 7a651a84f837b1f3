"""What Figure 5 and Table 1 have in common: the protection modes, running the kernel once in each, and the command line."""

import argparse
import concurrent.futures
import dataclasses
import pathlib
import re
import sys

import measure
import qemu
from clock import parameters
from measure import MeasureError


@dataclasses.dataclass(frozen=True)
class Mode:
    name: str  # of PROTECT=
    title: str
    paper: float | None  # percent against physical [OSR Figure 5]; None: no bar of the paper's


MODES = (
    Mode("nochecks", "no run-time checks", -4.7),
    Mode("physical", "physical memory", 0.0),
    Mode("paging", "add 4 KB pages", 6.3),
    Mode("domain", "add separate domain", 18.9),
    Mode("ring3", "add ring 3", 33.0),
    Mode("microkernel", "full microkernel", 37.7),
)
NATIVE = Mode("native", "C++ processes", None)  # no mode of the kernel's: other programs
BASELINE = "physical"
TRAPS = ("int", "sysenter")  # how a SIP at CPL 3 calls the kernel

# How a category of the model's breakdown is called in reports, and what it sums.
GROUPS = {
    "instructions": ("instructions", "branches"),
    "cache": ("fetch_cache", "data_cache"),
    "tlb": ("tlb",),
    "traps": ("traps",),
    "switches": ("switches",),
    "io": ("io",),
}


def modules_for(mode, modules):
    """Those that `mode` runs: what else lay in memory would move everything else."""
    return [module for module in modules if (pathlib.Path(module).suffix == ".elf") == (mode is NATIVE)]


def grouped(span):
    """The breakdown of a Span by GROUPS; empty where the clock cannot tell."""
    if not span.breakdown:
        return {}
    return {group: sum(span.breakdown.get(c, 0) for c in parts) for group, parts in GROUPS.items()}


def run_all(once, modes, repeat, jobs):
    """{mode name: [Run, ...]}. `once(mode)` makes a Run; the first failure ends all."""
    runs = {mode.name: [] for mode in modes}
    progress = choose_progress()
    with concurrent.futures.ThreadPoolExecutor(max_workers=jobs) as pool:
        waiting = {pool.submit(once, mode): mode for _ in range(repeat) for mode in modes}
        progress.begin(len(waiting))
        try:
            for done in concurrent.futures.as_completed(waiting):
                mode = waiting[done]
                try:
                    run = done.result()
                except MeasureError as error:
                    missing = measure.first_missing(error.tail.splitlines())  # that sentence says it all
                    raise MeasureError(f"{mode.name}: {missing or error}", "" if missing else error.tail) from None
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
        print(f"[{self.done}/{self.total}] {mode.name}: {run}", file=self.out, flush=True)

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



# --- The command line -------------------------------------------------------------------------------


MOST = 1_000_000


def positive(text):
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 to {MOST}")
    return int(text)


class Parser(argparse.ArgumentParser):
    """A wrong argument gets one sentence, not the usage of all."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message}\n")


def parser_for(program, description, modes=MODES):
    """A parser of what the programs have in common; `modes` are those that it knows."""
    parser = Parser(prog=program, description=description)
    parser.add_argument("--modes", default=",".join(mode.name for mode in modes), help="a list with commas; default: all of %(default)s")
    parser.add_argument("--clock", default="model", choices=list(measure.CLOCKS), help="who counts (default: %(default)s)")
    parser.add_argument("--model", default="k8", help=f"the processor of the clock 'model': {', '.join(parameters.names())} or a file")
    parser.add_argument("--trap", default="int", choices=TRAPS, help="how CPL 3 calls the kernel (default: %(default)s)")
    parser.add_argument("--jobs", type=positive, default=2, help="machines at a time (default: %(default)s)")
    parser.add_argument("--limit", type=positive, default=240, help="seconds a run may take (default: %(default)s)")
    parser.add_argument("--kernel", type=pathlib.Path, default=qemu.KERNEL)
    parser.add_argument("--module", action="append", default=[], help="a boot module; may be given again")
    parser.add_argument("--disk", type=pathlib.Path, help="the disk's image")
    parser.add_argument("--memory", type=positive, default=256, help="MB (default: %(default)s)")
    parser.add_argument("--out", type=pathlib.Path, default=qemu.ROOT / "build" / program, help="a folder")
    return parser


def parse(parser, argv, modes=MODES):
    """The options, with `modes` as Modes in the paper's order."""
    options = parser.parse_args(argv)
    known = {mode.name: mode for mode in modes}
    names = [name for name in options.modes.split(",") if name]
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        parser.error(f"no mode '{', '.join(unknown)}' (there are: {', '.join(known)})")
    options.modes = [mode for mode in modes if mode.name in names]
    return options


def clock_of(options):
    return measure.Clock(options.clock, parameters.load(options.model) if options.clock == "model" else None)


def machine_of(options, *more):
    """The machine of all runs. MeasureError where a file of it is missing, or one of `more`."""
    for path in (*more, options.kernel, options.disk, *(str(m).split(" ")[0] for m in options.module)):
        if path is not None and not pathlib.Path(path).exists():
            raise MeasureError(f"{path} does not exist: run `make`, which builds it")
    return qemu.Machine(kernel=options.kernel, modules=options.module, disk=options.disk, memory=options.memory, limit=options.limit)


def guarded(program, body):
    """The exit status of `body()`; what went wrong is one sentence on standard error."""
    try:
        body()
    except OSError as error:
        print(f"{program}: " + (f"{error.filename}: " if error.filename else "") + str(error.strerror), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{program}: interrupted", file=sys.stderr)
        return 130
    except (MeasureError, parameters.ModelError) as error:
        print(f"{program}: {error}", file=sys.stderr)
        if getattr(error, "tail", ""):
            print("the end of the console:", file=sys.stderr)
            print("\n".join("    " + line for line in error.tail.splitlines()), file=sys.stderr)
        return 1
    return 0
