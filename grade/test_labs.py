"""What the labs are worth: each lab's trees, cut here, are graded by the grader that they bring along. One folder holds them one
after the other, so that only what differs is compiled."""
import json
import os
import subprocess
import sys

import pytest
from qemu import ROOT

sys.path[:0] = [str(ROOT / "labs"), str(ROOT / "grade/lab")]
import cut  # noqa: E402
import lab as labs  # noqa: E402

ALL = cut.load_all()
LAB = labs.load(1)
EXERCISES = ALL[0].exercises
# A short time for what runs until its limit, whatever the machine: nothing here passes by being quick.
IMPATIENT = {"SINGLET_TIME_FACTOR": "0.2"}


class Workshop:
    """A folder that becomes one lab's tree after the other."""

    def __init__(self, folder):
        self.folder = folder

    def place(self, files):
        cut.place(self.folder, files)

    def grade(self, *options, **environment):
        """(results.json, what was printed)"""
        results = self.folder / "build/grade/results.json"
        results.unlink(missing_ok=True)
        ran = subprocess.run([sys.executable, self.folder / "grade/lab/grader.py", "--lab", "1", *map(str, options)],
                             env={**os.environ, "WERROR": "1", **environment}, capture_output=True, text=True, timeout=600)
        assert results.exists(), ran.stdout + ran.stderr
        return json.loads(results.read_text()), ran.stdout + ran.stderr

    def change(self, name, old, new):
        path = self.folder / name
        text = path.read_text()
        assert text.count(old) == 1, name
        path.write_text(text.replace(old, new))


def tree(solved):
    return cut.tree(ALL, 1, solved)[0]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    return Workshop(tmp_path_factory.mktemp("lab") / "tree")


@pytest.fixture
def solved(workshop):
    workshop.place(tree({1}))
    return workshop


def kinds(results):
    return {test["extra_data"]["kind"] for test in results["tests"]}


def test_points_add_up():
    assert LAB.points == 100
    assert len({check.target for check in LAB.checks}) == len(LAB.checks)
    assert [e for e in dict.fromkeys(c.exercise for c in LAB.checks) if e != "stage"] == EXERCISES
    assert LAB.title == ALL[0].title and set().union(*(c.needs for c in LAB.checks)) <= set(EXERCISES)


def test_the_hand_out_builds_without_warnings_and_scores_its_floor(workshop):
    workshop.place(tree(set()))
    results, printed = workshop.grade()
    assert results["score"] == LAB.floor and f"Score: {LAB.floor}/100" in printed, printed
    assert kinds(results) == {"not done"}, printed
    assert "lab 1, exercise 8 (fault) is not done yet: kern/cpu/trap.cc:" in printed


def test_the_solution_scores_everything(solved):
    results, printed = solved.grade()
    assert results["score"] == sum(test["max_score"] for test in results["tests"]) == 100, printed
    assert "runs: no room is lost: OK (" in printed and "\nScore: 100/100\n" in printed


def test_prep_builds_boots_and_names_its_first_hole(workshop):
    workshop.place(tree(set(range(1, 1))))
    workshop.grade("--check", "frames")  # builds
    from qemu import End, Machine
    result = Machine(kernel=workshop.folder / "build/kern/kernel.elf").run()
    result.expect(End.FAILED, "Singlet", "lab 1, exercise 1 (frames) is not done yet: kern/mem/frames.cc:")


@pytest.mark.parametrize("exercise", EXERCISES)
def test_an_exercise_left_out_loses_its_own_points(workshop, exercise):
    workshop.place(tree({(1, name) for name in EXERCISES if name != exercise}))
    results, printed = workshop.grade()
    lost = {test["extra_data"]["test"] for test in results["tests"] if test["status"] == "failed"}
    assert lost == {c.test for c in LAB.checks if c.exercise == exercise or exercise in c.needs}, printed
    hole = f"lab 1, exercise {EXERCISES.index(exercise) + 1} ({exercise}) is not done yet: "
    assert all(hole in test["output"] for test in results["tests"] if test["status"] == "failed"), printed


# ---- What deserves no points gets none

START = "void start_frames() {\n"


