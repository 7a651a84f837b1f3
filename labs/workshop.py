"""A folder in which the labs' trees are built and graded, one after the other, so that only what differs is compiled."""
import json
import os
import pathlib
import subprocess
import sys

import cut

sys.path.insert(0, str(cut.ROOT / "grade/lab"))
import lab as grading  # noqa: E402

# Trees of different labs are alike for the most part. Debian's ccache has its names for the compilers in a folder; without the
# package, nothing is there and all is compiled.
COMPILING = {"WERROR": "1", "PATH": f"/usr/lib/ccache:{os.environ['PATH']}", "CCACHE_DIR": str(cut.ROOT / "build/ccache"),
             "CCACHE_NOHASHDIR": "1"}
ALL = cut.load_all()
COMPLETE = cut.complete(ALL)


class Workshop:
    """Lab `number`'s folder."""

    def __init__(self, folder, number):
        self.folder, self.number = pathlib.Path(folder), number
        self.cut = next(lab for lab in ALL if lab.number == number)
        self.lab = grading.load(number)  # points and checks

    def place(self, solved):
        """The tree with these exercises done: a set of labs and of (lab, name)."""
        self.folder.mkdir(parents=True, exist_ok=True)
        cut.place(self.folder, cut.tree(ALL, self.number, solved)[0])

    def solve(self, *, without=()):
        """All exercises done, of this lab and those before, but for these."""
        mine = {(self.number, name) for name in self.cut.exercises if name not in without}
        self.place(set(range(1, self.number)) | mine)

    def grade(self, *options, lab=None, **environment):
        """(results.json, what was printed), by the grader of this tree; of the lab before it with `lab`."""
        results = self.folder / "build/grade/results.json"
        results.unlink(missing_ok=True)
        grader = [sys.executable, self.folder / "grade/lab/grader.py", "--lab", str(lab or self.number)]
        ran = subprocess.run([*grader, *map(str, options)], env={**os.environ, **COMPILING, **environment},
                             capture_output=True, text=True, timeout=900, check=False)
        assert results.exists(), ran.stdout + ran.stderr
        return json.loads(results.read_text()), ran.stdout + ran.stderr

    def make(self, *words):
        subprocess.run(["make", "--no-print-directory", "-j2", *words], cwd=self.folder, check=True,
                       env={**os.environ, **COMPILING})

    def said(self, *words):
        """(status, what it printed) of make, as a student says it."""
        ran = subprocess.run(["make", "--no-print-directory", *words], cwd=self.folder, capture_output=True, text=True,
                             env={**os.environ, **COMPILING}, timeout=300, check=False)
        return ran.returncode, ran.stdout + ran.stderr

    def attack(self, check):
        """The same of `make attack-NAME`."""
        return self.said(f"attack-{pathlib.Path(check.programs[0]).stem}")

    @property
    def attacks(self):
        return [check for check in self.lab.checks if check.kind == "attack"]

    def change(self, name, old, new):
        path = self.folder / name
        text = path.read_text()
        assert text.count(old) == 1, name
        path.write_text(text.replace(old, new))


def kinds(results):
    """The classes of all checks: {"ok", "not done"} ..."""
    return {test["extra_data"]["kind"] for test in results["tests"]}


def lost(results):
    """The names of the tests that gave no points."""
    return {test["extra_data"]["test"] for test in results["tests"] if test["status"] == "failed"}
