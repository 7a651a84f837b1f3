"""Packs a lab for handing it in: `make handin` makes build/handin/labN-NAME.tar.gz.

It holds the tree as committed, handin.diff with what has changed since the hand-out, and handin.json, which says who, what and when.
What is not committed is not handed in: so that is refused, or with ANYWAY=1 said. The hand-out is the youngest commit of the course
in the history, which carries the lab's points.
"""
import argparse
import io
import json
import pathlib
import re
import subprocess
import sys
import tarfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))

import lab as labs  # noqa: E402

COURSE = "kit@singlet.invalid"  # the author of hand-outs (labs/cut.py)


class HandinError(Exception):
    """Why there is nothing to hand in, as a sentence."""


def git(*words, text=True):
    ran = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=False)
    if ran.returncode:
        said = ran.stderr.decode(errors="replace").strip().splitlines()
        raise HandinError(f"git {words[0]} fails: {said[-1] if said else 'without a word'}")
    return ran.stdout.decode(errors="replace").rstrip() if text else ran.stdout


def uncommitted():
    """The names of files that are changed, or new and not ignored."""
    return [line[3:] for line in git("status", "--porcelain=v1", "--untracked-files=all").splitlines()]


def hand_out(lab):
    """The commit that the student began from."""
    for commit in git("log", "--format=%H", f"--author=<{COURSE}>", "HEAD").splitlines():
        if git("ls-tree", commit, f"grade/lab/lab{lab}.toml"):
            return commit
    raise HandinError(f"the history holds no hand-out of lab {lab}: work on a clone of the course's repository")


def member(archive, name, data, when):
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = len(data), when, 0o644
    archive.addfile(info, io.BytesIO(data))


def pack(lab, name, anyway):
    """(path of the tarball, how much has changed). Raises HandinError."""
    if not (ROOT / ".git").exists():
        raise HandinError("this tree is no git repository")
    changed = uncommitted()
    if changed and not anyway:
        shown = ", ".join(changed[:4]) + (f" and {len(changed) - 4} more" if len(changed) > 4 else "")
        raise HandinError(f"not committed: {shown}; commit, or hand in without that by ANYWAY=1")
    base = hand_out(lab)
    name = name or git("log", "-1", "--format=%an")
    name = re.sub(r"[^\w.-]+", "-", name.strip().lower(), flags=re.ASCII).strip("-.") or "nobody"
    said = {"lab": lab, "name": name, "email": git("log", "-1", "--format=%ae"), "commit": git("rev-parse", "HEAD"),
            "committed": git("log", "-1", "--format=%ct"), "handout": base, "not_committed": changed}
    stem = f"lab{lab}-{name}"
    path = ROOT / f"build/handin/{stem}.tar.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    tree, difference = git("archive", "--format=tar", "HEAD", text=False), git("diff", "--no-color", "--no-ext-diff", base, "HEAD", text=False)
    with tarfile.open(path, "w:gz") as archive, tarfile.open(fileobj=io.BytesIO(tree)) as files:
        for info in files:
            data = files.extractfile(info)
            info.name, info.pax_headers = f"{stem}/{info.name}", {}
            archive.addfile(info, data)
        member(archive, f"{stem}/handin.diff", difference, int(said["committed"]))
        member(archive, f"{stem}/handin.json", (json.dumps(said, indent=2) + "\n").encode(), int(said["committed"]))
    return path, git("diff", "--shortstat", base, "HEAD") or "nothing has changed", changed


def main():
    parser = argparse.ArgumentParser(description="Pack a lab for handing it in.")
    parser.add_argument("--lab", type=int, default=labs.available()[-1])
    parser.add_argument("--name", default="", help="yours; git's user.name if it is not said")
    parser.add_argument("--anyway", action="store_true", help="also if not everything is committed")
    options = parser.parse_args()
    try:
        path, change, left = pack(labs.load(options.lab).number, options.name, options.anyway)
    except (HandinError, labs.LabError) as error:
        sys.exit(f"handin: {error}")
    print(f"  since the hand-out: {change}")
    if left:
        print(f"  not in it, for it is not committed: {', '.join(left)}")
    print(f"  {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
