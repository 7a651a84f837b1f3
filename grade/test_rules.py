"""The verifier's rules, as `sipv verify` applies them: verifier/testdata/rules/<rule>/{accept,reject}-*.sasm.

A program that is rejected says in its first line with which message: `; rejects: [rule] sentence`.
"""
import re
import subprocess

import pytest
import qemu

SIPV = qemu.ROOT / "build/host/bin/sipv"
PROGRAMS = sorted((qemu.ROOT / "verifier/testdata/rules").glob("*/*.sasm"))
RULES = re.findall(r'^RULE\(\w+, "([^"]+)"', (qemu.ROOT / "verifier/rules.def").read_text(), re.M)


def name(program):
    return f"{program.parent.name}/{program.stem}"


def verify(program):
    assert SIPV.exists(), "there is no sipv: run `make` first"
    return subprocess.run([SIPV, "verify", program], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("program", [p for p in PROGRAMS if p.stem.startswith("accept-")], ids=name)
def test_accepted(program):
    ran = verify(program)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("program", [p for p in PROGRAMS if p.stem.startswith("reject-")], ids=name)
def test_rejected(program):
    expected = re.match(r"; rejects: \[(\S+)\] (.+)\n", program.read_text())
    assert expected, "the first line must be `; rejects: [rule] sentence`"
    rule, sentence = expected.groups()
    assert rule == program.parent.name
    ran = verify(program)
    assert ran.returncode != 0
    assert f"{sentence} [{rule}]" in ran.stdout + ran.stderr


@pytest.mark.parametrize("rule", [r for r in RULES if r != "flow.edge"])  # edges_test.cc has that one
def test_programs_for_each_rule(rule):
    names = [p.stem for p in PROGRAMS if p.parent.name == rule]
    assert sum(n.startswith("accept-") for n in names) >= 2
    assert sum(n.startswith("reject-") for n in names) >= 2
    assert len(names) == sum(n.startswith(("accept-", "reject-")) for n in names)


def test_handout_has_each_rule():
    sections = re.findall(r"^### (\S+)$", (qemu.ROOT / "handouts/verifier.md").read_text(), re.M)
    assert sections == RULES


MESSAGES = sorted((qemu.ROOT / "verifier/testdata/messages").glob("*/*.txt"))


@pytest.mark.parametrize("message", MESSAGES, ids=name)
def test_whole_message(message):
    """The sentence with its place, the places it speaks of, and the registers: `make messages` writes them anew."""
    program = f"verifier/testdata/rules/{name(message)}.sasm"
    ran = subprocess.run([SIPV, "verify", program], capture_output=True, text=True, timeout=60, cwd=qemu.ROOT)
    assert ran.stdout == ""
    assert ran.stderr == message.read_text()


def test_a_whole_message_for_each_rule():
    assert {m.parent.name for m in MESSAGES} == set(RULES) - {"flow.edge"}
