"""What the labs are worth: each complete lab's trees, cut here, are graded by the grader that they bring along. A lab has a
folder of its own; `-n` of pytest-xdist may spread all this, or -k lab2 choose one of them."""
import re
import subprocess
import sys

import pytest
from qemu import ROOT, End, Machine

sys.path.insert(0, str(ROOT / "labs"))
import cut  # noqa: E402
from workshop import ALL, COMPLETE, kinds, lost  # noqa: E402

EXERCISES = [pytest.param(lab.number, name, id=f"lab{lab.number}-{name}") for lab in COMPLETE for name in lab.exercises]
# The attacks that come to their damage as long as nothing of their lab is done, and which `make attack-NAME` then shows. Done alone or
# left out alone, an exercise of lab 3 has others behind it that stop an attack; those of labs 5 and 6 stop none but their own.
FELT = {3: {"attack_frame", "attack_data", "attack_number", "attack_leftover", "attack_lecture"},
        5: {"attack_kept", "attack_after", "attack_wide"},
        6: {"again", "contract.queue", "second-driver", "stray-interrupt"}}
ALONE = (5, 6)
each_lab = pytest.mark.parametrize("number", [lab.number for lab in COMPLETE], ids=lambda n: f"lab{n}")


def damaged(results):
    """The names of the attacks that got through, and did what they came for."""
    return {test["extra_data"]["test"] for test in results["tests"]
            if test["extra_data"]["kind"] == "attacked" and " got through, and then: " in test["output"]}


@each_lab
def test_points_add_up(number, workshops):
    lab, exercises = workshops(number).lab, workshops(number).cut.exercises
    assert lab.points == 100
    assert len({check.target for check in lab.checks}) == len(lab.checks)
    assert [e for e in dict.fromkeys(c.exercise for c in lab.checks) if e != "stage"] == exercises
    assert lab.title == workshops(number).cut.title and set().union(*(c.needed for c in lab.checks)) <= set(exercises)


@each_lab
def test_the_hand_out_builds_without_warnings_and_scores_its_floor(number, workshops):
    """Nothing is done yet, of the labs before neither: who merges his work stands where `prep` does."""
    lab = workshops(number)
    lab.place(set())
    results, printed = lab.grade()
    assert results["score"] == lab.lab.floor and f"Score: {lab.lab.floor}/100" in printed, printed
    assert kinds(results) <= {"not done", "attacked"} | ({"ok"} if lab.lab.floor else set()), printed


@each_lab
def test_prep_builds_boots_and_names_a_hole(number, workshops):
    lab = workshops(number)
    lab.place(set(range(1, number)))
    lab.make("kernel")
    result = Machine(kernel=lab.folder / "build/kern/kernel.elf").run()
    assert result.console.startswith("Singlet\n"), result.explain()
    if result.end is not End.OK:  # a lab of the verifier's boots to the end
        result.expect(End.FAILED, f"lab {number}, exercise 1 ({lab.cut.exercises[0]}) is not done yet: ")


@pytest.mark.parametrize("number", [lab.number for lab in COMPLETE if lab.number in FELT], ids=lambda n: f"lab{n}")
def test_what_is_missing_is_felt(number, workshops):
    lab = workshops(number)
    lab.place(set(range(1, number)))
    results, printed = lab.grade(*(f"--check={check.test}" for check in lab.attacks))
    assert damaged(results) == FELT[number], printed
    status, console = lab.attack(next(check for check in lab.attacks if check.test in FELT[number]))
    assert status != 0 and "\nThe attack got through: " in console, console


@pytest.mark.parametrize("figure", ("figure5", "table1"))
@pytest.mark.parametrize("number", [lab.number for lab in COMPLETE if lab.number == 7], ids=lambda n: f"lab{n}")
def test_a_figure_names_the_exercise_that_is_missing(number, figure, workshops):
    lab = workshops(number)
    lab.place(set(range(1, number)))
    status, printed = lab.said(figure, "MODES=domain")
    assert status != 0 and re.search(rf"^{figure}: domain: lab 7, exercise \d \(\w+\) is not done yet: \S+$", printed, re.M), printed
    assert not any("console" in line for line in printed.splitlines() if not line.startswith("  ")), printed  # of the build


@each_lab
def test_the_solution_scores_everything(number, workshops):
    lab = workshops(number)
    lab.solve()
    results, printed = lab.grade()
    assert results["score"] == sum(test["max_score"] for test in results["tests"]) == 100, printed
    assert kinds(results) == {"ok"} and "\nScore: 100/100\n" in printed
    for check in lab.attacks[:1]:
        status, console = lab.attack(check)
        assert status == 0 and "\nThe attack was refused.\n" in console, console


@pytest.mark.parametrize("number, exercise", EXERCISES)
def test_an_exercise_left_out_loses_its_own_points(number, exercise, workshops):
    lab = workshops(number)
    lab.solve(without=[exercise])
    results, printed = lab.grade()
    assert lost(results) == {c.test for c in lab.lab.checks if c.exercise == exercise or exercise in c.needs}, printed
    hole = f"lab {number}, exercise {lab.cut.exercises.index(exercise) + 1} ({exercise}) is not done yet: "
    assert all(hole in test["output"] for test in results["tests"] if test["status"] == "failed"), printed
    goes_on = all(r.lenient for r in cut.tree(ALL, number, set())[1] if (r.lab, r.name) == (number, exercise))
    felt = {check.test for check in lab.attacks if goes_on and check.exercise == exercise}
    assert number not in ALONE or damaged(results) == felt, printed


@pytest.mark.parametrize("number", [lab.number for lab in COMPLETE[1:]], ids=lambda n: f"lab{n}")
def test_the_lab_before_merges_and_keeps_its_score(number, workshops, tmp_path):
    """A student who solved lab N-1 on its branch merges lab N: no conflict, and what he has then is `prep`."""
    kit, work = tmp_path / "kit.git", tmp_path / "work"
    cut.cut_all(kit)
    done = {(lab.number, name) for lab in ALL[:number - 1] for name in lab.exercises}
    before, _ = cut.tree(ALL, number - 1, done)
    _, regions = cut.tree(ALL, number - 1, set())
    git = ["git", "-c", "user.name=S", "-c", "user.email=s@s"]
    subprocess.run([*git, "clone", "-q", "-b", f"lab{number - 1}", kit, work], check=True)
    for path in {region.path for region in regions if region.name != "answer"}:
        (work / path).write_bytes(before[path][1])
    subprocess.run([*git, "commit", "-qam", "My work"], cwd=work, check=True)
    subprocess.run([*git, "merge", "-q", "--no-edit", f"origin/lab{number}"], cwd=work, check=True)
    for path, (_, data) in cut.tree(ALL, number, done)[0].items():
        assert (work / path).read_bytes() == data, path
    lab = workshops(number)
    lab.place(done)
    results, printed = lab.grade(lab=number - 1)
    assert results["score"] == 100, printed
