"""Grades one submission by a lab's hand-out: `one.py kit.tar.gz submission result.json`.

The kit is the hand-out as it was given; the submission a tar.gz, a repository, or a folder that holds one of them or the tree
itself. Everything happens in a folder of its own that is gone afterwards. The result is always written, in Gradescope's form,
with a sentence where there was nothing to grade. It needs this file and submissions.py, so it can be sent to other machines.

A student's kernel is compiled here and runs in QEMU only. A compiler can be made slow or hungry: so there are limits on time,
memory and files.
"""
import argparse
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile

import submissions
from submissions import Refused

MEMORY, FILE = 8 << 30, 1 << 30  # bytes of address space and of a single file
GRACE = 20  # seconds for the grader to end its machines when it is asked to


def limits():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE, FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def nothing(sentence, points=0):
    """A result without a grade."""
    return {"score": 0, "output": sentence, "tests": [], "visibility": "visible", "stdout_visibility": "visible",
            "extra_data": {"refused": sentence, "points": points}}


def lab_of(kit):
    return max(int(path.stem[3:]) for path in (kit / "grade/lab").glob("lab[0-9].toml"))


def take(path, lab, folder):
    """The submission's tree, and what is known of it. A folder may hold just a tarball (Gradescope's uploads do)."""
    if path.is_dir() and not submissions.is_repository(path):
        tarballs = sorted([*path.glob("*.tar.gz"), *path.glob("*.tgz")])
        if len(tarballs) == 1:
            path = tarballs[0]
        else:
            tree = submissions.tree_of(path)
            return tree, submissions.about(tree)
    return submissions.open_submission(path, lab, folder)


def grade(kit, tree, lab, seconds):
    """What the kit's grader says of a tree."""
    out = kit / "build/grade/class.json"
    environment = {**os.environ, "NO_INSTALL": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"):
        environment.pop(name, None)
    with subprocess.Popen([sys.executable, kit / "grade/lab/grader.py", "--lab", str(lab), "--submission", tree, "--out", out],
                          cwd=kit, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          start_new_session=True, preexec_fn=limits) as ran:
        try:
            printed, _ = ran.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            for end in (signal.SIGINT, signal.SIGKILL):
                try:
                    os.killpg(ran.pid, end)
                    ran.wait(timeout=GRACE)
                except (ProcessLookupError, subprocess.TimeoutExpired):
                    continue
            return nothing(f"grading did not end within {seconds} s")
    if not out.exists():
        last = (printed.decode(errors="replace").strip().splitlines() or ["it says nothing"])[-1]
        return nothing(f"the grader failed: {last}")
    return json.loads(out.read_text())


def run(kit_tarball, path, seconds):
    with tempfile.TemporaryDirectory(prefix="singlet-one-") as name:
        folder = pathlib.Path(name)
        kit = folder / "kit"
        if kit_tarball.is_dir():
            shutil.copytree(kit_tarball, kit)
        else:
            with tarfile.open(kit_tarball) as archive:
                archive.extractall(kit)
        lab = lab_of(kit)
        (folder / "handed-in").mkdir()
        try:
            tree, said = take(path, lab, folder / "handed-in")
        except Refused as refused:
            return nothing(f"not graded: {refused}")
        result = grade(kit, tree, lab, seconds)
        result.setdefault("extra_data", {})["committed"] = said.get("committed")
        return result


def main():
    parser = argparse.ArgumentParser(description="Grade one submission by a hand-out.")
    parser.add_argument("kit", type=pathlib.Path, help="the hand-out: a tar.gz or a folder")
    parser.add_argument("submission", type=pathlib.Path)
    parser.add_argument("result", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=900)
    options = parser.parse_args()
    result = run(options.kit, options.submission, options.seconds)
    options.result.parent.mkdir(parents=True, exist_ok=True)
    options.result.write_text(json.dumps(result, indent=2) + "\n")
    print(result["output"])


if __name__ == "__main__":
    main()
