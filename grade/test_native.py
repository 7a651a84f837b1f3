"""Compiled code against the interpreter: every program of the test set must print the same and end the same,
also when the collector runs before each allocation, where a reference that the stack maps miss shows at once."""

import re
import subprocess
from pathlib import Path

import pytest

from native import random_sasm

ROOT = Path(__file__).resolve().parent.parent
# Here a SIP has one thread: those with more are run in the kernel [test_sip.py].
PROGRAMS = [path for path in sorted((ROOT / "verifier/testdata/programs").glob("*.sasm")) if " start " not in path.read_text()]


def run(*command):
    """Status, output, and how the program ended: the last line without its place and its counts."""
    done = subprocess.run([str(c) for c in command], capture_output=True, timeout=60, check=False)
    last = (done.stderr.decode(errors="replace").strip().splitlines() or [""])[-1]
    return done.returncode, done.stdout, re.sub(r" (at|\().*", "", last)


# Collections before each allocation and each new stack segment: with less memory, there are fewer.
@pytest.mark.parametrize("options", [[], ["--collect-always", "--memory", 1 << 20]], ids=["plain", "collect-always"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.stem)
def test_compiled_code_does_what_the_interpreter_does(program, options):
    expected = run(ROOT / "build/host/bin/sipv", "run", program)
    assert run(ROOT / "build/host/sip-native", "--seconds", 30, *options, program) == expected


@pytest.mark.parametrize("first", range(0, 60, 10))
def test_random_programs_do_too(first, tmp_path):
    compared = 0
    for seed in range(first, first + 10):
        program = tmp_path / f"{seed}.sasm"
        program.write_text(random_sasm.program(seed))
        expected = run(ROOT / "build/host/bin/sipv", "run", program)
        if expected[0] == 1:
            continue  # the verifier knows of a null what the generator does not
        compared += 1
        for options in ([], ["--collect-always"]):
            found = run(ROOT / "build/host/sip-native", "--seconds", 30, *options, program)
            assert found == expected, f"random_sasm.py {seed} {options}"
    assert compared >= 8


def test_there_are_programs():
    assert len(PROGRAMS) > 30


def test_a_hung_program_is_ended(tmp_path):
    loop = tmp_path / "loop.sasm"
    loop.write_text("func main() {\n    jmp again\nagain:\n    jmp again\n}\n")
    status, _, end = run(ROOT / "build/host/sip-native", "--seconds", 1, loop)
    assert (status, end) == (123, "out of time")


@pytest.mark.parametrize("pages", (1 << 20, (1 << 32) - 1))
def test_more_memory_than_there_is(pages, tmp_path):
    greedy = tmp_path / "greedy.sasm"
    greedy.write_text(f"sip greedy {{\n    memory {pages}\n}}\nfunc main() {{\n    retv\n}}\n")
    assert run(ROOT / "build/host/sip-native", greedy) == (2, b"", f"no memory for {pages} pages in one process")
