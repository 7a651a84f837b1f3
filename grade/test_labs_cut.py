"""The cutter of the labs: holes, file sets, leaks, and branches that only grow. On small trees made here; what the real labs
are worth is the matter of test_labs.py."""
import io
import re
import subprocess
import sys
import tarfile
import tomllib

import pytest
from qemu import ROOT

sys.path.insert(0, str(ROOT / "labs"))
import cut  # noqa: E402

LAB = """title = "T{n}"
complete = true
exercises = [{exercises}]
[files]
appear = [{appear}]
but = [{but}]
"""
SOURCE = """int half(int a, int b) {
    // <lab1:half a, b>
    int quotient_of_both = a / b;
    return quotient_of_both;
    // </lab1:half>
}
int late() {
    // <lab2:late = return 0;>
    return 4711 * 4711 * 17;
    // </lab2:late>
}
"""


@pytest.fixture
def place(tmp_path):
    """A tree of two labs, under git."""
    root = tmp_path / "tree"
    for path, text in {
        "labs/lab1/lab.toml": LAB.format(n=1, exercises='"half"', appear='"a/", "one.*"', but='"a/later.cc"'),
        "labs/lab2/lab.toml": LAB.format(n=2, exercises='"late"', appear='"a/", "two"', but=""),
        "a/half.cc": SOURCE, "a/later.cc": "int later;\n", "one.txt": "1\n", "two": "2\n", "never": "secret\n",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    git(root, "init", "-q")
    git(root, "add", ".")
    return root


def git(folder, *words):
    ran = subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@x", *words], cwd=folder,
                         capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout.strip()


def test_a_hole_says_which_exercise_is_missing(place):
    git_dir = place.parent / "kit.git"
    assert cut.cut_all(git_dir, place) == [f"lab{n}{kind}" for n in (1, 2) for kind in ("", "-sol", "-prep")]
    lab = git(git_dir, "show", "lab1:a/half.cc")
    assert 'NOT_DONE(1, 1, "half", a, b);' in lab and "TODO lab 1, exercise 1 (half)" in lab
    assert "    return 0;\n" in lab and "4711" not in lab and "<lab" not in lab
    assert git(git_dir, "show", "lab1-sol:a/half.cc").count("quotient_of_both") == 2
    assert "4711" not in git(git_dir, "show", "lab1-sol:a/half.cc")
    assert "quotient" in git(git_dir, "show", "lab2-prep:a/half.cc") and "4711" in git(git_dir, "show", "lab2-sol:a/half.cc")


def test_a_missing_check_lets_through_and_says_so(place):
    text = (place / "a/half.cc").read_text().replace("<lab1:half a, b>", "<lab1:half a, b else return a / 2;>")
    (place / "a/half.cc").write_text(text)
    cut.cut_all(place.parent / "kit.git", place)
    lab = git(place.parent / "kit.git", "show", "lab1:a/half.cc")
    assert ('    // TODO lab 1, exercise 1 (half): your code in place of these 2 lines.\n'
            '    NOT_CHECKED(1, 1, "half", a, b);\n    return a / 2;\n}') in lab


def test_each_lab_holds_what_has_appeared(place):
    git_dir = place.parent / "kit.git"
    cut.cut_all(git_dir, place)
    assert git(git_dir, "ls-tree", "-r", "--name-only", "lab1").split() == ["a/half.cc", "one.txt"]
    assert git(git_dir, "ls-tree", "-r", "--name-only", "lab2").split() == ["a/half.cc", "a/later.cc", "one.txt", "two"]


STAGED = """enum class Call {
    Exit,

    // <since lab2>
    Send,
    // </since>

    // <since lab3 = Last = Exit,>
    // <lab3:select>
    Select,
    // </lab3:select>
    // </since>
};"""


@pytest.mark.parametrize("number, text", [
    (1, "enum class Call {\n    Exit,\n\n    Last = Exit,\n};"),
    (2, "enum class Call {\n    Exit,\n\n    Send,\n\n    Last = Exit,\n};"),
    (3, "enum class Call {\n    Exit,\n\n    Send,\n\n    // <lab3:select>\n    Select,\n    // </lab3:select>\n};"),
])
def test_a_file_knows_what_its_lab_knows(number, text):
    assert cut.staged("x.hh", STAGED, number) == text


@pytest.mark.parametrize("text, sentence", [
    ("// <since lab2>\n", "x.cc:1: this stage does not end"),
    ("// </since>\n", "x.cc:1: a stage ends here, but does not begin above"),
    ("// <since lab2>\n// <since lab3>\n", "x.cc:2: a stage begins inside of the one that begins in line 1"),
    ("int x; // <since lab2>\n", "x.cc:1: this looks like a marker, but stands not alone on its line"),
])
def test_bad_stages_are_told(text, sentence):
    with pytest.raises(cut.CutError) as told:
        cut.staged("x.cc", text, 1)
    assert str(told.value) == sentence


def test_one_tree_can_be_looked_at(tmp_path):
    cut.main(["--try", "1", str(tmp_path), "--without", "walk"])
    paging = (tmp_path / "kern/mem/paging.cc").read_text()
    assert "(walk)" in paging and "(map)" not in paging
    old = (tmp_path / "kern/mem/frames.cc").stat().st_mtime_ns
    cut.main(["--try", "1", str(tmp_path), "--solved", "all"])
    assert "TODO" not in (tmp_path / "kern/mem/paging.cc").read_text()
    assert (tmp_path / "kern/mem/frames.cc").stat().st_mtime_ns == old
    with pytest.raises(SystemExit) as told:
        cut.main(["--try", "1", str(tmp_path), "--without", "wolk"])
    assert "lab 1 has no exercise 'wolk'; it has: frames, " in str(told.value)


def test_the_same_trees_give_the_same_commits(place):
    for name in ("first.git", "second.git"):
        cut.cut_all(place.parent / name, place)
    assert git(place.parent / "first.git", "for-each-ref") == git(place.parent / "second.git", "for-each-ref")


def test_cutting_again_appends_and_students_merge(place):
    git_dir, student = place.parent / "kit.git", place.parent / "student"
    cut.cut_all(git_dir, place)
    assert cut.cut_all(git_dir, place) == []
    old = git(git_dir, "rev-parse", "lab1", "lab2", "lab2-sol").split()
    git(place.parent, "clone", "-q", "-b", "lab1", str(git_dir), str(student))
    work = (student / "a/half.cc").read_text().replace('NOT_DONE(1, 1, "half", a, b);', "return a / b;")
    (student / "a/half.cc").write_text(work)
    git(student, "commit", "-qam", "done")
    (place / "one.txt").write_text("corrected\n")
    assert len(cut.cut_all(git_dir, place)) == 6
    for branch, before in zip(("lab1", "lab2", "lab2-sol"), old):
        assert git(git_dir, "merge-base", branch, before) == before
    git(student, "pull", "-q", "--no-rebase", "--no-edit")
    assert (student / "one.txt").read_text() == "corrected\n"
    git(student, "checkout", "-q", "lab2")
    git(student, "merge", "-q", "--no-edit", "lab1")
    assert "return a / b;" in (student / "a/half.cc").read_text() and (student / "two").exists()


@pytest.mark.parametrize("path, text, sentence", [
    ("a/half.cc", "// <lab1:half>\n", "a/half.cc:1: lab1:half does not end"),
    ("a/half.cc", "// </lab1:half>\n", "a/half.cc:1: lab1:half ends here, but does not begin above"),
    ("a/half.cc", "// <lab1:half>\n// <lab1:half>\n", "a/half.cc:2: lab1:half begins inside of lab1:half"),
    ("a/half.cc", "// <lab1:third>\n// </lab1:third>\n", "lab1/lab.toml has no exercise 'third'"),
    ("a/half.cc", "int a; // <lab1:half>\n", "a/half.cc:1: this looks like a marker, but stands not alone on its line"),
    ("one.txt", "# <lab1:half>\n# </lab1:half>\n", "no hole is known for a .txt file"),
    ("one.txt", "int  quotient_of_both = a / b;\n", "one.txt:1: int  quotient_of_both = a / b;"),
])
def test_what_is_wrong_is_said_in_a_sentence(place, path, text, sentence):
    (place / path).write_text(text)
    with pytest.raises(cut.CutError, match=cut.re.escape(sentence)):
        cut.cut_all(place.parent / "kit.git", place)


@pytest.mark.parametrize("path, hole", [
    ("x.sing", "assert(false);"), ("x.py", "raise NotImplementedError("), ("x.S", "call exercise_not_done"), ("x.md", ""),
])
def test_holes_of_other_languages(path, hole):
    labs = [cut.Lab(1, "", True, [], [], ["half"], {}, [])]
    comment = ("<!-- ", " -->") if path.endswith(".md") else ("# " if path.endswith(".py") else "// ", "")
    text = "".join(f"  {comment[0]}<{end}lab1:half>{comment[1]}\n{body}" for end, body in (("", "  the solution\n"), ("/", "")))
    left, regions = cut.cut(path, text, labs, set())
    assert hole in left and "solution" not in left and [r.text for r in regions] == [["  the solution"]]
    assert cut.cut(path, text, labs, {1})[0].strip() == "the solution"


# ---- The labs as they are


def test_every_lab_has_its_data():
    labs = cut.load_all()
    assert [lab.number for lab in labs] == list(range(1, 8)) and labs[0].complete
    sets = cut.file_sets(labs, cut.tracked())
    assert all(before < after for before, after in zip(sets, sets[1:]))
    assert not [p for p in sets[-1] if p.startswith("labs/")]


def test_what_is_not_known_yet_is_not_there():
    sets = cut.file_sets(cut.load_all(), cut.tracked())
    assert not [p for p in sets[0] if p.startswith(("verifier/", "user/", "kern/proc/", "kern/ipc/", "lib/rt/"))]
    assert not [p for p in sets[1] if p.startswith("verifier/")]
    assert not [p for p in sets[3] if "contract" in p and p.startswith(("verifier/contract", "kern/ipc/"))]


def squeezed(line):
    return " ".join(line.split())


def test_no_branch_holds_a_solution(tmp_path):
    """Searched in what a student would fetch."""
    kit = tmp_path / "kit.git"
    cut.cut_all(kit)
    labs = [lab for lab in cut.load_all() if lab.complete]
    _, regions = cut.tree(labs, labs[-1].number, set())
    known = {line for lab in labs for line in lab.known}
    lines = {squeezed(text) for region in regions for text in region.text} - known
    assert len(regions) >= 8 and len(lines) > 40
    for lab in labs:
        packed = subprocess.run(["git", "-C", kit, "archive", f"lab{lab.number}"], capture_output=True, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            files = {m.name: archive.extractfile(m).read().decode("utf-8", "replace") for m in archive if m.isfile()}
        assert not [f for f in files if f.startswith(("labs/", ".ci/", "grade/test_labs", "verifier/fuzz/"))]
        text = {squeezed(line) for content in files.values() for line in content.split("\n")}
        assert sorted(line for line in lines & text if cut.telling(line)) == []


@pytest.mark.parametrize("number", [lab.number for lab in cut.complete(cut.load_all())[1:]], ids=lambda n: f"lab{n}")
def test_what_a_lab_adds_does_not_touch_a_solution(number, tmp_path):
    """git calls it a conflict where the lab before's solution and what this lab adds have no line between them."""
    labs = cut.load_all()
    done = {(lab.number, name) for lab in labs[:number - 1] for name in lab.exercises}
    handed_out, regions = cut.tree(labs, number - 1, set())
    solved, both = cut.tree(labs, number - 1, done)[0], cut.tree(labs, number, done)[0]
    added = cut.tree(labs, number, set())[0]
    for path in sorted({region.path for region in regions if region.name != "answer"}):
        for name, tree in (("solved", solved), ("handed_out", handed_out), ("added", added)):
            (tmp_path / name).write_bytes(tree[path][1])
        ran = subprocess.run(["git", "merge-file", "-p", "solved", "handed_out", "added"], cwd=tmp_path,
                             capture_output=True, check=False)
        assert ran.returncode == 0 and ran.stdout == both[path][1], f"{path}\n{ran.stdout.decode()}"


def test_the_lecture_s_questions_are_asked_and_answered():
    """Each in the handout that labs/lecture.toml says, with an answer that students do not have."""
    for question in tomllib.loads((ROOT / "labs/lecture.toml").read_text())["question"]:
        number, text = question["lab"], (ROOT / f"handouts/lab{question['lab']}.md").read_text()
        begin, end = f"<!-- <lab{number}:answer> -->", f"<!-- </lab{number}:answer> -->"
        asked = re.findall(rf"^(\*\*Question \d+\.\*\*(?:.(?!\n\n))*?)\n{begin}\n(.+?)\n{end}", text, re.M | re.S)
        mine = [answer for words, answer in asked if question["by"] in words]
        assert mine and all(answer.startswith("*Answer.*") for answer in mine), question


@pytest.mark.parametrize("number", [lab.number for lab in cut.complete(cut.load_all())], ids=lambda n: f"lab{n}")
def test_every_target_that_a_handout_names_is_there(number, tmp_path):
    """`make -n` in the student's tree knows what to do for it; what it then does, the labs' own tests see."""
    files, _ = cut.tree(cut.load_all(), number, set(range(1, number + 1)))
    cut.place(tmp_path, files)
    text = files[f"handouts/lab{number}.md"][1].decode()
    targets = set(re.findall(r"(?:^|`)make ([a-z][\w.-]*)(?=[`\s])", text, re.M)) - {"attack-NAME"}
    assert {"grade", "handin"} <= targets
    ran = {target: subprocess.run(["make", "-n", target], cwd=tmp_path, capture_output=True, text=True, check=False) for target in targets}
    assert {target: run.stderr for target, run in ran.items() if run.returncode} == {}
