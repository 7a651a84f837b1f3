"""Grades a lab: `make grade`, `make grade-TEST`, LAB=1, V=1.

    building ... 12 s
    frames: OK (0.4s)
    walk: not done (0.3s)
        lab 1, exercise 3 (walk) is not done yet: kern/mem/paging.cc:122
        handouts/lab1.md, exercise 3; again: make grade-page_walk V=1
    Score: 35/100

Builds the kernel once, then boots it once a check, two at a time. build/grade/results.json is written
whatever happens, in the form that Gradescope reads. With --submission the kernel is that of another folder, with the
files that students do not write (`pristine` in labN.toml) replaced by those of this tree.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import pytest  # noqa: E402

import judge  # noqa: E402
import lab as labs  # noqa: E402
import programs  # noqa: E402

GRADING = pytest.StashKey()
BUILD_LINES = 25  # of a build's errors that are shown


class Grading:
    """A plugin of pytest: builds, judges ahead of the tests, prints and writes what came out."""

    def __init__(self, lab, checks, tree, out, verbose):
        self.lab, self.checks, self.tree, self.out, self.verbose = lab, checks, tree, out, verbose
        self.futures, self.verdicts, self.build_failure = {}, {}, None
        self.pool = concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1))

    def build(self):
        """Builds kernel and clock; on failure no check has a chance. A program that cannot be built is the business of the
        checks that need it."""
        # The clock is this tree's, whose kernel ever is graded.
        wanted = [(self.tree, "kernel")] + ([(ROOT, "clock")] if any(c.measure for c in self.checks) else [])
        begin = time.monotonic()
        print("building ...", end="", flush=True)
        output = ""
        for tree, target in wanted:
            ran = self.make(tree, target)
            output += ran.stdout
            if ran.returncode:
                lines = ran.stdout.splitlines()
                at = next((i for i, line in enumerate(lines) if "error:" in line or "***" in line), 0)
                self.build_failure = judge.Verdict("build", f"the {target} does not build", lines[at:at + BUILD_LINES])
                break
        else:
            if programs.tools(self.checks):
                output += self.make(self.tree, "-k", *programs.tools(self.checks)).stdout
        print(f" {time.monotonic() - begin:.0f} s{warnings_in(output)}", flush=True)

    @staticmethod
    def make(tree, *words):
        # --no-print-directory and no jobserver: this make is its own.
        environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
        return subprocess.run(["make", "--no-print-directory", f"-j{min(2, os.cpu_count() or 1)}", *words],
                              cwd=tree, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", check=False)

    def verdict(self, check):
        if self.build_failure:
            return self.build_failure
        if not self.futures:
            for c in self.checks:
                self.futures[c] = self.pool.submit(judge.judge, c, self.lab, self.tree)
        return self.futures[check].result()

    # ---- What pytest calls

    def pytest_configure(self, config):
        config.grading = GRADING
        config.stash[GRADING] = self

    def pytest_sessionstart(self):
        self.build()
        if self.build_failure:
            print("build: FAILED\n" + "\n".join("    " + line for line in self.build_failure.details))

    def pytest_runtest_logreport(self, report):
        if report.when != "call":
            return
        check = next(c for c in self.checks if report.nodeid.endswith(f"[{c.target}]"))
        verdict = self.verdict(check)
        self.verdicts[check] = verdict
        if self.build_failure:
            return
        print(f"{check.name}: {'OK' if verdict.ok else verdict.kind} ({verdict.seconds:.1f}s)", flush=True)
        for line in explanation(check, verdict, self.lab, self.verbose):
            print("    " + line)

    # ---- The result

    def score(self):
        return sum(c.points for c in self.checks if c in self.verdicts and self.verdicts[c].ok)

    def summary(self):
        """The lines at the end: part scores by exercise, then the whole."""
        lines, total = [], sum(c.points for c in self.checks)
        for exercise in dict.fromkeys(c.exercise for c in self.checks):
            mine = [c for c in self.checks if c.exercise == exercise]
            got = sum(c.points for c in mine if c in self.verdicts and self.verdicts[c].ok)
            lines.append(f"  {exercise:<12} {got:>3}/{sum(c.points for c in mine)}")
        return [*lines, f"Score: {self.score()}/{total}"]

    def results(self):
        """For Gradescope: the fields of its results.json."""
        tests = []
        for check in self.checks:
            verdict = self.verdicts.get(check) or self.build_failure or judge.Verdict("no boot", "the grader was ended")
            text = "OK" if verdict.ok else "\n".join([verdict.kind, *explanation(check, verdict, self.lab, True)])
            tests.append({"name": check.name, "number": str(check.number), "score": check.points if verdict.ok else 0,
                          "max_score": check.points, "status": "passed" if verdict.ok else "failed", "output": text,
                          "extra_data": {"kind": verdict.kind, "test": check.test, "exercise": check.exercise,
                                         "figures": [list(f) for f in verdict.figures if f]}})
        return {"score": self.score(), "tests": tests, "output": "\n".join(self.summary()), "visibility": "visible",
                "stdout_visibility": "visible"}

    def write(self):
        self.out.parent.mkdir(parents=True, exist_ok=True)
        self.out.write_text(json.dumps(self.results(), indent=2, allow_nan=False, default=str) + "\n")


def warnings_in(output):
    """What the compiler warned of, in what was compiled this time. It costs no points."""
    lines = list(dict.fromkeys(line for line in output.splitlines() if " warning: " in line))
    shown = "".join(f"\n    {line}" for line in lines[:5])
    return f", {len(lines)} warning{'s' * (len(lines) > 1)}:{shown}" if lines else ""


def explanation(check, verdict, lab, verbose):
    """The lines below a check's line."""
    lines = [f"{what}: {value:.2f}" for what, value, *_ in verdict.figures]
    if verdict.ok:
        return lines
    lines = [verdict.sentence, *verdict.details] + lines
    if verbose and verdict.console:
        lines += ["the console's end:"] + ["  " + line for line in verdict.console.splitlines()[-40:]]
    if check.needs and verdict.kind in ("not done", "attacked", "wrong"):
        lines.append(f"this check needs {needed(check, lab)} as well")
    return [*lines, f"{lab.handout}, {check.section}; again: make grade-{check.target} V=1"]


