"""sipv as a command, and the programs of verifier/testdata/programs in its interpreter.

Each program says in its head how it ends and what it prints:
    ; expect: exit 0 | trap Reason [number] | deadlock
    ; prints: one line of the console
"""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SIPV = ROOT / "build/host/bin/sipv"
PROGRAMS = sorted((ROOT / "verifier/testdata/programs").glob("*.sasm"))
REFUSED, USAGE, TRAPPED, STUCK, DEADLOCKED, OUT_OF_STEPS = 1, 2, 120, 121, 122, 123


def sipv(*args):
    return subprocess.run(
        [str(SIPV), *map(str, args)], capture_output=True, text=True, timeout=60, cwd=ROOT
    )


def expectations(program):
    head = [line for line in program.read_text().splitlines() if line.startswith(";")]
    expect = [line[10:].strip() for line in head if line.startswith("; expect:")]
    prints = [line[9:].removeprefix(" ") for line in head if line.startswith("; prints:")]
    assert len(expect) == 1, f"{program.name} needs one `; expect:` line"
    return expect[0], "".join(line + "\n" for line in prints)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.stem)
def test_program_ends_as_it_says(program):
    expect, console = expectations(program)
    run = sipv("run", program)
    ending = run.stderr.strip().splitlines()[-1]
    assert ending.startswith((expect + " (", expect + " at ")), run.stderr
    assert run.stdout == console


def test_a_run_can_be_held_against_the_proof():
    program = ROOT / "verifier/testdata/programs/ping_pong.sasm"
    plain, held = sipv("run", program), sipv("run", "--check-states", program)
    assert (held.returncode, held.stdout, held.stderr) == (0, plain.stdout, plain.stderr)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.stem)
def test_program_survives_the_round_trip(program, tmp_path):
    first, text, second = tmp_path / "a.sbc", tmp_path / "b.sasm", tmp_path / "b.sbc"
    assert sipv("asm", program, "-o", first).returncode == 0
    text.write_text(sipv("dis", first).stdout)
    again = sipv("asm", text, "-o", second)
    assert again.returncode == 0, again.stderr
    assert first.read_bytes() == second.read_bytes()
    assert sipv("verify", first).returncode == 0


def mnemonics():
    """All that isa.def has, as `sipv run --coverage` names them."""
    text = (ROOT / "verifier/isa.def").read_text()
    ops = re.findall(r'^OP\(\w+,\s*"(\w+)"', text, re.M)
    alu = re.findall(r'^ALU\(\w+, "(\w+)"', text, re.M)
    cond = re.findall(r'^COND\(\w+, "(\w+)"', text, re.M)
    plain = set(ops) - {"alu", "alui", "alul", "cmp", "cmpi", "cmpl"}
    return (
        plain
        | {a + form for a in alu for form in ("", "/i", "l")}
        | {f"cmp{form}.{c}" for c in cond for form in ("", "l")}
        | {f"cmp.{c}/i" for c in cond}
    )


def test_programs_execute_every_instruction():
    executed = set()
    for program in PROGRAMS:
        run = sipv("run", "--coverage", program)
        line = next(l for l in run.stderr.splitlines() if l.startswith("executed: "))
        executed |= set(line.split()[1:])
    assert executed <= mnemonics()
    # Ports are the kernel's to give.
    assert mnemonics() - executed == {"in", "out"}


def test_isa_table_in_the_handout_is_up_to_date():
    table = sipv("isa", "--markdown").stdout.strip()
    handout = (ROOT / "handouts/bytecode.md").read_text()
    between = re.search(r"<!-- isa begin[^>]*-->\n(.*?)\n<!-- isa end -->", handout, re.S)
    assert between, "handouts/bytecode.md has lost its markers"
    assert between.group(1).strip() == table, "run `make bytecode-table`"


# ---- bad input: one sentence, the right exit status, no crash


def one_sentence(run, status):
    assert run.returncode == status, (run.returncode, run.stderr)
    assert run.stdout == ""
    assert len(run.stderr.strip().splitlines()) == 1, run.stderr
    return run.stderr


@pytest.mark.parametrize("command", ["dis", "verify", "run", "manifest"])
def test_files_that_cannot_be_read(command, tmp_path):
    assert "No such file" in one_sentence(sipv(command, tmp_path / "none.sbc"), USAGE)
    assert "is a folder" in one_sentence(sipv(command, tmp_path), USAGE)
    empty = tmp_path / "empty.sbc"
    empty.write_bytes(b"")
    assert "is empty" in one_sentence(sipv(command, empty), REFUSED)
    noise = tmp_path / "noise.sbc"
    noise.write_bytes(bytes(range(256)))
    assert "does not begin with SBC" in one_sentence(sipv(command, noise), REFUSED)


def test_file_that_cannot_be_written(tmp_path):
    out = tmp_path / "no/such/folder.sbc"
    assert "cannot write" in one_sentence(sipv("asm", PROGRAMS[0], "-o", out), USAGE)


def test_truncated_file(tmp_path):
    whole, cut = tmp_path / "a.sbc", tmp_path / "cut.sbc"
    assert sipv("asm", ROOT / "verifier/testdata/programs/hello.sasm", "-o", whole).returncode == 0
    cut.write_bytes(whole.read_bytes()[:-7])
    message = one_sentence(sipv("run", cut), REFUSED)
    assert "section LINE" in message and "too early" in message


