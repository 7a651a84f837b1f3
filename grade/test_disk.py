"""The disk image: the same each time, sound, and holding what WebFiles is told to find."""
import subprocess
import sys

import pytest
from qemu import ROOT

sys.path.insert(0, str(ROOT / "user/disk"))

import fat32  # noqa: E402  (found through the line above)
import fileset  # noqa: E402

DISK = ROOT / "build/disk.img"


# DISK_PROGRAMS in user/Makefrag.
PROGRAMS = [ROOT / f"build/user/{name}.sbc" for name in (
    "hello", "webfiles", "spinner", "hostile", "wc", "sort", "grep", "head", "forth", "peer", "bench", "edit")]
PROGRAMS += sorted((ROOT / "user/forth").glob("*.f"))


@pytest.fixture(scope="module")
def image():
    assert DISK.exists(), "there is no disk image: run `make disk` first"
    return fat32.Image(DISK)


def test_two_builds_are_equal(tmp_path):
    again = tmp_path / "again.img"
    subprocess.run([ROOT / "user/disk/make_disk.py", again, *PROGRAMS], check=True, timeout=120)
    assert subprocess.run(["cmp", DISK, again]).returncode == 0


def make(*words):
    """What make says that does no more than these words ask for: all else that was built stays as it is."""
    return subprocess.run(["make", "-s", "-o", DISK.relative_to(ROOT), *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120).stdout


def test_a_disk_of_ones_own_keeps_what_is_written(tmp_path):
    """It is made once, whatever becomes of the programs; that of the tree is never written."""
    mine = tmp_path / "mine.img"
    make(mine, f"DISK={mine}")
    assert subprocess.run(["cmp", DISK, mine]).returncode == 0
    subprocess.run(["mmd", "-i", mine, "::/mine"], check=True)
    kept = mine.read_bytes()
    DISK.touch()
    make(mine, f"DISK={mine}")
    assert mine.read_bytes() == kept
    assert f"file={mine},format=raw,if=ide,snapshot=off" in make("-n", "qemu-nox", f"DISK={mine}")
    assert "file=build/disk.img,format=raw,if=ide,snapshot=on" in make("-n", "qemu-nox")


def test_what_is_to_run_is_a_module():
    module = 'user/walk.sbc" -append'  # the last one
    assert module in make("-n", "qemu-nox", "RUN=names,ide,fat,walk") and module not in make("-n", "qemu-nox")


def test_file_system_is_sound():
    check = subprocess.run(["/usr/sbin/fsck.fat", "-n", DISK], capture_output=True, text=True)
    assert check.returncode == 0, check.stdout


def test_it_is_fat32(image):
    clusters = (len(image.data) - image.first_data) // image.cluster_bytes
    assert clusters >= 65525


def test_files_have_their_content(image):
    for name, size in fileset.files():
        assert image.read(name) == fileset.content(name, size), name


def test_file_set_is_specweb99s():
    sizes = [fileset.size(c, f) for c in range(4) for f in range(9)]
    assert sizes[0] == 102 and sizes[8] == 921  # 0.1 .. 0.9 KB
    assert sizes[9] == 1024 and sizes[-1] == 900 * 1024
    assert 45e6 < sum(size for _, size in fileset.files()) < 55e6


def test_reads_follow_the_mix():
    reads = [name for name, _ in fileset.replay(20000, 1)]
    share = [sum(f"class{c}_" in name for name in reads) / len(reads) for c in range(4)]
    for got, wanted in zip(share, fileset.CLASS_MIX):
        assert abs(got - wanted / 100) < 0.01
    first = sum("dir00000" in name for name in reads)
    second = sum("dir00001" in name for name in reads)
    assert 1.8 < first / second < 2.2  # Zipf: the first is read twice as often as the second


def test_summary_is_that_of_the_image(image):
    assert fileset.summary(300, 1) == fileset.summary(300, 1, read=lambda name, size: image.read(name))
