"""The disk driver, the file server and their clients, on good and on damaged disks."""
import functools
import re
import subprocess
import sys

import pytest
from qemu import ROOT, End
from test_disk import PROGRAMS

sys.path.insert(0, str(ROOT / "user/disk"))

import damage  # noqa: E402  (found through the line above)
import fat32  # noqa: E402
import fileset  # noqa: E402

DISK = ROOT / "build/disk.img"
MODES = ("nochecks", "physical", "paging", "domain", "ring3", "microkernel")
SERVICES = ("names", "ide", "fat")


@pytest.fixture
def bad_disk(tmp_path):
    """bad_disk(image): its file, which is gone after the test, since an image has 72 MB."""
    file = tmp_path / "bad.img"
    yield lambda image: image.save(file)
    file.unlink(missing_ok=True)


def start(boot, program, disk, append="", **options):
    """Boots with the services and one program; the machine ends when that does."""
    sips = [*SERVICES, program]
    modules = [ROOT / f"build/user/{sip}.sbc" for sip in sips]
    return boot(f"run={','.join(sips)} {append}".strip(), modules=modules, disk=disk, **options)


# ---- Every file


@functools.cache
def whole_disk():
    """The lines that `walk` prints for the undamaged disk, by path."""
    contents = {name: fileset.content(name, size) for name, size in fileset.files()} | fileset.EXTRAS
    contents |= {f"/{program.name}": program.read_bytes() for program in PROGRAMS}
    lines = {}
    for name, data in contents.items():
        first, second = fileset.sums(data)
        lines[name] = f"{len(data)} {first ^ second:08x}"
    return lines


def walked(console):
    return dict(re.findall(r"^walk: (/.*): (.*)$", console, re.M))


def test_every_file_is_read_right(boot):
    result = start(boot, "walk", DISK, limit=120).expect_ok("walk: done")
    assert walked(result.console) == whole_disk()


# ---- WebFiles


@pytest.mark.parametrize("mode", MODES)
def test_webfiles_reads_what_the_disk_holds(boot, mode):
    start(boot, "webfiles", DISK, f"protect={mode} reads=150").expect_ok(fileset.summary(150, 1))


@pytest.mark.parametrize("seed", [2, 0x7FFFFFFF])
def test_seed_chooses_other_files(boot, seed):
    start(boot, "webfiles", DISK, f"reads=40 seed={seed}").expect_ok(fileset.summary(40, seed))


def test_order_of_the_start_does_not_matter(boot):
    sips = ["names", "fat", "ide", "webfiles"]
    modules = [ROOT / f"build/user/{sip}.sbc" for sip in sips]
    boot(f"run={','.join(sips)} reads=10", modules=modules, disk=DISK).expect_ok(fileset.summary(10, 1))


# ---- The parts by themselves


def test_parts_of_the_file_server_under_the_interpreter():
    command = [ROOT / "build/host/bin/sipv", "run", ROOT / "build/user/fat_test.sbc"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert re.search(r"fat_test: \d+ checks, 0 failures", done.stdout), done.stdout + done.stderr


def test_parts_of_the_file_server(boot):
    boot("run=fat_test", modules=[ROOT / "build/user/fat_test.sbc"]).expect_ok(", 0 failures")


@pytest.mark.parametrize("mode", ("physical", "ring3", "microkernel"))
def test_disk_driver_answers_every_request(boot, mode):
    sips = ["names", "ide", "disk_test"]
    modules = [ROOT / f"build/user/{sip}.sbc" for sip in sips]
    boot(f"run={','.join(sips)} protect={mode}", modules=modules, disk=DISK).expect_ok("disk_test: 51 checks, 0 failures")


# ---- Damaged disks


@pytest.mark.parametrize("spoil", damage.FILES)
def test_damage_stays_with_its_file(boot, bad_disk, spoil):
    image = fat32.Image(DISK)
    told = spoil(image)
    result = start(boot, "walk", bad_disk(image), limit=120).expect_ok("walk: done")
    lines = walked(result.console)
    for name, sentence in told.items():
        assert lines[name] == sentence
    whole = {name: line for name, line in whole_disk().items() if name not in told}
    assert {name: lines.get(name) for name in whole} == whole


@pytest.mark.parametrize("name", damage.VOLUMES)
def test_unusable_volume_is_named(boot, bad_disk, name):
    image = fat32.Image(DISK)
    sentence = damage.VOLUMES[name](image)
    result = start(boot, "webfiles", bad_disk(image), limit=20)
    result.expect(End.FAILED, f"fat: cannot use the disk: {sentence}", "webfiles: no usable volume")


def test_no_disk(boot):
    result = start(boot, "webfiles", None, limit=20)
    result.expect(End.FAILED, "ide: no disk on the primary channel", "fat: cannot use the disk: there is no disk",
                  "webfiles: no usable volume")


def test_a_drive_that_does_not_answer(boot):
    """It takes a command and is silent. With irqwait= the driver stops waiting, and its clients are told."""
    silent = ["-drive", f"file={DISK},format=raw,if=ide,index=0,snapshot=on,"
                        "throttling.bps-total=1,throttling.bps-total-max=1000000"]  # after 1 MB a byte a second
    result = start(boot, "webfiles", None, "reads=1000 irqwait=1", extra=silent, limit=60)
    result.expect(End.FAILED, "ide: the drive does not answer", "webfiles: ", "the disk failed")


def test_patience_changes_nothing_for_a_drive_that_answers(boot):
    start(boot, "webfiles", DISK, "reads=150 irqwait=3600").expect_ok(fileset.summary(150, 1))
