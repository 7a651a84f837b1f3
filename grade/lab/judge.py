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
import time

import measure
import programs
import qemu
from clock import parameters
from measure import first_missing

MOST_OUTPUT = 64 << 10  # bytes; no test prints a tenth of it


@dataclasses.dataclass
class Verdict:
    """What became of a check. `kind` is one of: ok, build, no boot, not done, panic, triple fault, hang, flood, attacked,
    wrong."""

    kind: str
    sentence: str = ""
    details: list = dataclasses.field(default_factory=list)  # lines for whoever has to find out
    figures: list = dataclasses.field(default_factory=list)  # (what, value, least, most, why, inside)
    console: str = ""
    seconds: float = 0

    @property
    def ok(self):
        return self.kind == "ok"


def judge(check, lab, tree):
    """Runs one check. Never raises for what a kernel may do."""
    kernel = tree / "build/kern/kernel.elf"
    try:
        if check.kind == "verdicts":
            return judge_verdicts(check, tree)
        with tempfile.TemporaryDirectory(prefix="singlet-programs-") as folder:
            folder = pathlib.Path(folder)
            against = machine_for(check.other, lab, tree, folder) if check.against else None
            return judge_boot(check, kernel, machine_for(check, lab, tree, folder), against)
    except programs.ProgramError as error:
        return Verdict("build", str(error), error.lines)
    except subprocess.TimeoutExpired as error:
        return Verdict("hang", f"{pathlib.Path(error.cmd[0]).name} did not end within {error.timeout:.0f} s")


def machine_for(check, lab, tree, folder):
    """The check's machine, without a nonce."""
    if check.kind == "test":
        append, modules = f"test={check.test}", programs.modules(check, tree, folder)
    elif check.kind == "attack":
        attack, modules = programs.attack_of(check, tree), programs.modules(check, tree, folder)
        append = f"run={attack.names} {attack.options}"
    else:
        modules = programs.modules(check, tree, folder)
        append = "run=" + (check.run or ",".join(path.stem for path in modules))
    return qemu.Machine(append=f"{append} {check.options}".strip(), modules=modules,
                        disk=programs.disk(tree) if check.disk else None,
                        kernel=tree / "build/kern/kernel.elf", limit=lab.limit, most_output=MOST_OUTPUT)


def judge_boot(check, kernel, machine, against):
    nonce = secrets.token_hex(8)
    witness = dataclasses.replace(machine, append=f"{machine.append} nonce={nonce}", ask_where=True)
    result = witness.run()
    verdict = classify_attack(check, kernel, result, nonce) if check.kind == "attack" else classify(check, result, nonce)
    if result.end is qemu.End.TRIPLE_FAULT:
        verdict.details += [f"  at {place}" for place in last_fault(witness, kernel)]
    elif result.eip is not None:
        verdict.details += [f"  at {symbolised(result.eip, kernel)}"]
    verdict.console, verdict.seconds = result.console[-20000:], result.seconds
    if verdict.ok and check.measure:
        judge_figures(check, machine, against, verdict)
    missing = first_missing(result.lines())
    if not verdict.ok and missing and missing != verdict.sentence:
        verdict.details.insert(0, missing)
    verdict.details = with_places(verdict.details, kernel)
    return verdict


def judge_verdicts(check, tree):
    start = time.monotonic()
    wrong = programs.verdicts(check, tree)
    seconds = time.monotonic() - start
    if not wrong:
        return Verdict("ok", seconds=seconds)
    name, expected, said = wrong[0]
    missing = first_missing(said)
    more = [f"{n}: expected: {e}; sipv: {first_of(s)}" for n, e, s in wrong[1:programs.SHOWN]]
    if len(wrong) > programs.SHOWN:
        more.append(f"and {len(wrong) - programs.SHOWN} more")
    if missing:
        return Verdict("not done", missing, [f"seen with {name}", *more], seconds=seconds)
    return Verdict("wrong", f"sipv verify {name}: expected: {expected}", said[:8] + more, seconds=seconds)


def first_of(lines):
    return lines[0] if lines else "nothing"


