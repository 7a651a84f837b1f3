"""What deserves no points gets none: forged records, loops, resets, giant output, edited graders. On lab 1's tree; the grader is
the same for all."""
import sys

import pytest
from qemu import ROOT

sys.path.insert(0, str(ROOT / "labs"))
from workshop import Workshop, kinds  # noqa: E402

# A short time for what runs until its limit, whatever the machine: nothing here passes by being quick.
IMPATIENT = {"SINGLET_TIME_FACTOR": "0.2"}


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    return Workshop(tmp_path_factory.mktemp("lab1") / "tree", 1)


@pytest.fixture
def solved(workshop):
    workshop.solve()
    return workshop


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
    ("for (;;) {}", "hang", "start_frames+0x"),
    ("unsigned n = 1; while (n != 0) n += 2;", "hang", "start_frames+0x"),  # which C++ lets a compiler leave out
    ("for (;;) print(\"Score: 100/100 \");", "flood", "the kernel printed more than 64 KB"),
    ("asm volatile(\"lidt %0\\n\\tint3\" ::\"m\"(zones));", "triple fault", "start_frames"),
    ("panic(\"not today\");", "panic", "(kern/boot/main.cc:"),
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
    assert results["score"] == 0 and kinds(results) == {"build"} and len(results["tests"]) == len(solved.lab.checks)
    assert "kern/mem/frames.cc:" in printed and "error:" in printed and "\nScore: 0/100\n" in printed


def test_a_warning_is_shown_and_costs_nothing(solved):
    """At home as in the students' workflow."""
    solved.change("kern/mem/frames.cc", START, START + "    int unused;\n")
    results, printed = solved.grade("--check", "walk", WERROR="")
    assert kinds(results) == {"ok"} and ", 1 warning:\n    kern/mem/frames.cc:" in printed, printed
    assert "WERROR=" not in (solved.folder / ".github/workflows/grade.yml").read_text()


def test_values_that_differ_are_both_shown(solved):
    solved.change("kern/mem/paging_ktest.cc", "CHECK_EQUAL(table_entry(directory, 0), 0); // null", "CHECK_EQUAL(table_entry(directory, 0), 3);")
    results, printed = solved.grade("--check", "kernel_tables")
    assert kinds(results) == {"wrong"} and ": table_entry(directory, 0): expected 3, found 0" in printed, printed


def test_who_edits_the_grader_is_graded_by_another(solved, tmp_path):
    """Here two exercises are missing, the submission's tests are empty and its grader gives points away."""
    submission = Workshop(tmp_path / "submission", 1)
    submission.solve(without=["switch", "fault"])
    submission.change("grade/lab/lab1.toml", "floor = 0 ", "floor = 100 ")
    submission.change("kern/boot/test.cc", "find_test(name).run();", "")
    (submission.folder / "grade/lab/judge.py").write_text("print('Score: 100/100')\n")
    results, printed = solved.grade("--submission", submission.folder)
    kept = sum(c.points for c in solved.lab.checks if not {"switch", "fault"} & {c.exercise, *c.needs})
    assert 0 < results["score"] == kept < 100, printed


def test_a_bug_that_no_crash_shows_is_found(solved):
    """Wrong, not missing: a TLB that keeps an entry, a null page that is mapped, a TLB that loses all."""
    solved.change("kern/mem/paging.cc", "if (active()) forget(page.raw());", "static_cast<void>(page);")
    results, printed = solved.grade("--check", "tlb_forgets")
    assert results["score"] == 0 and kinds(results) == {"wrong"}, printed
    solved.solve()
    solved.change("kern/mem/paging.cc", "if (page == 0) return 0;", "")
    results, printed = solved.grade("--check", "kernel_tables")
    assert results["score"] == 0 and kinds(results) == {"wrong"}, printed
    solved.solve()
    solved.change("kern/mem/paging.cc", "if (active()) forget(page.raw());",
                  "static_cast<void>(page); if (active()) { announce(active_directory); write_cr3(active_directory); }")
    results, printed = solved.grade("--check", "walk_cost")
    assert results["score"] == 0 and "INVLPG takes one page out of the TLB" in printed, printed
