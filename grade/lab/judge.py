"""One check: boots the kernel and says what that was worth.

What counts is how the machine ended and the records of the kernel's test driver (kern/boot/test.hh), which carry a nonce
that is new for every boot. What a kernel prints besides is shown to people and never believed. That keeps a
print of "ok" or "Score: 100/100" from counting, and a kernel that skips a test from being taken for one that
passes it. It does not stop a kernel that looks for the nonce in memory: test and kernel share an address space at CPL 0,
and no secret lies outside of it. A grade is therefore taken with the tests that were handed out (`pristine` in labN.toml),
and who reads the diff (`make handin`, the instructor) sees such code."""
import dataclasses
import pathlib
import re
import secrets
import subprocess
import tempfile

import measure
import qemu
from clock import parameters

MOST_OUTPUT = 64 << 10  # bytes; no test prints a tenth of it


@dataclasses.dataclass
class Verdict:
    """What became of a check. `kind` is one of: ok, build, no boot, not done, panic, triple fault, hang, flood, wrong."""

    kind: str
    sentence: str = ""
    details: list = dataclasses.field(default_factory=list)  # lines for whoever has to find out
    figures: list = dataclasses.field(default_factory=list)  # (what, value, least, most, why, inside)
    console: str = ""
    seconds: float = 0

    @property
    def ok(self):
        return self.kind == "ok"


def judge(check, lab, kernel):
    """Runs one check. Never raises for what a kernel may do."""
    nonce = secrets.token_hex(8)
    machine = qemu.Machine(append=f"test={check.test} nonce={nonce}", kernel=kernel, limit=lab.limit,
                           most_output=MOST_OUTPUT, ask_where=True)
    result = machine.run()
    verdict = classify(check, result, nonce)
    if result.end is qemu.End.TRIPLE_FAULT:
        verdict.details += [f"  at {place}" for place in last_fault(machine, kernel)]
    elif result.eip is not None:
        verdict.details += [f"  at {symbolised(result.eip, kernel)}"]
    verdict.console, verdict.seconds = result.console[-20000:], result.seconds
    if verdict.ok and check.measure:
        judge_figures(check, lab, kernel, verdict)
    return verdict


def classify(check, result, nonce):
    """How the machine ended comes first, then the records, then what stands between them."""
    lines, end = result.lines(), result.end
    if end is qemu.End.HANG:
        return Verdict("hang", f"the machine did not end within {result.limit:.0f} s", lines[-8:])
    if end is qemu.End.FLOOD:
        return Verdict("flood", f"the kernel printed more than {MOST_OUTPUT >> 10} KB", lines[:4])
    if end is qemu.End.TRIPLE_FAULT:
        return Verdict("triple fault", "the processor reset itself: a fault whose handling faulted", lines[-8:])
    if end is qemu.End.QEMU_ERROR:
        last = (result.stderr.strip().splitlines() or [""])[-1]
        return Verdict("no boot", f"QEMU ended with status {result.status}: {last}", lines[-8:])
    if not lines:
        return Verdict("no boot", "the kernel ended without a word")
    missing = next((line for line in lines if re.fullmatch(r"lab \d+, exercise \d+ \(.*\) is not done yet: .*", line)), "")
    if end is qemu.End.FAILED and missing:
        return Verdict("not done", missing)
    if end is qemu.End.PANIC and check.ends != "panic":
        at = next((i for i, line in enumerate(lines) if line.startswith("panic: ")), max(0, len(lines) - 8))
        return Verdict("panic", lines[at] if at < len(lines) else "", lines[at + 1:at + 20])
    if end.value != check.ends:
        failed = [line for line in lines if line.startswith(("TEST ", "singlet: "))] or lines[-1:]
        return Verdict("wrong", failed[-1], lines[-8:-1])
    return check_records(check, lines, nonce)


def check_records(check, lines, nonce):
    records = [(at, line) for at, line in enumerate(lines) if line.startswith(f"@{nonce} ")]
    expected = [f"@{nonce} 1 begin {check.test}"] + ([f"@{nonce} 2 end {check.test}"] if check.ends == "ok" else [])
    if [line for _, line in records] != expected:
        return Verdict("wrong", f"the kernel ended well, but {check.test} was not run from its begin to its end", lines[-8:])
    first = records[0][0] + 1
    printed = lines[first:records[1][0] if len(records) > 1 else len(lines)]
    at = 0
    for text in check.console:
        found = next((i for i in range(at, len(printed)) if text in printed[i]), None)
        if found is None:
            return Verdict("wrong", f'the console lacks "{text}"', printed[:20])
        at = found + 1
    return Verdict("ok")


def judge_figures(check, lab, kernel, verdict):
    """The same test once more under the model clock, and its figures against their bounds."""
    machine = qemu.Machine(append=f"test={check.test}", kernel=kernel, limit=lab.limit, most_output=MOST_OUTPUT)
    try:
        found = measure.Clock("model", parameters.load("k8")).measure(machine)
        verdict.figures = [figure(m, found) for m in check.measure]
    except measure.MeasureError as error:
        verdict.kind, verdict.sentence = "wrong", f"the model clock could not measure: {error}"
        return
    for what, value, least, most, why, inside in verdict.figures:
        if not inside:
            verdict.kind = "wrong"
            verdict.sentence = f"{what}: {value:.2f} is not between {least:g} and {most:g} ({why})"
            return


def figure(wanted, found):
    def of(marks):
        span = found.between(*marks)
        return span.counts.get(wanted.count, 0) if wanted.count else span.cycles
    value = of(wanted.of) / ((of(wanted.to) or 1) if wanted.to else wanted.per)
    return wanted.what, value, wanted.least, wanted.most, wanted.why, wanted.least <= value <= wanted.most


def last_fault(machine, kernel):
    """Where the processor was when it reset itself: [`0x00101234 function+0x12`]. Nothing of the guest can tell any more, so
    the machine runs once more while QEMU writes each exception down."""
    with tempfile.TemporaryDirectory(prefix="singlet-grade-") as folder:
        log = pathlib.Path(folder) / "exceptions"
        dataclasses.replace(machine, extra=["-d", "int", "-D", str(log)]).run()
        found = re.findall(r"\bIP=[0-9a-f]{4}:([0-9a-f]+)", log.read_text(errors="replace")) if log.exists() else []
    return [symbolised(int(found[-1], 16), kernel)] if found else []


def symbolised(address, kernel):
    try:
        below = [(start, name) for start, name in measure.functions(kernel) if start <= address]
    except (OSError, subprocess.CalledProcessError):
        below = []
    if not below or address - below[-1][0] > 0x10000:
        return f"0x{address:08x}"
    return f"0x{address:08x} {below[-1][1]}+0x{address - below[-1][0]:x}"
