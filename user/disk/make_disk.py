#!/usr/bin/python3
"""Make the disk image: make_disk.py build/disk.img [FILE...], the files in its root

A FAT32 volume without a partition table. FAT32 is what a volume of 65,525 clusters and more is
[FAT 3.5], so 72 MB want clusters of 1 KB: with 512 bytes the table would double, with 4 KB the image
would have to be 260 MB. Everything that could differ from one build to the next is fixed - volume
number, times, the order of the files - so two builds are equal byte by byte.
"""
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import fileset

IMAGE_KB = 72 * 1024
SECTORS_PER_CLUSTER = 2
EPOCH = "946684800"  # 2000-01-01: what every file's time says


def run(*command, **options):
    environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH, "TZ": "UTC", "MTOOLS_SKIP_CHECK": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"make_disk: {command[0]}: {done.stderr.strip()}")


def tree() -> dict[str, dict[str, bytes]]:
    """Directory -> name -> content, in the order of the disk."""
    result: dict[str, dict[str, bytes]] = {"": {}}
    everything = [(name, fileset.content(name, size)) for name, size in fileset.files()]
    for name, data in everything + list(fileset.EXTRAS.items()):
        directory, _, leaf = name.rpartition("/")
        parts = directory.split("/")
        for depth in range(1, len(parts) + 1):
            result.setdefault("/".join(parts[:depth]), {})
        result[directory][leaf] = data
    return result


def make(image: Path, programs: list[Path]):
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "disk.img"
        run("/usr/sbin/mkfs.fat", "-C", "-F", "32", "-s", str(SECTORS_PER_CLUSTER), "-n", "SINGLET",
            "--invariant", str(fresh), str(IMAGE_KB))
        source = Path(scratch) / "files"
        for directory, members in tree().items():
            if directory:
                run("mmd", "-i", str(fresh), "::" + directory)
            here = source / directory.lstrip("/")
            here.mkdir(parents=True, exist_ok=True)
            for name, data in members.items():
                (here / name).write_bytes(data)
            if members:  # named one by one: the order in which a directory lists them is not ours
                run("mcopy", "-Q", "-i", str(fresh), *(str(here / n) for n in members), f"::{directory}/")
        if programs:  # behind all others, so that they move nothing
            copies = [shutil.copy(program, scratch) for program in programs]
            run("mcopy", "-Q", "-i", str(fresh), *copies, "::/")
        image.parent.mkdir(parents=True, exist_ok=True)
        partial = image.with_suffix(".partial")
        run("cp", "--sparse=always", str(fresh), str(partial))
        partial.replace(image)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: make_disk.py IMAGE [FILE...]")
    make(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
