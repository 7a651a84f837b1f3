"""The programs of a check: built with the tree's own assembler and compiler, handed to its kernel or shown to its verifier.

What a verdict is compared with stands in the program's first line, where verifier/testdata has it:

    ; rejects: [state.endpoint] sentence     sipv must refuse it by this rule; the words are the student's
    ; accepts: Disk 1 in, 1 out Imp:Ready    it must accept it, and say this of its contracts
    anything else                            it must accept it
"""
import pathlib
import re
import subprocess

SHOWN = 6  # wrong verdicts of a check


class ProgramError(Exception):
    """A program could not be built: a sentence and lines that say more."""

    def __init__(self, sentence, lines=()):
        super().__init__(sentence)
        self.lines = list(lines)


def sources(check, tree):
    found = [path for pattern in check.programs for path in sorted(tree.glob(pattern))]
    if len(found) < len(check.programs):
        raise ProgramError(f"a program of {check.name} is not there: {', '.join(check.programs)}")
    return found


def tools(checks):
    """What make has to build before these checks."""
    kinds = {check.kind for check in checks}
    wanted = {"sipv"} if kinds & {"verdicts", "attack"} else set()
    for check in checks:
        for machine in [check] * (check.kind in ("run", "test")) + ([check.other] if check.against else []):
            wanted |= {"sipv" if p.endswith(".sasm") else str(built(pathlib.Path(p))) for p in machine.programs}
        if check.disk:
            wanted.add("build/disk.img")
    return sorted(wanted)


def modules(check, tree, folder):
    """The check's programs as boot modules."""
    if check.kind == "attack":
        return attack_of(check, tree).modules(folder, sipv(tree))
    made = []
    for source in sources(check, tree):
        if source.suffix in (".sing", ".cc"):
            made.append(tree / built(source))
            if not made[-1].exists():
                raise ProgramError(f"{source.relative_to(tree)} could not be compiled", make_says(made[-1], tree))
        else:
            made.append(assemble(source, folder / f"{source.stem}.sbc", tree))
    return made


def disk(tree):
    """The disk that the machine finds: made by make, of programs of the tree."""
    image = tree / "build/disk.img"
    if not image.exists():
        raise ProgramError("the disk could not be made", make_says(image, tree))
    return image


def built(source):
    """What make makes of it: a SIP, or a C++ process."""
    return pathlib.Path(f"build/user/native/{source.stem}.elf" if source.suffix == ".cc" else f"build/user/{source.stem}.sbc")


def assemble(source, target, tree):
    ran = subprocess.run([sipv(tree), "asm", source.relative_to(tree), "-o", target], cwd=tree, capture_output=True, text=True,
                         timeout=30, check=False)
    if ran.returncode:
        raise ProgramError(f"{source.name} could not be assembled", (ran.stdout + ran.stderr).splitlines()[:12])
    return target


def make_says(target, tree):
    ran = subprocess.run(["make", "--no-print-directory", str(target.relative_to(tree))], cwd=tree, capture_output=True,
                         text=True, errors="replace", check=False)
    return (ran.stdout + ran.stderr).splitlines()[:12]


def sipv(tree):
    path = tree / "build/host/bin/sipv"
    if not path.exists():
        raise ProgramError("sipv, the host's tool for bytecode, could not be built: make sipv")
    return path


def attack_of(check, tree):
    import attack_kernel  # no lab has attacks before there is a verifier
    return attack_kernel.LabAttack.read(sources(check, tree)[0])


def verdicts(check, tree):
    """[what is wrong]: where sipv says something else than the program expects. Each is (program, expected, said)."""
    wrong = []
    for source in sources(check, tree):
        text = source.read_text()
        expected = re.match(r"; (rejects|accepts): (?:\[(\S+)\])?(.*)", text)
        refuses = bool(expected) and expected[1] == "rejects"
        name = str(source.relative_to(tree))
        ran = subprocess.run([sipv(tree), "verify", name], capture_output=True, text=True, errors="replace", timeout=30,
                             cwd=tree, check=False)
        said = (ran.stdout + ran.stderr).strip()
        if ran.returncode not in (0, 1):
            wrong.append((name, "a verdict", said.splitlines() or [f"status {ran.returncode}"]))
        elif refuses and (ran.returncode == 0 or f"[{expected[2]}]" not in said):
            wrong.append((name, f"refused by [{expected[2]}]", said.splitlines()))
        elif not refuses and (ran.returncode == 1 or not facts_agree(check, expected, said)):
            wrong.append((name, "accepted" + (f" with {expected[3].strip()}" if expected else ""), said.splitlines()))
    return wrong


def facts_agree(check, expected, said):
    if not expected or not check.look:
        return True
    return re.findall(check.look, expected[3]) == [f for line in said.splitlines() for f in re.findall(check.look, line)]
