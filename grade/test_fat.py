"""Writing to FAT32: what Singlet makes, fsck.fat has nothing to say about, and mtools reads back bit by bit."""
import pytest
from fat_machine import Volume, pattern
from qemu import End

MODES = ("nochecks", "physical", "paging", "domain", "ring3", "microkernel")
LONG = "A name with spaces, and.two.dots"


@pytest.fixture
def volume(tmp_path):
    """volume(cluster=512): a new one, whose image is gone after the test."""
    made = []

    def make(**options):
        made.append(Volume.make(tmp_path / "fat.img", **options))
        return made[-1]

    yield make
    for v in made:
        v.path.unlink()


def run(volume, steps, **options):
    """Does the steps, (line, answer) each, and holds fsck.fat and the answers against what is expected."""
    answers, result = volume.run([line for line, _ in steps], **options)
    result.expect_ok("script: done", "leaked: 0 frames, 0 blocks, 0 endpoints")
    told = list(zip((line for line, _ in steps), answers))
    assert told == steps, result.explain()
    clean, said = volume.fsck()
    assert clean, said


OLD = {f"/old{i}.bin": pattern(3000 * i + 17, i) for i in range(4)}


def everything():
    """Each request once, with what is to be read afterwards: (steps, contents)."""
    steps = [
        (("create", "/new"), "ok"),
        (("again", "write", 0, 10000, 5, 4096), "ok"),
        (("write", "/new", 5001, 20000, 9, 7000), "ok"),  # over the old end, from an odd place
        (("again", "read", 0, 65536), sums(pattern(5001, 5) + pattern(20000, 9, 5001))),
        (("again", "read", 3, 100), sums((pattern(5001, 5) + pattern(20000, 9, 5001))[3:])),
        (("trunc", "/new", 700), "ok"),
        (("mkdir", "/dir/Sub Directory"), "ok"),
        (("create", "/dir/Sub Directory/" + LONG), "ok"),
        (("again", "write", 0, 100000, 1, 65536), "ok"),
        (("ls", "/dir/Sub Directory"), LONG + " ok"),
        (("mv", "/new", "/neu"), "ok"),
        (("mv", "/neu", "/a much longer name for new"), "ok"),
        (("mv", "/a much longer name for new", "/dir/moved.txt"), "ok"),
        (("mv", "/dir/Sub Directory", "/Sub"), "ok"),
        (("ls", "/"), "old0.bin old1.bin old2.bin old3.bin dir/ script Sub/ ok"),
        (("rm", "/dir"), "the directory is not empty"),
        (("rm", "/dir/moved.txt"), "ok"),
        (("rm", "/dir"), "ok"),
        (("mv", "/old0.bin", "/old1.bin"), "ok"),  # replaces it
        (("rm", "/old2.bin"), "ok"),
        (("ls", "/sub"), LONG + " ok"),
    ]
    return steps, {"/old1.bin": OLD["/old0.bin"], "/old3.bin": OLD["/old3.bin"], "/Sub/" + LONG: pattern(100000, 1)}


def sums(data):
    """What `read` answers."""
    first = second = 0
    for byte in data:
        first = first + byte & 0xFFFFFFFF
        second = second + first & 0xFFFFFFFF
    return f"{len(data)} {second:08x} ok"


def try_everything(volume, **options):
    for name, data in OLD.items():
        volume.write(name, data)
    volume.mkdir("/dir")
    steps, contents = everything()
    run(volume, steps, **options)
    assert volume.names() == ["Sub", "old1.bin", "old3.bin", "script"]
    for name, data in contents.items():
        assert volume.read(name) == data, name


@pytest.mark.parametrize("cluster", (512, 1024, 2048, 4096, 8192, 16384, 32768))
def test_everything_on_clusters_of_any_size(volume, cluster):
    try_everything(volume(cluster=cluster))


@pytest.mark.parametrize("mode", MODES)
def test_everything_in_every_mode(volume, mode):
    try_everything(volume(), append=f"protect={mode}")


# ---- What is refused


def test_what_makes_no_sense_is_refused(volume):
    v = volume()
    v.write("/file", b"here")
    v.mkdir("/dir")
    steps = [
        (("create", "/file"), "the name is taken"),
        (("create", "/FILE"), "the name is taken"),
        (("mkdir", "/file"), "the name is taken"),
        (("create", "/"), "the name is taken"),
        (("mkdir", "/"), "the name is taken"),
        (("create", "relative"), "not a path"),
        (("create", ""), "not a path"),
        (("create", "/nowhere/x"), "no such file"),
        (("create", "/file/x"), "no such file"),
        (("create", "/a:b"), "not a name for a file"),
        (("create", "/dir/."), "not a name for a file"),
        (("create", "/dir/.."), "not a name for a file"),
        (("create", "/dot."), "not a name for a file"),
        (("create", "/space "), "not a name for a file"),
        (("create", "/" + "x" * 256), "not a name for a file"),
        (("create", "/" + "x" * 300), "not a path"),
        (("rm", "/"), "not possible with this directory"),
        (("rm", "/nothing"), "no such file"),
        (("rm", "/dir/nothing"), "no such file"),
        (("mv", "/nothing", "/x"), "no such file"),
        (("mv", "/", "/x"), "not possible with this directory"),
        (("mv", "/dir", "/dir/x"), "not possible with this directory"),
        (("mv", "/dir", "/file"), "the name is taken"),
        (("mv", "/file", "/dir"), "the name is taken"),
        (("mv", "/file", "/"), "the name is taken"),
        (("write", "/file", 5, 1, 0, 1), "no such place in the file"),
        (("write", "/dir", 0, 1, 0, 1), "a directory instead of a file, or the reverse"),
        (("trunc", "/file", 5), "no such place in the file"),
        (("write", "/file", 0, 0, 0, 1), "ok"),
    ]
    run(v, steps)
    assert v.read("/file") == b"here" and v.names() == ["dir", "file", "script"]
