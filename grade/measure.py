"""Runs a workload under one of the four clocks and returns what was counted at each mark.

    clock = Clock("model", parameters.load("k8"))
    measurement = clock.measure(qemu.Machine(append="run=webfiles reads=100", ...))
    span = measurement.between(1, 2)

The clocks (design section 6): `model` is the plugin of grade/clock, `icount` the same plugin counting
instructions only; `kvm` and `tcg` are RDTSC as the guest reads it, printed by the kernel as
`mark N tsc=T`. /dev/kvm is used when it was asked for and never otherwise.
"""

import bisect
import dataclasses
import json
import os
import pathlib
import re
import statistics
import subprocess
import tempfile

import qemu
from clock import parameters

PLUGIN = qemu.ROOT / "build/clock/model.so"
CLOCKS = {
    "model": "modelled cycles",
    "icount": "executed instructions",
    "kvm": "RDTSC under hardware virtualisation",
    "tcg": "RDTSC under plain emulation: noise, for debugging only",
}
CATEGORIES = ("instructions", "branches", "fetch_cache", "data_cache", "tlb", "traps", "switches", "io")


MISSING = re.compile(r"lab \d+, exercise \d+ \(.*\) is not done yet: .*")


def first_missing(lines):
    """The line of a console in which a lab's kernel says what exercise it has come to; empty if none does."""
    return next((line for line in lines if MISSING.fullmatch(line)), "")


class MeasureError(Exception):
    """A measurement that failed. The text is a sentence; `tail` the end of the guest's console."""

    def __init__(self, sentence, tail=""):
        super().__init__(sentence)
        self.tail = tail


@dataclasses.dataclass(frozen=True)
class Span:
    """What was counted between two marks. Everything but `cycles` is empty where the clock cannot tell."""

    cycles: int
    instructions: int = 0
    breakdown: dict = dataclasses.field(default_factory=dict)  # category -> cycles
    counts: dict = dataclasses.field(default_factory=dict)  # event -> how often
    executed: dict = dataclasses.field(default_factory=dict)  # address -> instructions, of a clock with a profile


@dataclasses.dataclass(frozen=True)
class Measurement:
    records: list  # of dict, as the plugin writes them
    console: str

    def between(self, first, last):
        """The Span from the first mark `first` to the next mark `last`."""
        start = next((i for i, r in enumerate(self.records) if r["mark"] == first), None)
        if start is None:
            raise MeasureError(f"mark {first} never came", tail(self.console))
        end = next((r for r in self.records[start + 1:] if r["mark"] == last), None)
        if end is None:
            raise MeasureError(f"mark {last} did not come after mark {first}", tail(self.console))
        return difference(self.records[start], end)

    def total(self, first, last):
        """What all spans from a mark `first` to the next mark `last` took together, and how many there are."""
        spans, start = [], None
        for record in self.records:
            if record["mark"] == first:
                start = record
            elif record["mark"] == last and start:
                spans.append(difference(start, record))
                start = None
        if not spans:
            raise MeasureError(f"mark {last} did not come after mark {first}", tail(self.console))
        return sum_of(spans), len(spans)


def sum_of(spans):
    """The Span of all together."""
    def added(parts):
        return {key: sum(part.get(key, 0) for part in parts) for key in {key: None for part in parts for key in part}}
    return Span(sum(span.cycles for span in spans), sum(span.instructions for span in spans), added([s.breakdown for s in spans]),
                added([s.counts for s in spans]), added([s.executed for s in spans]))


