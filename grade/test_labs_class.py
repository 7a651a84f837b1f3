"""Grading a class: hostile submissions, lateness, a class of four over a remote host (a shell in ssh's clothes), Gradescope's zip, and
what students get besides the code."""
import csv
import datetime
import gzip
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import zipfile

import pytest
from qemu import ROOT

yaml = pytest.importorskip("yaml", reason="make check installs it: need-class")

sys.path[:0] = [str(ROOT / "labs"), str(ROOT / "labs/class"), str(ROOT / "grade/lab")]
import cut  # noqa: E402
import grade_all  # noqa: E402
import gradescope  # noqa: E402
import lab as labs  # noqa: E402
import one  # noqa: E402
import report  # noqa: E402
import submissions  # noqa: E402

ALL = cut.load_all()
COMMIT = ["-c", "user.name=Ada L.", "-c", "user.email=ada@example.org"]


def tarball(path, *members):
    """A tar.gz of (name, bytes, and what else is said of it)."""
    with tarfile.open(path, "w:gz") as archive:
        for name, data, *rest in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            for key, value in (rest[0] if rest else {}).items():
                setattr(info, key, value)
            archive.addfile(info, io.BytesIO(data))
    return path


def git(folder, *words):
    ran = subprocess.run(["git", "-C", folder, *COMMIT, *words], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout.strip()


def write(folder, solved):
    for name, (mode, data) in cut.tree(ALL, 1, solved)[0].items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
        (folder / name).chmod(int(mode[-3:], 8))
    return folder


# ---- What is handed in is not trusted


@pytest.mark.parametrize("members, sentence", [
    ([("../out", b"x")], "names a place outside of itself"),
    ([("/tmp/out", b"x")], "names a place outside of itself"),
    ([("a/../../out", b"x")], "names a place outside of itself"),
    ([("link", b"", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"})], "'link' is no plain file"),
    ([("link", b"", {"type": tarfile.LNKTYPE, "linkname": "GNUmakefile"})], "'link' is no plain file"),
    ([("null", b"", {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3})], "'null' is no plain file"),
    ([("pipe", b"", {"type": tarfile.FIFOTYPE})], "'pipe' is no plain file"),
    ([("x/.git/config", b"x")], "a .git folder"),
    ([("a", b"x"), ("./a", b"y")], "a file twice"),
    ([("a", b"x"), ("a/b", b"y")], "a file twice"),
    ([("a", b"x")], "there is no GNUmakefile"),
    ([("zero", bytes(submissions.MOST_BYTES + 1))], "more than 64 MB"),
    ([(f"{n}", b"") for n in range(submissions.MOST_FILES + 1)], "more than 5000 files"),
    ([("n" * 300, b"")], "File name too long"),
    ([], "it is empty"),
])
def test_a_hostile_tarball_is_refused(tmp_path, members, sentence):
    (tmp_path / "in/side").mkdir(parents=True)
    path = tarball(tmp_path / "it.tar.gz", *members)
    with pytest.raises(submissions.Refused, match=re.escape(sentence)):
        submissions.unpack(path, tmp_path / "in/side")
    assert {p.name for p in tmp_path.iterdir()} == {"in", "it.tar.gz"} and [p.name for p in (tmp_path / "in").iterdir()] == ["side"]


def test_what_is_no_tarball_is_refused(tmp_path):
    whole = tarball(tmp_path / "whole.tar.gz", ("GNUmakefile", os.urandom(9000))).read_bytes()
    for data in (b"", b"no gzip", gzip.compress(b"no tar" * 500), whole[:len(whole) // 2], gzip.compress(bytes(700) + b"x" * 1000)):
        (tmp_path / "bad.tar.gz").write_bytes(data)
        (folder := tmp_path / f"in{len(data)}").mkdir()
        with pytest.raises(submissions.Refused, match="it is (no tar.gz|empty)"):
            submissions.unpack(tmp_path / "bad.tar.gz", folder)


def test_a_huge_header_is_not_read_into_memory(tmp_path):
    """A pax header that says it is 4 GB, and zeros that never end."""
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, 4 << 30
    with gzip.open(tmp_path / "bomb.tar.gz", "wb", compresslevel=1) as file:
        file.write(info.tobuf())
        for _ in range((submissions.MOST_BYTES >> 20) + 2):
            file.write(bytes(1 << 20))
    (tmp_path / "in").mkdir()
    with pytest.raises(submissions.Refused, match="more than 64 MB"):
        submissions.unpack(tmp_path / "bomb.tar.gz", tmp_path / "in")


def test_a_repository_is_taken_as_committed_and_none_of_its_programs_run(tmp_path):
    repository = tmp_path / "ada"
    repository.mkdir()
    git(repository, "init", "-q", "-b", "lab1")
    (repository / "GNUmakefile").write_text("committed\n")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "x")
    (repository / "GNUmakefile").write_text("not committed\n")
    for setting in ("core.fsmonitor", "core.pager", "uploadpack.packObjectsHook", "filter.x.smudge"):
        git(repository, "config", setting, f"touch {tmp_path}/ran")
    (hook := repository / ".git/hooks/post-checkout").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    (tmp_path / "in").mkdir()
    tree, said = submissions.open_submission(repository, 1, tmp_path / "in")
    assert (tree / "GNUmakefile").read_text() == "committed\n" and not (tmp_path / "ran").exists()
    assert submissions.committed(said).timestamp() == int(git(repository, "log", "-1", "--format=%ct"))


@pytest.mark.parametrize("said", [{}, {"committed": "soon"}, {"committed": 1e300}, {"committed": None}, {"committed": []}])
def test_a_submission_that_does_not_say_when_has_no_time(said):
    assert submissions.committed(said) is None


# ---- Lateness and the report


def test_lateness():
    due = datetime.datetime(2027, 2, 12, 23, 59, tzinfo=datetime.UTC)
    after = lambda **t: due + datetime.timedelta(**t)  # noqa: E731
    cases = [(None, 0, 90), (due, 0, 90), (after(seconds=1), 1, 80), (after(days=1), 1, 80), (after(days=1, hours=1), 2, 70),
             (after(days=5), 5, 40), (after(days=5, seconds=1), 6, 0)]
    for when, late, points in cases:
        assert grade_all.lateness(90, when, due, 10, 5) == (late, points)
    assert grade_all.lateness(90, after(days=300), None, 10, 5) == (0, 90)
    assert grade_all.lateness(20, after(days=3), due, 10, 5) == (3, 0)


def test_deadlines_are_data(tmp_path):
    points, days, due = grade_all.rules()
    assert points > 0 and days > 0 and set(due) <= {lab.number for lab in ALL}
    (tmp_path / "d.toml").write_text("[late]\npoints=5\ndays=2\n[due]\n1=2027-02-12T23:59:00+01:00\n2=2027-02-12T23:59:00\n")
    assert {lab: when.astimezone(datetime.UTC).hour for lab, when in grade_all.rules(tmp_path / "d.toml")[2].items()} == {1: 22, 2: 23}
    (tmp_path / "submitted.csv").write_text("name,time\nada,2027-02-12T22:00+01:00\n")
    assert grade_all.submitted_times(tmp_path)["ada"].astimezone(datetime.UTC).hour == 21
    (tmp_path / "submitted.csv").write_text("ada,2027-02-12\nbob,yesterday\n")
    with pytest.raises(labs.LabError, match="submitted.csv:2: not a name and a time"):
        grade_all.submitted_times(tmp_path)


def test_what_students_say_is_text_in_the_page():
    lab = labs.load(1)
    bad = "<script>alert(1)</script>"
    result = {"score": 3, "output": bad, "tests": [
        {"name": lab.checks[0].name, "score": 3, "max_score": 8, "status": "failed", "output": bad,
         "extra_data": {"kind": bad, "figures": [[m.what, 1.5] for c in lab.checks for m in c.measure]}}]}
    page = report.page([grade_all.Row(bad, result, None, 0, 3)], lab)
    assert "<script" not in page and "&lt;script&gt;" in page and page.count("<circle") == sum(len(c.measure) for c in lab.checks)


# ---- A class


@pytest.fixture
def far_host(tmp_path, monkeypatch):
    """A host named `far`: ssh is a shell, in a home of its own. SHELL is set, as sshd sets it: GNU parallel goes by it there."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "home").mkdir()
    ssh = tmp_path / "bin/ssh"
    ssh.write_text('#!/bin/sh\nwhile :; do case $1 in -l) shift 2;; -*) shift;; *) break;; esac; done\n'
                   f'echo "$1" >> {tmp_path}/hosts; shift; [ "$1" != -- ] || shift; cd {tmp_path}/home; SHELL=/bin/sh exec sh -c "$*"\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


def test_a_class_is_graded(far_host):
    """Ada has done all but one exercise, and edits the grader; Bob's does not build; Eve is hostile; Zoe hands in nothing."""
    folder, out = far_host / "class", far_host / "lab1"
    write(folder / "ada", {(1, name) for name in ALL[0].exercises if name != "runs"})
    (folder / "ada/grade/lab/judge.py").write_text("print('Score: 100/100')\n")
    git(folder / "ada", "init", "-q")
    git(folder / "ada", "add", ".")
    git(folder / "ada", "commit", "-qm", "Score: 100/100")
    bob = write(far_host / "bob", set())
    (bob / "kern/mem/frames.cc").write_text("this is no C++;\n")
    (bob / "handin.json").write_text('{"committed": "1800000000"}')
    with tarfile.open(folder / "lab1-bob.tar.gz", "w:gz") as archive:
        archive.add(bob, arcname="lab1-bob")
    tarball(folder / "lab1-eve.tar.gz", ("../eve", b"x"))
    (folder / "zoe").write_text("")
    (folder / "submitted.csv").write_text("ada,2027-01-01T12:00\n")
    ran = subprocess.run(["/usr/bin/python3", ROOT / "labs/class/grade_all.py", folder, "--lab", "1", "--jobs", "2", "--sshlogin", "far",
                          "--out", out], capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    rows = {row["name"]: row for row in csv.DictReader((out / "class.csv").read_text().splitlines())}
    mine = sum(c.points for c in labs.load(1).checks if "runs" not in {c.exercise, *c.needs})
    assert {name: row["score"] for name, row in rows.items()} == {"ada": str(mine), "bob": "0", "eve": "0", "zoe": "0"} and 0 < mine < 100
    assert 2 < float(rows["ada"]["cycles, paging on against off, 1024 pages"]) < 6
    assert rows["ada"]["submitted"].startswith("2027-01-01T12:00") and rows["ada"]["walk"] == "10" and rows["ada"]["remark"] == ""
    assert rows["bob"]["submitted"].startswith("2027-01-15") and "outside of itself" in rows["eve"]["remark"]
    assert "no tar.gz" in rows["zoe"]["remark"]
    page = (out / "class.html").read_text()
    assert "the kernel does not build" in page and "http" not in page
    assert set((far_host / "hosts").read_text().split()) == {"far"}, "it ran elsewhere"
    left = [p.name for p in (far_host / "home").rglob("*") if p.is_file() and ".parallel" not in p.parts]
    assert left == [], "the host is left as it was found"


def test_nothing_to_grade_is_said(tmp_path):
    def grade(folder):
        ran = subprocess.run(["/usr/bin/python3", ROOT / "labs/class/grade_all.py", folder, "--lab", "1", "--out", tmp_path / "o"],
                             capture_output=True, text=True, timeout=60)
        assert ran.returncode == 1 and "Traceback" not in ran.stderr
        return ran.stderr.strip()
    assert grade(tmp_path / "none") == f"grade-all: there is no folder {tmp_path}/none"
    (tmp_path / "some").mkdir()
    assert grade(tmp_path / "some") == f"grade-all: there is no submission in {tmp_path}/some"
    (tmp_path / "some/ada.git").mkdir()
    (tmp_path / "some/lab1-ada.tar.gz").write_text("")
    assert "are both of ada" in grade(tmp_path / "some")


# ---- Gradescope


def test_gradescope_s_autograder_runs_as_it_would_be_run(tmp_path):
    """Its zip is laid out as Gradescope lays it out; the submission is what `make handin` would make, in a folder of its own."""
    gradescope.write(1, tmp_path / "lab1.zip")
    with zipfile.ZipFile(tmp_path / "lab1.zip") as archive:
        modes = {info.filename: info.external_attr >> 16 & 0o777 for info in archive.infolist()}
        archive.extractall(tmp_path / "source")
    assert modes["setup.sh"] == modes["run_autograder"] == 0o755 and {"one.py", "submissions.py", "kit.tar.gz"} <= set(modes)
    (tmp_path / "submission").mkdir()
    (tmp_path / "results").mkdir()
    tarball(tmp_path / "submission/lab1-eve.tar.gz", ("../eve", b"x"))
    ran = subprocess.run(["sh", tmp_path / "source/run_autograder"], env={**os.environ, "AUTOGRADER": str(tmp_path)},
                         capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    results = json.loads((tmp_path / "results/results.json").read_text())
    assert results["score"] == 0 and "outside of itself" in results["output"]
    for group in re.findall(r"need-\w+", gradescope.SETUP):
        assert f"PACKAGES_{group[5:]} " in (ROOT / "GNUmakefile").read_text()


def test_a_grader_that_does_not_end_is_ended(tmp_path):
    kit = tmp_path / "kit"
    (kit / "grade/lab").mkdir(parents=True)
    (kit / "grade/lab/lab1.toml").write_text("")
    (kit / "grade/lab/grader.py").write_text("import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nsignal.pause()\n")
    (tmp_path / "it").mkdir()
    (tmp_path / "it/GNUmakefile").write_text("")
    one.GRACE = 0
    assert one.run(kit, tmp_path / "it", 0)["output"] == "grading did not end within 0 s"
    (kit / "grade/lab/grader.py").write_text("raise SystemExit('no pytest here')\n")
    assert one.run(kit, tmp_path / "it", 60)["output"] == "the grader failed: no pytest here"


# ---- What students get besides


@pytest.fixture(scope="module")
def hand_out(tmp_path_factory):
    """A clone of the course's repository with lab 1 in it."""
    folder = tmp_path_factory.mktemp("student")
    kit = cut.Kit(folder / "kit.git")
    kit.advance("lab1", cut.tree(ALL, 1, set())[0], "lab1: Hand out")
    git(folder, "clone", "-q", folder / "kit.git", "tree")
    return folder / "tree"


def make(folder, *words):
    return subprocess.run(["make", "--no-print-directory", *words], cwd=folder, capture_output=True, text=True, timeout=120,
                          env={**os.environ, "NO_INSTALL": "1", "MAKEFLAGS": "", "GIT_CONFIG_GLOBAL": os.devnull})


def commands(text):
    """The targets of make that a text calls."""
    return {word for call in re.findall(r"\bmake ((?:[\w-]+(?:=\S+)? ?)+)", text) for word in call.split() if "=" not in word}


def test_workflow_and_devcontainer_call_what_exists(hand_out):
    workflow = yaml.safe_load((hand_out / ".github/workflows/grade.yml").read_text())
    job = workflow["jobs"]["grade"]
    assert job["container"] == "debian:12" and all(("uses" in step) != ("run" in step) for step in job["steps"])
    runs = "\n".join(step["run"] for step in job["steps"] if "run" in step)
    container = json.loads((hand_out / ".devcontainer/devcontainer.json").read_text())
    assert container["image"] == "debian:12"
    called = commands(runs) | commands(container["postCreateCommand"])
    assert {"grade", "doctor", "need-build"} <= called
    for target in called:
        ran = make(hand_out, "-n", target)
        assert ran.returncode == 0, target + ran.stderr


def test_help_lists_what_a_lab_s_tree_has(hand_out):
    listed = {line.split()[0] for line in make(hand_out, "help").stdout.splitlines()}
    assert {"qemu", "qemu-nox", "qemu-gdb", "gdb", "grade", "handin", "check", "clean", "help", "doctor"} <= listed
    assert not {"labs", "figure5", "table1", "grade-all", "gradescope", "fuzz", "attacks", "run-NAME"} & listed
    for target in listed - {"clean"}:
        ran = make(hand_out, "-n", target.replace("NAME", "hello"))
        assert ran.returncode == 0, target + ran.stderr


@pytest.mark.parametrize("name, words", [
    ("webfiles", "run=names,ide,fat,webfiles"), ("fat", "run=names,ide,fat"), ("hello", "run=hello"),
    ("good", "run=echo.elf,miser.elf,good.elf")])
def test_run_a_program_by_its_name(name, words):
    ran = make(ROOT, "-n", f"run-{name}")
    assert ran.returncode == 0 and "warning" not in ran.stderr, ran.stderr
    assert words in re.search(r'-append "([^"]*)"', ran.stdout)[1].split()
    assert "No rule" in make(ROOT, "-n", "run-nobody").stderr


def test_doctor_needs_make_and_a_shell(hand_out, tmp_path):
    """With nothing else on PATH than a shell's everyday tools, and packages that are not there."""
    for tool in ("sh", "bash", "make", "sed", "uname", "head"):
        (tmp_path / tool).symlink_to(pathlib.Path("/bin" if tool != "make" else "/usr/bin") / tool)
    ran = subprocess.run(["/usr/bin/make", "doctor", "PACKAGES_qemu=qemu-system-x86=/no/where", "QEMU=no-such-qemu"], cwd=hand_out,
                         env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0 and ran.stderr == "", ran.stderr
    assert re.search(r"no-such-qemu +missing", ran.stdout) and re.search(r"qemu +qemu-system-x86\n", ran.stdout)
    assert re.search(r"apt-get install .*qemu-system-x86", ran.stdout)


def test_hand_in(hand_out, tmp_path):
    source = hand_out / "kern/mem/frames.cc"
    old = source.read_text()
    source.write_text(old + "// mine\n")
    ran = make(hand_out, "handin")
    assert ran.returncode != 0 and "handin: not committed: kern/mem/frames.cc; commit, or hand in without" in ran.stderr
    git(hand_out, "commit", "-qam", "lab 1: Mine")
    (hand_out / "notes").write_text("x")
    assert "handin: not committed: notes;" in make(hand_out, "handin").stderr
    ran = make(hand_out, "handin", "ANYWAY=1")
    assert ran.returncode == 0 and "1 file changed, 1 insertion(+)" in ran.stdout and "not in it, for it is not committed: notes" in ran.stdout
    (hand_out / "notes").unlink()
    packed = hand_out / "build/handin/lab1-ada-l.tar.gz"
    tree = submissions.unpack(packed, tmp_path)
    said = submissions.about(tree)
    assert tree.name == "lab1-ada-l" and said["lab"] == 1 and said["email"] == "ada@example.org"
    assert (tree / "handin.diff").read_text().count("\n+// mine\n") == 1 and not (tree / "notes").exists()
    assert (tree / "kern/mem/frames.cc").read_text() == old + "// mine\n"
    assert submissions.committed(said).timestamp() == int(git(hand_out, "log", "-1", "--format=%ct"))
    assert make(hand_out, "handin", "NAME=../../Eve X").returncode == 0
    assert (hand_out / "build/handin/lab1-eve-x.tar.gz").exists()


def test_hand_in_of_what_is_no_clone_is_refused(tmp_path):
    tree = write(tmp_path / "tree", set())
    assert "handin: this tree is no git repository" in make(tree, "handin").stderr
    git(tree, "init", "-q")
    git(tree, "add", ".")
    git(tree, "commit", "-qm", "x")
    assert "handin: the history holds no hand-out of lab 1" in make(tree, "handin").stderr