def test_error_in_text_names_the_place(tmp_path):
    bad = tmp_path / "bad.sasm"
    bad.write_text("func main() {\n    add r1, r2\n    retv\n}\n")
    run = sipv("verify", bad)
    assert run.returncode == REFUSED
    assert run.stderr.splitlines() == [
        f"{bad}:2:15: expected ',', found the end of the line",
        "        add r1, r2",
        "                  ^",
    ]


@pytest.mark.parametrize(
    "arguments", [[], ["fly"], ["run"], ["asm", "x.sasm"], ["run", "--steps", "many", "x.sbc"]]
)
def test_wrong_arguments(arguments):
    run = sipv(*arguments)
    assert run.returncode == USAGE and run.stderr


# ---- the interpreter alone: what it finds without the verifier

HOLES = {
    "unset": ("add r1, r2, r3\n    retv", "r2 holds nothing"),
    "type": ("ldi r1, 5\n    len r2, r1\n    retv", "expected an array"),
    "forged": ("ldi r1, 4096\n    ldfld r2, r1, #0\n    retv", "expected a reference"),
    "freed": ("xnew r1, B\n    free r1\n    free r1\n    retv", "r1 holds nothing"),
    "leak": ("xnew r1, B\n    retv", "still holds"),
    "overwrite": ("xnew r1, B\n    ldi r1, 0\n    retv", "would be overwritten"),
    "state": ("channel r1, r2, C\n    send r2, r1, C.M\n    retv", "does not send"),
    "string": ("ldstr r1, \"a\"\n    ldi r2, 0\n    stelem r1, r2, r2\n    retv", "not written"),
    "end": ("ldi r1, 0", "code ends here"),
}


@pytest.mark.parametrize("hole", HOLES)
def test_interpreter_gets_stuck_where_the_verifier_would_refuse(hole, tmp_path):
    code, why = HOLES[hole]
    program = tmp_path / "hole.sasm"
    program.write_text(
        "struct B {\n    x: i32\n}\ncontract C {\n    in M()\n    state S: M -> E\n    state E\n}\n"
        f"func main() {{\n    regs 8\n    {code}\n}}\n"
    )
    assert sipv("verify", program).returncode == REFUSED
    assert sipv("run", program).returncode == REFUSED
    run = sipv("run", "--unverified", program)
    assert run.returncode == STUCK
    assert why in run.stderr


def test_steps_are_limited(tmp_path):
    loop = tmp_path / "loop.sasm"
    loop.write_text("func main() {\nagain:\n    jmp again\n}\n")
    run = sipv("run", "--steps", "1000", loop)
    assert run.returncode == OUT_OF_STEPS
    assert run.stderr.startswith("out of steps at ")


def test_arguments_reach_the_program(tmp_path):
    program = tmp_path / "argument.sasm"
    program.write_text(
        "func main() -> i32 {\n    ldi r1, 1\n    callk r0, r1, argument\n    ret r0\n}\n"
    )
    assert sipv("run", program, "--argument", "7", "--argument", "9").returncode == 9


def test_manifest(tmp_path):
    driver = tmp_path / "driver.sasm"
    driver.write_text(
        "sip Driver {\n    memory 16\n    ports ide: port 0x1f0 + 8\n    irq line: irq 14\n"
        "    endpoint server: Disk.Exp:Start\n    export Disk\n}\n"
        "contract Disk {\n    in Read(i64)\n    out Done()\n"
        "    state Start: Read -> -\n    state -: Done -> Start\n}\n".replace("-> -", "-> #1")
        + "func main(port, irq, Disk.Exp:Start) {\n    free r2\n    retv\n}\n"
    )
    run = sipv("manifest", driver)
    assert run.returncode == 0, run.stderr
    assert run.stdout == (
        f"SIP Driver, from {driver}\n"
        "entry main\n"
        "memory 16 pages (64 KB)\n"
        "exchange heap the kernel's default\n"
        "is given ide: ports 0x1f0 to 0x1f7\n"
        "is given line: interrupt line 14\n"
        "is given server: endpoint Disk.Exp:Start\n"
        "serves Disk\n"
        "contract Disk\n"
        "  Start: Read? -> #1\n"
        "  #1: Done! -> Start\n"
    )
    assert "wants resources" in sipv("run", "--unverified", driver).stderr


def test_example_of_the_handout_runs(tmp_path):
    handout = (ROOT / "handouts/bytecode.md").read_text()
    example = next(b for b in re.findall(r"```sasm\n(.*?)```", handout, re.S) if "func gcd" in b)
    program = tmp_path / "gcd.sasm"
    program.write_text(example)
    run = sipv("run", program)
    assert (run.returncode, run.stdout) == (0, "21"), run.stderr


def test_module_of_the_handout_is_well_formed(tmp_path):
    handout = (ROOT / "handouts/bytecode.md").read_text()
    example = next(b for b in re.findall(r"```sasm\n(.*?)```", handout, re.S) if "sip Driver" in b)
    program = tmp_path / "driver.sasm"
    program.write_text(
        example
        + "func square_area(ref Square) -> i32 {\n    ldi r1, 4\n    ret r1\n}\n"
        + "func main(Disk.Exp:Start, port, irq) {\n    ldi r3, 7\n    in r4, r1, r3, 1\n"
        + "    out r1, r3, r4, 2\n    free r0\n    retv\n}\n"
    )
    run = sipv("dis", program)
    assert run.returncode == 0, run.stderr
    assert "    in r4, r1, r3, 1\n    out r1, r3, r4, 2\n" in run.stdout
