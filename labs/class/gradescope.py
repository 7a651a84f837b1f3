"""A Gradescope autograder of one lab: `make gradescope LAB=n` makes build/gradescope/labN.zip.

Gradescope unpacks the zip to /autograder/source, runs setup.sh once when the image is made, and run_autograder for each
submission, which lies in /autograder/submission; it reads /autograder/results/results.json. Lateness is Gradescope's matter.
"""
import argparse
import pathlib
import sys
import zipfile

import grade_all

HERE = pathlib.Path(__file__).resolve().parent

SETUP = """#!/bin/sh
# Once, when the image is made. Choose the newest base image: the kernel needs Clang 19 (Debian 12, Ubuntu 24.04).
set -e
apt-get -q update
apt-get -q install -y make tar gzip
mkdir -p /autograder/source/kit
tar -xzf /autograder/source/kit.tar.gz -C /autograder/source/kit
make -C /autograder/source/kit need-build need-qemu need-check
"""
RUN = """#!/bin/sh
# For each submission. The result is written whatever happens.
home=${AUTOGRADER:-/autograder}
exec /usr/bin/python3 "$home/source/one.py" "$home/source/kit.tar.gz" "$home/submission" "$home/results/results.json"
"""


def write(lab, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    kit = path.with_suffix(".kit.tar.gz")
    grade_all.write_kit(lab, kit)
    files = {"setup.sh": SETUP.encode(), "run_autograder": RUN.encode(), "kit.tar.gz": kit.read_bytes(),
             "one.py": (HERE / "one.py").read_bytes(), "submissions.py": (HERE / "submissions.py").read_bytes()}
    kit.unlink()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            info.external_attr = (0o100755 if name in ("setup.sh", "run_autograder") else 0o100644) << 16
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)


def main():
    parser = argparse.ArgumentParser(description="Make a Gradescope autograder.")
    parser.add_argument("--lab", type=int, required=True)
    parser.add_argument("out", type=pathlib.Path)
    options = parser.parse_args()
    try:
        write(grade_all.labs.load(options.lab).number, options.out)
    except (grade_all.labs.LabError, grade_all.cut.CutError) as error:
        sys.exit(f"gradescope: {error}")
    print(f"  {options.out}")


if __name__ == "__main__":
    main()
