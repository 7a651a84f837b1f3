"""singc: what it accepts runs as the comments in the program say, what it rejects is named as its golden message says.

accept/X.sing   compiled, verified, run by `sipv run`; its output is what the lines `// > text` say, in order. A program that
                traps says so with `// trap: word`.
reject/X.sing   not compiled; standard error is X.txt. SINGC_GOLDEN=write writes it.
"""
import os
import pathlib
import random
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT / "user/singc/testdata"
SINGC = ROOT / "build/host/bin/singc"
SIPV = ROOT / "build/host/bin/sipv"
ACCEPT = sorted((DATA / "accept").glob("*.sing"))
REJECT = sorted((DATA / "reject").glob("*.sing"))


def run(*command, **options):
    return subprocess.run([str(c) for c in command], cwd=ROOT, capture_output=True, timeout=60, **options)


def name(path):
    return path.stem


@pytest.mark.parametrize("program", ACCEPT, ids=name)
def test_accepted_program_runs(program, tmp_path):
    module = tmp_path / "x.sbc"
    compiled = run(SINGC, program.relative_to(ROOT), "-o", module)
    assert compiled.returncode == 0, compiled.stderr.decode()
    ran = run(SIPV, "run", module)
    text = program.read_text()
    expected = "".join(line + "\n" for line in re.findall(r"^// > ?(.*)$", text, re.M))
    assert ran.stdout.decode() == expected, ran.stderr.decode()
    trap = re.search(r"^// trap: (.*)$", text, re.M)
    if trap:
        assert ran.returncode != 0 and trap[1] in ran.stderr.decode()
    else:
        assert ran.returncode == 0, ran.stderr.decode()


@pytest.mark.parametrize("program", REJECT, ids=name)
def test_rejected_program_is_explained(program, tmp_path):
    module = tmp_path / "x.sbc"
    compiled = run(SINGC, program.relative_to(ROOT), "-o", module)
    assert compiled.returncode == 1
    assert not module.exists()
    message = compiled.stderr.decode()
    golden = program.with_suffix(".txt")
    if os.environ.get("SINGC_GOLDEN") == "write":
        golden.write_text(message)
    assert message == golden.read_text()


def test_enough_programs():
    assert len(ACCEPT) >= 30 and len(REJECT) >= 50


@pytest.mark.parametrize("program", ACCEPT[:5], ids=name)
def test_output_is_deterministic_and_text_round_trips(program, tmp_path):
    first, second, text = tmp_path / "a.sbc", tmp_path / "b.sbc", tmp_path / "c.sasm"
    for output in (first, second):
        assert run(SINGC, program.relative_to(ROOT), "-o", output).returncode == 0
    assert first.read_bytes() == second.read_bytes()
    assert run(SINGC, program.relative_to(ROOT), "-o", text, "--sasm").returncode == 0
    assert run(SIPV, "asm", text, "-o", second).returncode == 0
    assert first.read_bytes() == second.read_bytes()


def test_temporaries_share_registers(tmp_path):
    """Each line needs two temporaries of its own while code is made; one is enough for each kind in what comes out."""
    lines = "".join(f"  Kernel.PrintInt(a * {k} + b);\n" for k in range(2, 102))
    program, text = tmp_path / "many.sing", tmp_path / "many.sasm"
    program.write_text("sip Many {}\nvoid Print(int a, int b) {\n" + lines + "}\nvoid Main() { Print(1, 2); }\n")
    compiled = run(SINGC, program, "-o", text, "--sasm")
    assert compiled.returncode == 0, compiled.stderr.decode()
    body = text.read_text().split("func Print")[1]
    assert int(re.search(r"regs (\d+)", body).group(1)) <= 6


def test_a_pipe_has_no_other_name():
    assert run(SINGC, "/dev/stdin", input=(ROOT / "user/hello/hello.sing").read_bytes()).returncode == 0


