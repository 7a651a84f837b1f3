"""An attack: a program that a rule of the verifier refuses, and what it does to the machine when that rule looks away.

grade/attacks/<rule>.sasm tells its story in its head, and then says to the harness, a line each:

    ; rejects: [rule] sentence     how `sipv verify` and the kernel refuse it
    ; off: Function: condition     the check that is switched off for the attack: how it begins in build/unchecked/checks.json
    ; then: [rule] sentence        where one check is not the only wall: how it is refused then, before the next `off`
    ; run: vault, attack, guest    the SIPs that are started, in this order (without it: the attack alone)
    ; options: protect=domain      more of the kernel's command line
    ; ends: panic                  how the machine ends, if it is not `ok`
    ; damage: text                 a line of the console has this: the damage. {secret} is the vault's secret
    ; harmless: text               or, where the story says why the rule is no wall: a line that shows that nobody was harmed
    ; not: text                    no line of the console has this
    ; use: part                    anywhere: the text of grade/attacks/parts/<part>.sasm stands here
    ; times 100: text              anywhere: so many times the text, with {n} and {next} counted from 0, and \\n a new line
    ; patch: 00 01 -> 00 02        bytes of the module that the assembler has no word for, and what they become
"""
import dataclasses
import hashlib
import json
import os
import pathlib
import re
import subprocess

from qemu import ROOT, End

FOLDER = ROOT / "grade/attacks"
SIPV = ROOT / "build/host/bin/sipv"
UNCHECKED = ROOT / "build/unchecked"
KEYS = ("rejects", "off", "then", "run", "options", "ends", "damage", "harmless", "not", "patch")


@dataclasses.dataclass
class Attack:
    """One attack, as its file says."""

    path: pathlib.Path
    refusals: list[tuple[str, str]]  # rule and sentence: with all checks on, with the first one off, ...
    off: list[str]
    run: list[str]
    options: str
    ends: End
    damage: list[str]
    harmless: list[str]
    absent: list[str]
    patches: list[tuple[bytes, bytes]]

    @classmethod
    def read(cls, path):
        """The attack in a file; what its head lacks or has too much is a failed assertion."""
        said = said_by(path)
        refusals = [re.fullmatch(r"\[(\S+)\] (.+)", text).groups() for text in said["rejects"] + said["then"]]
        assert len(said["off"]) == len(refusals), f"{path.name} must say for each refusal what is switched off"
        assert bool(said["damage"]) != bool(said["harmless"]), f"{path.name} must say what is damaged, or that nothing is"
        return cls(path, refusals, said["off"], names_to_run(said), " ".join(said["options"]),
                   End(said["ends"][0]) if said["ends"] else End.OK, [text_of(t) for t in said["damage"]],
                   said["harmless"], [text_of(t) for t in said["not"]], patches_in(said))

    def numbers(self):
        """The numbers of the checks that are off."""
        checks = json.loads((UNCHECKED / "checks.json").read_text())
        found = []
        for name in self.off:
            function, text = name.split(": ", 1)
            same = [c["number"] for c in checks if c["function"] == function and c["text"].startswith(text)]
            assert len(same) == 1, f"{self.path.name}: there are {len(same)} checks {name!r}"
            found += same
        return found

    def judge(self, module, off):
        """What sipv says of the module while these checks are off: its refusal, and the numbers of the checks that failed."""
        ran = subprocess.run([UNCHECKED / "bin/sipv", "verify", module], capture_output=True, text=True, timeout=60,
                             env=os.environ | {"UNCHECKED": ",".join(map(str, off)) or "0"})
        failed = [int(number) for number in re.findall(r"^check (\d+) failed", ran.stderr, re.M)]
        return ran.stdout + ran.stderr, failed

    def module(self, folder):
        """The attack's program, assembled and patched."""
        target = assemble(self.path, folder / f"{self.path.stem}.sbc")
        assert text_of("{secret}").encode() not in target.read_bytes(), f"{self.path.name} must not know the secret"
        return self.patched(target)

    def patched(self, target):
        for old, new in self.patches:
            image = target.read_bytes()
            assert image.count(old) == 1, f"{self.path.name}: {old.hex(' ')} is there {image.count(old)} times"
            target.write_bytes(image.replace(old, new))
        return target


def said_by(path):
    """{key: [texts]} of an attack's head."""
    said = {key: [] for key in KEYS}
    for line in path.read_text().splitlines():
        match = re.match(r"; (\w+): (.+)$", line)
        if match and match[1] in said:
            said[match[1]].append(match[2])
    return said


def names_to_run(said):
    return said["run"][0].split(", ") if said["run"] else ["attack"]


def patches_in(said):
    return [tuple(bytes.fromhex(side) for side in patch.split("->")) for patch in said["patch"]]


def text_of(text):
    """With the vault's secret where a file says {secret}: 16 bytes, known to nobody who has not read this function."""
    return text.replace("{secret}", "SECRET: " + hashlib.sha256(b"the vault").hexdigest()[:8])


def source(path):
    """A program's text with its parts and the secret put in."""

    def part(match):
        return (FOLDER / f"parts/{match[1]}.sasm").read_text()

    def times(match):
        line = match[2].replace("\\n", "\n") + "\n"
        return "".join(line.replace("{n}", str(n)).replace("{next}", str(n + 1)) for n in range(int(match[1])))

    text = re.sub(r"^; use: (\w+)\n", part, path.read_text(), flags=re.M)
    return text_of(re.sub(r"^; times (\d+): (.+)\n", times, text, flags=re.M))


def assemble(path, target, sipv=SIPV):
    """A program of this folder as a module."""
    text = target.with_suffix(".sasm")
    text.write_text(source(path))
    # By its name alone, which the module keeps for the verifier's messages.
    ran = subprocess.run([pathlib.Path(sipv).resolve(), "asm", text.name, "-o", target.name], cwd=target.parent, capture_output=True,
                         text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return target


def victim(name, folder):
    """grade/attacks/victims/<name>.sasm as a module."""
    return assemble(FOLDER / f"victims/{name}.sasm", folder / f"{name}.sbc")


ATTACKS = [Attack.read(path) for path in sorted(FOLDER.glob("*.sasm"))]
