"""`make attack-NAME`: boots this tree's kernel with an attack, shows the console, and says who won."""
import pathlib
import re
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import attack as attacks  # noqa: E402
import programs  # noqa: E402
import qemu  # noqa: E402

FOLDERS = (HERE / "attacks", ROOT / "grade/attacks")


class LabAttack(attacks.Attack):
    """An attack on a student's kernel: nobody has to switch a check off, and what refuses it need not be the verifier."""

    @classmethod
    def read(cls, path):
        said = attacks.said_by(path)
        refusals = [re.fullmatch(r"(?:\[(\S+)\] )?(.+)", text).groups() for text in said["rejects"]]
        return cls(path, refusals, [], attacks.names_to_run(said), " ".join(said["options"]), None,
                   [attacks.text_of(t) for t in said["damage"]], said["harmless"],
                   [attacks.text_of(t) for t in said["not"]], attacks.patches_in(said))

    def modules(self, folder, tool):
        made = [attacks.assemble(self.path if n == "attack" else victim(n),
                                 folder / f"{self.path.stem if n == 'attack' else n}.sbc", tool) for n in dict.fromkeys(self.run)]
        self.patched(folder / f"{self.path.stem}.sbc")
        return made

    @property
    def refusal(self):
        rule, sentence = self.refusals[0]
        return f"[{rule}]" if rule else sentence

    def refused_by(self, lines):
        """Do these lines say that it was refused, and by its rule?"""
        return any(line.startswith(f"install {self.path.stem}.sbc: refused: ") and self.refusal in line for line in lines)

    @property
    def names(self):
        return ",".join(self.path.stem if n == "attack" else n for n in self.run)


def victim(name):
    mine = HERE / f"attacks/victims/{name}.sasm"
    return mine if mine.exists() else attacks.FOLDER / f"victims/{name}.sasm"


def find(name):
    for folder in FOLDERS:
        if (folder / f"{name}.sasm").exists():
            return LabAttack.read(folder / f"{name}.sasm")
    known = sorted(path.stem for folder in FOLDERS for path in folder.glob("*.sasm"))
    return sys.exit(f"there is no attack {name} (there are: {', '.join(known)})")


def story(path):
    """What the attack's head tells before it says anything to the harness."""
    told = []
    for line in path.read_text().splitlines():
        if not line.startswith("; ") or line.startswith("; rejects:"):
            break
        told.append(line[2:])
    return "\n".join(told)


def main():
    attack = find(sys.argv[1])
    print(story(attack.path) + "\n")
    with tempfile.TemporaryDirectory(prefix="singlet-attack-") as folder:
        modules = attack.modules(pathlib.Path(folder), programs.sipv(ROOT))
        result = qemu.Machine(append=f"run={attack.names} {attack.options}", modules=modules, limit=20).run()
    print(result.console)
    lines = result.lines()
    done = next((line for line in lines for text in attack.damage if text in line), "")
    if done:
        sys.exit(f"The attack got through: {done.strip()}")
    if attack.refusals and attack.refused_by(lines):
        print("The attack was refused.")
    elif attack.harmless and all(text in result.console for text in attack.harmless):
        print("The attack did no harm.")
    else:
        wanted = attack.refusal if attack.refusals else attack.harmless
        sys.exit(f"The attack did not come to its damage, and was not refused as it must be: {wanted}. (Are the exercises before it done?)")


if __name__ == "__main__":
    main()