def test_a_name_that_is_too_long_is_an_error_where_it_stands(tmp_path):
    program = tmp_path / "long.sing"
    program.write_text('using "' + "x" * 5000 + '.sing";\n' + (ROOT / "user/hello/hello.sing").read_text())
    done = run(SINGC, program)
    assert done.returncode == 1
    assert b"long.sing:1:" in done.stderr and b"cannot read this file" in done.stderr


def test_dependencies_are_written(tmp_path):
    depfile, output = tmp_path / "x.d", tmp_path / "x.sbc"
    program = DATA / "accept/using.sing"
    assert run(SINGC, program.relative_to(ROOT), "-o", output, "-MD", depfile).returncode == 0
    text = depfile.read_text()
    assert text.startswith(f"{output}:") and "user/singc/testdata/using_part.sing" in text


@pytest.mark.parametrize("arguments, message", [
    (["no/such/file.sing"], "no/such/file.sing: No such file"),
    (["user"], "user: this is a folder"),
    ([], "file is required"),
], ids=["missing", "folder", "none"])
def test_bad_command_lines(arguments, message):
    ran = run(SINGC, *arguments)
    assert ran.returncode in (1, 2) and message in (ran.stderr + ran.stdout).decode()


def tokens(text):
    return re.findall(r"\w+|\"[^\"\n]*\"|'[^'\n]*'|->|<->|&&|\|\||[=!<>+\-*/]=|\s+|.", text)


@pytest.mark.parametrize("seed", range(8))
def test_damaged_programs_get_an_answer(seed, tmp_path):
    """Truncated, shuffled and mixed programs end with messages, not with a signal."""
    chance = random.Random(seed)
    pool = [p.read_text() for p in ACCEPT]
    source, output = tmp_path / "x.sing", tmp_path / "x.sbc"
    for _ in range(25):
        words = tokens(chance.choice(pool))
        kind = chance.randrange(4)
        if kind == 0:
            words = words[:chance.randrange(len(words))]
        elif kind == 1:
            for _ in range(chance.randrange(1, 8)):
                words[chance.randrange(len(words))] = chance.choice(words)
        elif kind == 2:
            for _ in range(chance.randrange(1, 4)):
                del words[chance.randrange(len(words))]
        else:
            other = tokens(chance.choice(pool))
            words[chance.randrange(len(words)):] = other[chance.randrange(len(other)):]
        source.write_text("".join(words))
        ran = run(SINGC, source, "-o", output)
        message = ran.stderr.decode(errors="replace")
        assert ran.returncode in (0, 1), source.read_text()
        assert "the verifier refuses" not in message, message + source.read_text()
        assert (ran.returncode == 0) == (message == "")


@pytest.mark.parametrize("text", [
    "(" * 5000, "{" * 5000, "sip A {} void Main() { int x = " + "(" * 3000 + "1" + ")" * 3000 + "; }",
    "sip A {} void Main() { int x = " + "-" * 3001 + "1; }",
    "sip A {} void Main() " + "{" * 3000 + "}" * 3000,
    "sip A {} void Main() { int x = 1" + " + 1" * 3000 + "; }",
    "sip A {} void Main() { " + "if (true) " * 3000 + ";}",
    "sip A {} void Main(" + "TCell<" * 3000 + "int" + ">" * 3000 + " a) {}",
    "sip A {} void Main() { " + "while (true) { " * 190 + "}" * 190 + "}",
    "contract C { state A: one { " + "(M? -> " * 3000 + "} }",
    "\0\1\2\xff" * 100, "\"", "'", "/*", "0x", "1" * 100, "\\", "using \"",
], ids=range(18))
def test_extreme_texts_get_an_answer(text, tmp_path):
    source = tmp_path / "x.sing"
    source.write_text(text, encoding="latin-1")
    ran = run(SINGC, source, "-o", tmp_path / "x.sbc")
    assert ran.returncode in (0, 1), ran.stderr.decode(errors="replace")
    assert ran.returncode == 0 or ran.stderr