def difference(start, end):
    """The Span between two records."""
    span = {"cycles": end["cycles"] - start["cycles"]}
    if "instructions" in end:
        span["instructions"] = end["instructions"] - start["instructions"]
    if "executed" in end:
        before = start.get("executed", {})
        span["executed"] = {int(at): n - before.get(at, 0) for at, n in end["executed"].items() if n != before.get(at, 0)}
    if "centicycles" in end:
        centi = subtract(end["centicycles"], start["centicycles"])
        span["cycles"] = centi.pop("total") // 100
        span["breakdown"] = {category: centi[category] // 100 for category in CATEGORIES}
        flat = {}
        for key in ("counts", "code", "data", "walk_reads", "code_tlb", "data_tlb"):
            prefix = "" if key == "counts" else key + "."
            flat.update({prefix + k: v for k, v in subtract(end[key], start[key]).items()})
        for key in ("branches", "mispredicted"):
            flat[key] = end[key] - start[key]
        span["counts"] = flat
    return Span(**span)


def subtract(end, start):
    return {key: end[key] - start[key] for key in end}


def tail(console, lines=25):
    return "\n".join(console.splitlines()[-lines:])


def listing(kernel):
    """[(address, kind, name)] of a kernel's symbols by address, as nm has them, names demangled."""
    try:
        text = subprocess.run(["nm", "-C", "-n", str(kernel)], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        detail = (getattr(error, "stderr", "") or str(error)).strip()
        raise MeasureError(f"the symbols of {kernel} cannot be read: {detail}") from None
    words = (line.split(" ", 2) for line in text.splitlines())
    return [(int(word[0], 16), word[1], word[2]) for word in words if len(word) == 3 and word[0]]


def symbols(kernel):
    """{name: address} of a kernel, names without namespaces."""
    found = {}
    for address, _, name in listing(kernel):
        found.setdefault(name.split("::")[-1], address)
    return found


def functions(kernel):
    """[(address, name)] of a kernel's code in order, names without namespaces and parameters."""
    return [(address, plain_name(name)) for address, kind, name in listing(kernel) if kind in "tTwW"]


def plain_name(demangled):
    """`void singlet::kern::Channel::send<int>(int) const` is Channel::send."""
    name = re.sub(r"\(anonymous namespace\)::|\bsinglet::((kern|rt|verifier)::)?", "", demangled)
    name = name.split("(")[0]
    while name != (shorter := re.sub(r"<[^<>]*>", "", name)):
        name = shorter
    return name.split(" ")[-1]


def by_function(executed, known, rest="compiled code"):
    """{function: instructions} of {address: instructions}; what lies behind all functions is `rest`."""
    starts = [address for address, _ in known]
    sums = {}
    for address, times in executed.items():
        at = bisect.bisect_right(starts, address) - 1
        name = known[at][1] if 0 <= at < len(known) - 1 else rest
        sums[name] = sums.get(name, 0) + times
    return sums


def quoted(path):
    """A path inside of one of QEMU's comma lists."""
    return str(path).replace(",", ",,")


@dataclasses.dataclass(frozen=True)
class Clock:
    """Who counts, and for `model` which processor."""

    name: str = "model"
    model: parameters.Model | None = None
    profile: bool = False  # of `icount`: also by address

    def __post_init__(self):
        if self.name not in CLOCKS:
            raise MeasureError(f"no clock '{self.name}' (there are: {', '.join(CLOCKS)})")
        if (self.name == "model") != (self.model is not None):
            raise MeasureError("the clock 'model', and no other, needs a processor model")

    @property
    def title(self):
        text = CLOCKS[self.name]
        return f"{text}, {self.model.title}" if self.model else text

    @property
    def append(self):
        """What the kernel must be told: to print RDTSC at its marks where nobody else counts."""
        return "clock=tsc" if self.name in ("kvm", "tcg") else ""

    def measure(self, machine, on_line=None):
        """Runs `machine` to its end. Raises MeasureError where the run or the clock fails."""
        if self.append:
            machine = dataclasses.replace(machine, append=f"{machine.append} {self.append}".strip())
        if self.name in ("kvm", "tcg"):
            return self._measure_tsc(machine, on_line)
        return self._measure_plugin(machine, on_line)

    def _measure_tsc(self, machine, on_line):
        if self.name == "kvm":
            require_kvm()
        machine = dataclasses.replace(machine, accel=self.name, deterministic=False)
        console = finished(machine.run(on_line=on_line)).console
        records = [{"mark": int(mark), "cycles": int(tsc)}
                   for mark, tsc in re.findall(r"^mark (\d+) tsc=(\d+)\s*$", console, re.M)]
        if not records:
            raise MeasureError("the kernel printed no line 'mark N tsc=T'", tail(console))
        return Measurement(records, console)

    def _measure_plugin(self, machine, on_line):
        if not PLUGIN.exists():
            raise MeasureError(f"{PLUGIN.relative_to(qemu.ROOT)} does not exist: run `make clock` first")
        place = folder_for_memory(machine.memory)
        with tempfile.TemporaryDirectory(prefix="singlet-clock-", dir=place) as folder:
            folder = pathlib.Path(folder)
            console = finished(self._with_plugin(machine, folder).run(on_line=on_line)).console
            try:
                lines = (folder / "records").read_text().splitlines()
                records = [json.loads(line) for line in lines]
            except (OSError, json.JSONDecodeError) as error:
                raise MeasureError(f"the model clock's records cannot be read: {error}", tail(console)) from None
        if not records:
            raise MeasureError("the guest came to its end without a mark", tail(console))
        return Measurement(records, console)

    def _with_plugin(self, machine, folder):
        """`machine` with the plugin and the memory that they share; files go to `folder`."""
        address = symbols(machine.kernel)
        memory = folder / "memory"
        plugin = [quoted(PLUGIN), f"out={quoted(folder / 'records')}", f"memory={quoted(memory)}"]
        if self.model:
            (folder / "params").write_text(self.model.lines())
            plugin += [f"params={quoted(folder / 'params')}"]
        else:
            plugin += ["mode=icount"] + (["profile=1"] if self.profile else [])
        if "clock_page" in address:
            plugin += [f"clock_page={address['clock_page']:#x}"]
        # The one instruction that each trap passes, whatever raised it.
        entry = address.get("trap_common", address.get("trap_entry"))
        if entry is not None:
            plugin += [f"trap_entry={entry:#x}"]
        backend = (f"memory-backend-file,id=ram,size={machine.memory}M,"
                   f"mem-path={quoted(memory)},share=on")
        return dataclasses.replace(
            machine, accel="tcg", deterministic=True, machine=f"{machine.machine},memory-backend=ram",
            plugin=",".join(plugin), extra=[*machine.extra, "-object", backend])


def require_kvm(device="/dev/kvm", cpuinfo="/proc/cpuinfo"):
    """A MeasureError where there is no KVM, or only one in software, which interprets a 32-bit guest and
    takes minutes to start the kernel."""
    if not os.access(device, os.R_OK | os.W_OK):
        raise MeasureError("CLOCK=kvm needs /dev/kvm, which this machine has not (or not for this user)")
    try:
        flags = pathlib.Path(cpuinfo).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    if not re.search(r"\b(vmx|svm)\b", flags):
        raise MeasureError("CLOCK=kvm needs a processor that virtualises: here is a /dev/kvm, but neither VMX nor SVM")


def folder_for_memory(megabytes, shared="/dev/shm"):
    """Where the file goes that is the guest's memory and that QEMU and the plugin share. Best is a file
    system in memory, but a full one kills QEMU, and containers often have a small one: None (the usual
    folder for such files) unless there is room for a few machines."""
    try:
        status = os.statvfs(shared)
    except OSError:
        return None
    room = status.f_bavail * status.f_frsize >= 4 * megabytes << 20
    return shared if room and os.access(shared, os.W_OK) else None


def finished(result):
    """`result` if the machine ended well; else the reason as MeasureError."""
    if result.end is qemu.End.OK:
        return result
    last = result.stderr.strip().splitlines()[-1:] or [""]
    sentences = {
        qemu.End.HANG: f"the guest did not end within {result.limit:.0f} s",
        qemu.End.FLOOD: "the guest printed without end",
        qemu.End.PANIC: "the kernel panicked",
        qemu.End.TRIPLE_FAULT: "the guest reset itself (a triple fault)",
        qemu.End.FAILED: "the kernel reported a failure",
    }
    ended = f"ended with status {result.status}" if (result.status or 0) >= 0 else f"was killed by signal {-result.status}"
    sentence = sentences.get(result.end, f"QEMU {ended}: {last[0]}".removesuffix(": "))
    if "API version" in result.stderr:
        sentence = f"this QEMU cannot load the model clock, which needs plugin interface 1: {last[0]}"
    raise MeasureError(sentence, tail(result.console))


def repeated(spans):
    """(the span with the median cycles, the spread of all in percent)."""
    median = statistics.median_low(span.cycles for span in spans)
    chosen = next(span for span in spans if span.cycles == median)
    cycles = [span.cycles for span in spans]
    return chosen, 100 * (max(cycles) - min(cycles)) / max(1, median)
