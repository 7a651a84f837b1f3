"""Grades a class: `make grade-all SUBMISSIONS=folder`, LAB=, JOBS=, SSHLOGIN=host,host.

The folder holds a tar.gz of `make handin` or a git repository for each student. GNU parallel runs labs/class/one.py for each
of them, here or on other hosts (which need the kit's Debian packages, `make doctor` names them). What comes out, in
build/class/labN/: a result for each in out/, class.csv, and class.html, a page that needs nothing beside it.

When something was handed in: as submitted.csv (name,time) in that folder says, from whatever collected the submissions; or else
the date of the commit, which is the student's own word. What lateness costs is in labs/deadlines.toml.
"""
import argparse
import csv
import dataclasses
import datetime
import io
import json
import math
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent), str(ROOT / "grade/lab")]

import cut  # noqa: E402
import lab as labs  # noqa: E402
import report  # noqa: E402
import submissions  # noqa: E402


@dataclasses.dataclass
class Row:
    """One student's lab."""

    name: str
    result: dict
    submitted: datetime.datetime | None
    days_late: int
    points: float  # with lateness

    @property
    def score(self):
        return self.result["score"]

    @property
    def refused(self):
        return (self.result.get("extra_data") or {}).get("refused", "")

    def checks(self):
        """{check's name: the points it gave}"""
        return {test["name"]: test["score"] for test in self.result["tests"]}

    def figures(self):
        """{what was measured: value}"""
        found = {}
        for test in self.result["tests"]:
            for figure in test["extra_data"].get("figures", []):
                found[figure[0]] = figure[1]
        return found


# ---- Lateness


def rules(path=HERE.parent / "deadlines.toml"):
    """(points a day, most days, {lab: time})"""
    data = tomllib.loads(path.read_text())
    due = {int(lab): when if when.tzinfo else when.replace(tzinfo=datetime.UTC) for lab, when in data.get("due", {}).items()}
    return data["late"]["points"], data["late"]["days"], due


def lateness(score, submitted, due, points, days):
    """(days late, what remains of the score)."""
    if due is None or submitted is None or submitted <= due:
        return 0, score
    late = math.ceil((submitted - due) / datetime.timedelta(days=1))
    return late, 0 if late > days else max(0, score - points * late)


def submitted_times(folder):
    """{name: time} of submitted.csv, if there is one."""
    path, times = folder / "submitted.csv", {}
    if not path.exists():
        return times
    for at, line in enumerate(csv.reader(path.read_text().splitlines()), 1):
        try:
            name, when = (word.strip() for word in line)
            time = datetime.datetime.fromisoformat(when)
            times[name] = time if time.tzinfo else time.replace(tzinfo=datetime.UTC)
        except ValueError:
            if at > 1:  # the first line may be a heading
                raise labs.LabError(f"{path}:{at}: not a name and a time like 2027-02-12T23:59") from None
    return times


# ---- Grading


def write_kit(lab, path):
    """The hand-out of a lab as a tar.gz: the same bytes each time."""
    files, _ = cut.tree(cut.load_all(), lab, set())
    with tarfile.open(path, "w:gz", compresslevel=6) as archive:
        for name, (mode, data) in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime = len(data), int(mode[-3:], 8), cut.FIRST_DATE
            archive.addfile(info, io.BytesIO(data))


def pack(found, lab, place):
    """Packs what is not a tar.gz file as one, so that it can be sent; returns [name], and {name: sentence} for what cannot be."""
    ready, refused = [], {}
    for name, path in found.items():
        target = place / f"{name}.tar.gz"
        try:
            with tempfile.TemporaryDirectory(prefix="singlet-pack-") as folder:
                tree, said = submissions.open_submission(path, lab, pathlib.Path(folder))
                (tree / submissions.HANDIN).write_text(json.dumps(said))
                with tarfile.open(target, "w:gz", compresslevel=1) as archive:
                    archive.add(tree, arcname=".")
            ready.append(name)
        except submissions.Refused as sentence:
            refused[name] = str(sentence)
    return ready, refused


