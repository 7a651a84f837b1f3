"""What a lab is graded by: grade/lab/labN.toml as objects."""
import dataclasses
import pathlib
import re
import tomllib

HERE = pathlib.Path(__file__).resolve().parent


class LabError(Exception):
    """A lab's data make no sense, or there are none; the text is a sentence."""


@dataclasses.dataclass(frozen=True)
class Measure:
    """A figure of the model clock between two marks, or a ratio of two, and its bounds. One with a `stage` is shown by `make stages` in
    the row of that name, whichever labs have one; `at` makes it a point of a curve."""

    what: str
    of: list
    why: str = ""
    to: list = dataclasses.field(default_factory=list)
    per: float = 1
    against: bool = False  # `to` is of the check's other machine
    count: str = ""  # empty: cycles
    least: float = 0
    most: float = 1e12
    stage: str = ""
    unit: str = "cycles"
    mode: str = ""  # another protect= than the check's own: a figure of that machine, over the same figure of this one
    at: float | None = None


@dataclasses.dataclass(frozen=True, eq=False)
class Check:
    """One question to the student's tree, and what the answer is worth. `kind` says how it is asked:

        test      the kernel boots with test=<test>, and with these programs at hand
        run       it runs these programs, which must all end well
        attack    it is given a program that does damage, and must refuse it
        verdicts  sipv says of each program what the program's first line expects [grade/lab/programs.py]
    """

    name: str
    test: str  # the kernel's test, or what the check is called on the command line
    points: int
    exercise: str
    number: int  # of the exercise
    section: str  # of the handout
    ends: str = "ok"  # qemu.End
    needs: tuple = ()  # other exercises without which it cannot succeed; "a|b": one of the two is enough
    console: tuple = ()  # to be printed between the test's records, in this order
    measure: tuple = ()
    kind: str = "test"
    programs: tuple = ()  # .sasm, .sing and, of C++ processes, .cc files, or patterns of them; of an attack, its file
    run: str = ""  # names of programs, with commas: those that are started, if not all
    options: str = ""  # more of the kernel's command line
    disk: bool = False
    against: dict = dataclasses.field(default_factory=dict)  # programs, run, options of another machine to measure
    look: str = ""  # in verdicts, what of an expected line counts: a regular expression

    @property
    def target(self):
        """The X of `make grade-X`."""
        return self.test

    @property
    def needed(self):
        """The exercises named in `needs`."""
        return {name for need in self.needs for name in need.split("|")}

    @property
    def other(self):
        """The machine that this check's figures are compared with."""
        return dataclasses.replace(self, kind="run", **self.against)


@dataclasses.dataclass(frozen=True)
class Lab:
    number: int
    title: str
    handout: str
    limit: float
    floor: int
    pristine: tuple
    checks: tuple

    @property
    def points(self):
        return sum(check.points for check in self.checks)

    def choose(self, names):
        """The checks with these targets, exercises or none named: all."""
        if not names:
            return list(self.checks)
        chosen = [c for c in self.checks if {c.target, c.exercise, c.name} & set(names)]
        unknown = set(names) - {n for c in self.checks for n in (c.target, c.exercise, c.name)}
        if unknown:
            known = ", ".join(c.target for c in self.checks)
            raise LabError(f"lab {self.number} has no check {sorted(unknown)[0]!r} (there are: {known})")
        return chosen


def available():
    """The numbers of the labs that this tree can grade."""
    return sorted(int(p.stem[3:]) for p in HERE.glob("lab*.toml") if re.fullmatch(r"lab\d+", p.stem))


def load(number):
    path = HERE / f"lab{number}.toml"
    if not path.exists():
        raise LabError(f"there is no lab {number} here (there are: {', '.join(map(str, available()))})")
    data = tomllib.loads(path.read_text())
    checks = []
    for at, exercise in enumerate(data["exercise"], 1):
        for entry in exercise["check"]:
            fields = {**entry, "measure": tuple(Measure(**m) for m in entry.get("measure", ())),
                      "programs": tuple(entry.get("programs", ()))}
            checks.append(Check(**fields, exercise=exercise["name"], number=at,
                                section=exercise.get("section", f"exercise {at}")))
    return Lab(data["lab"], data["title"], data["handout"], data["limit"], data["floor"], tuple(data["pristine"]), tuple(checks))


def matches(path, patterns):
    """As in labs/cut.py: `*` stays in its folder; `folder/` is all that is in it."""
    def expression(pattern):
        return "".join("[^/]*" if part == "*" else re.escape(part) for part in re.split(r"(\*)", pattern))
    return any(path.startswith(p) if p.endswith("/") else re.fullmatch(expression(p), path) for p in patterns)