def needed(check, lab):
    """exercise 1 (bounds), exercise 7 (fixpoint) or 8 (edges)"""
    numbers = {c.exercise: c.number for c in lab.checks}
    return ", ".join("exercise " + " or ".join(f"{numbers[name]} ({name})" for name in need.split("|")) for need in check.needs)


# ---- Submissions


def overlay(submission, lab, place):
    """A submission's tree in `place`, with this tree's pristine files and none of its own that match those."""
    place.mkdir(parents=True, exist_ok=True)
    for path in sorted(place.rglob("*")):
        if path.is_file() and not path.relative_to(place).parts[0] == "build":
            path.unlink()
    for root, skip, take in ((submission, ("build", ".git"), lambda p: not labs.matches(p, lab.pristine)),
                             (ROOT, ("build", ".git"), lambda p: labs.matches(p, lab.pristine))):
        for path in sorted(p for p in root.rglob("*") if p.is_file() and not p.is_symlink()):
            name = path.relative_to(root)
            if name.parts[0] in skip or "__pycache__" in name.parts or not take(str(name)):
                continue
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, place / name)
    return place


def main(argv=None):
    parser = argparse.ArgumentParser(description="Grade a lab.")
    parser.add_argument("--lab", type=int, default=labs.available()[-1])
    parser.add_argument("--check", action="append", default=[], help="only this one, or the checks of this exercise")
    parser.add_argument("--submission", type=pathlib.Path, help="grade the tree in this folder with the tests of this one")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build/grade/results.json")
    parser.add_argument("-v", "--verbose", action="store_true", help="with the console of what failed")
    options = parser.parse_args(argv)
    try:
        lab = labs.load(options.lab)
        checks = lab.choose(options.check)
    except labs.LabError as error:
        sys.exit(f"grade: {error}")
    tree = ROOT
    if options.submission:
        if not options.submission.is_dir():
            sys.exit(f"grade: there is no folder {options.submission}")
        tree = overlay(options.submission.resolve(), lab, ROOT / "build/grade/submission")
    grading = Grading(lab, checks, tree, options.out, options.verbose)
    print(f"Lab {lab.number}: {lab.title}")
    try:
        pytest.main([str(HERE / "checks.py"), "-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:conftest",
                     "--noconftest", "--rootdir", str(HERE), "-c", os.devnull], plugins=[grading])
    finally:
        grading.pool.shutdown(cancel_futures=True)
        grading.write()
    print("\n".join(grading.summary()))
    sys.exit(0 if grading.score() == sum(c.points for c in checks) else 1)


if __name__ == "__main__":
    main()