def test_a_print_is_not_a_record(solved):
    lies = "".join(f'print("{line}\\n"); ' for line in (
        "@0 1 begin frames", "@0 2 end frames", "TEST frames: ok", "frames: OK (0.1s)", "Score: 100/100"))
    solved.change("kern/mem/frames.cc", START, START + f"    {lies}exit_machine(ExitStatus::Success);\n")
    results, printed = solved.grade("--check", "frames", "--check", "kernel")
    assert results["score"] == 0 and kinds(results) == {"wrong"}, printed
    assert "frames was not run from its begin to its end" in printed and "\nScore: 0/30\n" in printed


def test_a_second_test_of_that_name_is_none(solved):
    solved.change("kern/mem/frames.cc", '#include "kern/boot/init.hh"\n', '#include "kern/boot/init.hh"\n#include "kern/boot/test.hh"\n')
    solved.change("kern/mem/frames.cc", START, "KERNEL_TEST_AFTER(0, page_walk) {}\n" + START)
    results, printed = solved.grade("--check", "walk")
    assert results["score"] == 0 and 'there are two self-tests "page_walk"' in printed, printed


@pytest.mark.parametrize("code, kind, sentence", [
    ("for (;;) asm volatile(\"pause\");", "hang", "start_frames+0x"),
    ("for (;;) print(\"Score: 100/100 \");", "flood", "the kernel printed more than 64 KB"),
    ("asm volatile(\"lidt %0\\n\\tint3\" ::\"m\"(zones));", "triple fault", "start_frames"),
    ("panic(\"not today\");", "panic", "kernel_main+0x"),
    ("fail(\"not today\");", "wrong", "singlet: not today"),
])
def test_each_end_is_called_by_its_name(solved, code, kind, sentence):
    solved.change("kern/mem/frames.cc", START, f"{START}    {code}\n")
    environment = IMPATIENT if kind == "hang" else {}
    results, printed = solved.grade("--check", "page_walk", **environment)
    assert results["score"] == 0 and kinds(results) == {kind} and sentence in printed, printed
    assert "handouts/lab1.md, exercise 3; again: make grade-page_walk V=1" in printed


def test_a_build_that_fails_has_results_too(solved):
    solved.change("kern/mem/frames.cc", START, START + "    this is no C++;\n")
    results, printed = solved.grade()
    assert results["score"] == 0 and kinds(results) == {"build"} and len(results["tests"]) == len(LAB.checks)
    assert "kern/mem/frames.cc:" in printed and "error:" in printed and "\nScore: 0/100\n" in printed


def test_who_edits_the_grader_is_graded_by_another(solved, tmp_path):
    """Here two exercises are missing, the submission's tests are empty and its grader gives points away."""
    submission = Workshop(tmp_path / "submission")
    submission.place(tree({(1, name) for name in EXERCISES if name not in ("switch", "fault")}))
    submission.change("grade/lab/lab1.toml", "floor = 0 ", "floor = 100 ")
    submission.change("kern/boot/test.cc", "find_test(name).run();", "")
    (submission.folder / "grade/lab/judge.py").write_text("print('Score: 100/100')\n")
    results, printed = solved.grade("--submission", submission.folder)
    kept = sum(c.points for c in LAB.checks if not {"switch", "fault"} & {c.exercise, *c.needs})
    assert 0 < results["score"] == kept < 100, printed


def test_a_bug_that_no_crash_shows_is_found(solved):
    """Wrong, not missing: a TLB that keeps an entry, a null page that is mapped, a TLB that loses all."""
    solved.change("kern/mem/paging.cc", "if (active()) forget(page.raw());", "static_cast<void>(page);")
    results, printed = solved.grade("--check", "tlb_forgets")
    assert results["score"] == 0 and kinds(results) == {"wrong"}, printed
    solved.place(tree({1}))
    solved.change("kern/mem/paging.cc", "if (page == 0) return 0;", "")
    results, printed = solved.grade("--check", "kernel_tables")
    assert results["score"] == 0 and kinds(results) == {"wrong"}, printed
    solved.place(tree({1}))
    solved.change("kern/mem/paging.cc", "if (active()) forget(page.raw());",
                  "static_cast<void>(page); if (active()) { announce(active_directory); write_cr3(active_directory); }")
    results, printed = solved.grade("--check", "walk_cost")
    assert results["score"] == 0 and "INVLPG takes one page out of the TLB" in printed, printed