def classify_attack(check, kernel, result, nonce):
    """Refused, and nobody harmed; or what it did."""
    attack = programs.attack_of(check, kernel.parents[2])
    lines = result.lines()
    done = next((line for line in lines for text in attack.damage if text in line), "")
    if done:
        return Verdict("attacked", f"{check.programs[0]} got through, and then: {done.strip()}", lines[-12:])
    if attack.harmless:  # it may run, and does no harm
        verdict = classify(dataclasses.replace(check, kind="run"), result, nonce)
        lacks = next((text for text in attack.harmless if text not in result.console), "")
        return verdict if not verdict.ok or not lacks else Verdict("wrong", f'the console lacks "{lacks}"', lines[-12:])
    refused = any(re.fullmatch(rf"@{nonce} \d+ refuse {re.escape(attack.path.stem)}\.sbc", line) for line in lines)
    if refused and attack.refused_by(lines):
        return Verdict("ok")
    if result.end in (qemu.End.OK, qemu.End.FAILED):
        missing = first_missing(lines)
        if missing:
            return Verdict("not done", missing, lines[-12:])
        return Verdict("attacked", f"{check.programs[0]} was not refused as it must be: {attack.refusal}", lines[-12:])
    return classify(check, result, nonce)


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
    missing = first_missing(lines)
    if end is qemu.End.FAILED and missing:
        return Verdict("not done", missing)
    if end is qemu.End.PANIC and check.ends != "panic":
        at = next((i for i, line in enumerate(lines) if line.startswith("panic: ")), None)
        if at is None:
            return Verdict("panic", "a second fault while the first one was being reported", lines[-8:])
        return Verdict("panic", lines[at], lines[at + 1:at + 20])
    if end.value != check.ends:
        failed = [line for line in lines if line.startswith(("TEST ", "singlet: ", "install "))] or lines[-1:]
        return Verdict("wrong", failed[-1], lines[-8:-1])
    return check_records(check, lines, nonce)


def check_records(check, lines, nonce):
    records = [(at, line) for at, line in enumerate(lines) if line.startswith(f"@{nonce} ")]
    test = check.test if check.kind == "test" else "run"
    expected = [f"@{nonce} 1 begin {test}"] + ([f"@{nonce} 2 end {test}"] if check.ends == "ok" else [])
    if [line for _, line in records] != expected:
        return Verdict("wrong", f"the kernel ended well, but {test} was not run from its begin to its end", lines[-8:])
    first = records[0][0] + 1
    printed = lines[first:records[1][0] if len(records) > 1 else len(lines)]
    at = 0
    for text in check.console:
        found = next((i for i in range(at, len(printed)) if text in printed[i]), None)
        if found is None:
            lacks = f'the console lacks "{text}"'
            return Verdict("not done", first_missing(lines), [lacks]) if first_missing(lines) else Verdict("wrong", lacks, printed[:20])
        at = found + 1
    return Verdict("ok")


def clock():
    """Who counts in a lab's checks."""
    return measure.Clock("model", parameters.load("k8"))


def judge_figures(check, machine, against, verdict):
    """The same once more under the model clock, and its figures against their bounds."""
    try:
        found = {"": clock().measure(machine)}
        for mode in sorted({m.mode for m in check.measure} - {""}):
            found[mode] = clock().measure(dataclasses.replace(machine, append=in_mode(machine.append, mode)))
        other = clock().measure(against) if against else found[""]
        verdict.figures = [figure(m, found[m.mode], other if m.against else found[""]) for m in check.measure]
    except measure.MeasureError as error:
        missing = first_missing(error.tail.splitlines())
        verdict.kind, verdict.sentence = ("not done", missing) if missing else ("wrong", f"the model clock could not measure: {error}")
        return
    for what, value, least, most, why, inside in verdict.figures:
        if not inside:
            verdict.kind = "wrong"
            verdict.sentence = f"{what}: {value:.2f} is not between {least:g} and {most:g} ({why})"
            return


def in_mode(append, mode):
    return " ".join([*(word for word in append.split() if not word.startswith("protect=")), f"protect={mode}"])


def figure(wanted, found, other):
    """What was found, over what it is compared with: other marks, the same ones of another mode, or a number."""
    def of(run, marks):
        span = run.between(*marks)
        return span.counts.get(wanted.count, 0) if wanted.count else span.cycles
    to = wanted.to or (wanted.of if wanted.mode else ())
    value = of(found, wanted.of) / ((of(other, to) or 1) if to else wanted.per)
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


FRAME = re.compile(r"  at 0x([0-9a-f]{8}) .+\+0x[0-9a-f]+")


def with_places(lines, kernel):
    """A backtrace's lines with file and line behind the function. What a function returns to is behind its call, so the byte before is
    looked up; in the innermost frame that is the instruction before, mostly of the same line."""
    frames = {at: match[1] for at, line in enumerate(lines) if (match := FRAME.fullmatch(line))}
    if not frames:
        return lines
    asked = [f"0x{int(address, 16) - 1:x}" for address in frames.values()]
    try:
        ran = subprocess.run(["addr2line", "-e", kernel, *asked], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return lines
    places = dict(zip(frames, (in_tree(place, kernel.parents[2]) for place in ran.stdout.splitlines())))
    return [f"{line} ({places[at]})" if places.get(at) else line for at, line in enumerate(lines)]


def in_tree(place, tree):
    """`kern/mem/frames.cc:42` of what addr2line says, which has the folder before it where somebody once compiled that; empty if there
    is no such file."""
    match = re.match(r"(.+):(\d+)", place)
    parts = pathlib.PurePath(match[1]).parts if match else ()
    found = next((name for name in ("/".join(parts[i:]) for i in range(1, len(parts))) if (tree / name).is_file()), "")
    return f"{found}:{match[2]}" if found else ""