def parallel(names, place, jobs, hosts, seconds):
    """Runs one.py for each name. Each host gets the kit and the two programs once, and a submission at a time."""
    words = ["parallel", "--will-cite", "--jobs", str(jobs), *(["--bar"] if sys.stderr.isatty() else [])]
    if hosts:
        words += ["--sshlogin", hosts, "--workdir", f"singlet-class-{place.name}", "--cleanup", "--basefile", "kit.tar.gz", "--basefile", "one.py",
                  "--basefile", "submissions.py", "--transferfile", "in/{}.tar.gz", "--return", "out/{}.json"]
    words += [f"/usr/bin/python3 -B one.py kit.tar.gz in/{{}}.tar.gz out/{{}}.json --seconds {seconds} >/dev/null", ":::", *names]
    subprocess.run(words, cwd=place, check=False, stdin=subprocess.DEVNULL)


def result_of(path):
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        sentence = "not graded: the host that graded it gave no result"
        return {"score": 0, "output": sentence, "tests": [], "extra_data": {"refused": sentence}}


def grade(folder, lab, jobs, hosts, seconds, out):
    """Grades each submission in `folder`; returns [Row] by name."""
    found, times = submissions.find(folder), submitted_times(folder)
    strange = [name for name in found if not re.fullmatch(r"[\w.@+-]+", name) or name.startswith("-")]
    if strange:
        raise labs.LabError(f"{strange[0]!r} is no name for a submission: letters, digits and . _ - + @")
    if not found:
        raise labs.LabError(f"there is no submission in {folder}")
    for part in ("in", "out"):
        (out / part).mkdir(parents=True, exist_ok=True)
        for old in (out / part).iterdir():
            old.unlink()
    write_kit(lab, out / "kit.tar.gz")
    for program in ("one.py", "submissions.py"):
        (out / program).write_bytes((HERE / program).read_bytes())
    ready, refused = pack(found, lab, out / "in")
    if ready:
        parallel(ready, out, jobs, hosts, seconds)
    points, days, due = rules()
    rows = []
    for name in sorted(found):
        result = {"score": 0, "output": refused.get(name), "tests": [], "extra_data": {"refused": refused.get(name)}} \
            if name in refused else result_of(out / f"out/{name}.json")
        when = times.get(name) or submissions.committed(result.get("extra_data") or {})
        rows.append(Row(name, result, when, *lateness(result["score"], when, due.get(lab), points, days)))
    return rows


def write_csv(rows, lab, path):
    """One line a student: what spreadsheets and registries take."""
    checks = [check.name for check in lab.checks]
    figures = [m.what for check in lab.checks for m in check.measure]
    with open(path, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["name", "points", "score", "of", "days late", "submitted", "remark", *checks, *figures])
        for row in rows:
            when = row.submitted.isoformat() if row.submitted else ""
            mine, measured = row.checks(), row.figures()
            table.writerow([row.name, f"{row.points:g}", f"{row.score:g}", lab.points, row.days_late, when, row.refused,
                            *(mine.get(c, 0) for c in checks), *(f"{measured[f]:.3f}" if f in measured else "" for f in figures)])


def main():
    parser = argparse.ArgumentParser(description="Grade a class.")
    parser.add_argument("submissions", type=pathlib.Path, help="a folder of tarballs and repositories")
    parser.add_argument("--lab", type=int, required=True)
    parser.add_argument("--jobs", default="50%", help="how many at once on each host, as GNU parallel takes it")
    parser.add_argument("--sshlogin", default="", help="hosts, with commas")
    parser.add_argument("--seconds", type=int, default=900, help="the most that one may take")
    parser.add_argument("--out", type=pathlib.Path)
    options = parser.parse_args()
    out = options.out or ROOT / f"build/class/lab{options.lab}"
    try:
        if not options.submissions.is_dir():
            raise labs.LabError(f"there is no folder {options.submissions}")
        lab = labs.load(options.lab)
        rows = grade(options.submissions, lab.number, options.jobs, options.sshlogin, options.seconds, out)
    except (labs.LabError, cut.CutError, submissions.Refused) as error:
        sys.exit(f"grade-all: {error}")
    write_csv(rows, lab, out / "class.csv")
    (out / "class.html").write_text(report.page(rows, lab))
    for row in rows:
        late = f"  {row.days_late} days late" if row.days_late else ""
        print(f"  {row.name:<24} {row.points:>5g}/{lab.points}{late}{'  ' + row.refused if row.refused else ''}")
    print(f"  {out}/class.html and class.csv")


if __name__ == "__main__":
    main()
