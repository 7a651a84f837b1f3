"""Writing to FAT32: what Singlet makes, fsck.fat has nothing to say about, and mtools reads back bit by bit."""
import random
import struct
import sys

import pytest
from fat_machine import FEWEST, Volume, pattern, tool
from qemu import ROOT, End

sys.path.insert(0, str(ROOT / "user/disk"))

import fat32  # noqa: E402  (found through the line above)

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


def test_a_read_only_file_stays(volume):
    v = volume()
    v.write("/kept", b"kept")
    v.write("/other", b"other")
    tool("mattrib", "+r", "-i", v.image, "::/kept")
    no = "the file is read-only"
    run(v, [(("write", "/kept", 0, 1, 0, 1), no), (("trunc", "/kept", 0), no), (("rm", "/kept"), no),
            (("mv", "/kept", "/x"), no), (("mv", "/other", "/kept"), no), (("read", "/kept", 0, 512), sums(b"kept"))])
    assert v.read("/kept") == b"kept" and v.read("/other") == b"other"


# ---- Names


NAMES = ["UPPER.TXT", "lower.txt", "lower", "CAPITALS.txt", "Mixed.Txt", "two.dots.txt", ".hidden", "no extension at all", "a+b",
         "exactly8.txt", "exactly8.ext4", "ninechars.c", "\u00e4\u00f6\u00fc", "\u4e2d\u6587.txt",
         "13 characters", "26 characters fill 2 piece", "x" * 200]


def test_names_are_those_that_mtools_reads(volume):
    """Each is its own content; each short name is another."""
    v = volume()
    steps = [step for i, name in enumerate(NAMES) for step in
             [(("create", "/" + name), "ok"), (("again", "write", 0, 40, i, 40), "ok"), (("create", "/" + name.upper()), "the name is taken")]
             if name.isascii() or step[1] == "ok"]
    run(v, steps)
    assert v.names() == sorted([*NAMES, "script"])
    for i, name in enumerate(NAMES):
        assert v.read("/" + name) == pattern(40, i), name


def test_short_names_are_numbered(volume):
    """The next number follows the highest that mtools, or a name that only looks like one, has taken."""
    v = volume()
    for name in ("Common start 1.text", "Common start 2.text", "COMMON~7.TEX", "Commo~12.tex"):
        v.write("/" + name, name.encode())
    names = [f"common start {i}.text" for i in range(3, 8)]
    run(v, [(("create", "/" + name), "ok") for name in names] + [(("create", "/commo~13.tex"), "the name is taken")])
    shorts = {entry[1] for entry in fat32.Image(v.path).entries(2)}
    assert {f"COMMO~{n}TEX".encode() for n in range(13, 18)} <= shorts
    assert len(shorts) == 4 + 5 + 1


# ---- Limits


def test_a_full_disk(volume):
    """What does not fit is not begun; what fits to the last cluster is written."""
    v = volume()
    v.give([("x",) * 100])  # as long as the script, so that it keeps its cluster
    free = 30  # all other clusters belong to one long file
    image = fat32.Image(v.path)
    total = struct.unpack_from("<I", image.data, 32)[0] - image.first_data // 512
    taken = [c for c in range(2, total + 2 - free) if image.next(c) == 0]
    for this, following in zip(taken, taken[1:] + [0x0FFFFFFF]):
        image.set_next(this, following)
    add_file(image, "BIG     BIN", taken[0], len(taken) * 512)
    image.save(v.path)
    full = "the disk is full"
    run(v, [(("create", "/a"), "ok"), (("again", "write", 0, 31 * 512, 1, 65536), full), (("again", "write", 0, 30 * 512, 1, 65536), "ok"),
            (("mkdir", "/d"), full), (("again", "write", 30 * 512, 1, 1, 1), full), (("trunc", "/a", 512), "ok"), (("mkdir", "/d"), "ok"),
            (("space",), f"{total * 512} {28 * 512} ok")])
    assert v.read("/a") == pattern(512, 1)


def add_file(image, short, first, size):
    """A short entry in the root directory's first free slot."""
    at = next(at for at in range(image.place(2), image.place(2) + 512, 32) if image.data[at] in (0, 0xE5))
    image.data[at : at + 32] = short.encode() + b"\x20" + bytes(8) + struct.pack("<HIHI", first >> 16, 0x28210000, first & 0xFFFF, size)


def test_a_full_directory(volume):
    """A directory has 65,536 entries at most; one that has them takes no more, and gives places back."""
    v = volume(cluster=4096)
    v.mkdir("/d")
    v.give([])
    image = fat32.Image(v.path)
    chain = [image.find("/d")[3]] + list(range(1000, 1511))
    for this, following in zip(chain, chain[1:] + [0x0FFFFFFF]):
        image.set_next(this, following)
    for n, cluster in enumerate(chain):
        for i in range(128):
            if n or i > 1:
                entry = f"{n:05}{i:03}   ".encode() + b"\x20" + bytes(10) + b"\x21\x28" + bytes(8)
                image.data[image.place(cluster) + i * 32 : image.place(cluster) + i * 32 + 32] = entry
    image.save(v.path)
    run(v, [(("create", "/d/x"), "the directory is full"), (("mkdir", "/d/x"), "the directory is full"),
            (("rm", "/d/00511127"), "ok"), (("create", "/d/A long name"), "the directory is full"), (("create", "/d/x"), "ok"),
            (("create", "/d/y"), "the directory is full")])
    assert "x" in v.names("/d")


def test_a_directory_grows(volume):
    v = volume()
    names = [f"/d/a name of three pieces, number {i}" for i in range(60)]
    run(v, [(("mkdir", "/d"), "ok")] + [(("create", name), "ok") for name in names]
        + [(("rm", name), "ok") for name in names[::2]] + [(("create", name + "!"), "ok") for name in names[::2]])
    assert v.names("/d") == sorted([name[3:] for name in names[1::2]] + [name[3:] + "!" for name in names[::2]])


# ---- What others made

BAD = "the file system is corrupted here"


def test_fragmented_files(volume):
    """Files whose clusters alternate: read, overwritten across all the gaps, grown, and copied into one piece."""
    v = volume()
    v.give([])
    image = fat32.Image(v.path)
    for n, short in enumerate(("ODD     BIN", "EVEN    BIN")):
        chain = list(range(1000 + n, 1200, 2))
        for this, following in zip(chain, chain[1:] + [0x0FFFFFFF]):
            image.set_next(this, following)
        for i, cluster in enumerate(chain):
            image.data[image.place(cluster) : image.place(cluster) + 512] = pattern(512, n, 512 * i)
        add_file(image, short, chain[0], 51000)
    image.save(v.path)
    was, new = pattern(51000, 0), pattern(40001, 9, 333)
    run(v, [(("read", "/odd.bin", 0, 65536), sums(was)), (("write", "/odd.bin", 333, 40001, 9, 65535), "ok"),
            (("write", "/even.bin", 51000, 3000, 8, 700), "ok"), (("mkdir", "/d"), "ok"), (("mv", "/odd.bin", "/d/odd"), "ok")])
    assert v.read("/d/odd") == was[:333] + new + was[40334:]
    assert v.read("/even.bin") == pattern(51000, 1) + pattern(3000, 8, 51000)


@pytest.mark.parametrize("end, readable", ((0, 1024), (1, 1024), (0x0FFFFFF7, 1024), (0x0FFFFFEF, 1024), (1000, 1536)),
                         ids=("free", "reserved", "bad", "outside", "circle"))
def test_what_is_damaged_is_not_changed(volume, end, readable):
    """A chain that does not end: the file cannot be cut, grown, removed or moved, and nothing else suffers."""
    v = volume()
    v.write("/whole", b"whole")
    steps = [(("write", "/bad.bin", 2000, 1, 1, 1), BAD), (("trunc", "/bad.bin", 1), BAD), (("rm", "/bad.bin"), BAD),
             (("mv", "/bad.bin", "/x"), BAD), (("mv", "/whole", "/bad.bin"), BAD), (("read", "/bad.bin", 0, 512), f"{readable} {0:08x} {BAD}"),
             (("rm", "/whole"), "ok")]
    v.give([line for line, _ in steps])
    image = fat32.Image(v.path)
    image.set_next(1000, 1001)
    image.set_next(1001, end)
    add_file(image, "BAD     BIN", 1000, 2000)
    image.save(v.path)
    answers, result = v.run(None)
    result.expect_ok("script: done")
    assert answers == [answer for _, answer in steps], result.explain()
    after = fat32.Image(v.path)
    assert (after.next(1000), after.next(1001)) == (1001, end)


# ---- Partitions


def partition(volume, tmp_path, start, entries):
    """The volume's image moved to sector `start` of a disk with these partition entries: (number, type, start, sectors)."""
    body = volume.path.read_bytes()
    disk = bytearray(start * 512)
    for number, kind, first, count in entries:
        struct.pack_into("<B3sB3sII", disk, 446 + 16 * number, 0, bytes(3), kind, bytes(3), first, count)
    disk[510:512] = b"\x55\xaa"
    volume.path.write_bytes(bytes(disk) + body)
    volume.offset = start * 512
    return len(body) // 512


@pytest.mark.parametrize("kind, number", [(0x0B, 0), (0x0C, 3)])
def test_a_volume_in_a_partition(volume, tmp_path, kind, number):
    """Its first sector is odd, so lines of the cache lie across its borders."""
    v = volume()
    v.write("/old", b"old")
    count = v.path.stat().st_size // 512
    others = [(n, 0x83, 1, 62) for n in range(number)]
    partition(v, tmp_path, 63, [*others, (number, kind, 63, count)])
    answers, result = v.run([("create", "/A new file"), ("again", "write", 0, 70000, 1, 65536), ("read", "/old", 0, 512), ("rm", "/old")])
    result.expect_ok("script: done")
    assert answers == ["ok", "ok", sums(b"old"), "ok"]
    assert v.read("/A new file") == pattern(70000, 1)
    inside = Volume(tmp_path / "inside.img")
    inside.path.write_bytes(v.path.read_bytes()[63 * 512 :])
    clean, said = inside.fsck()
    inside.path.unlink()
    assert clean, said


@pytest.mark.parametrize("entry, sentence", [
    ((0x83, 63, 67000), "the partition table has no FAT32 partition"),
    ((0x0B, 63, 1 << 31), "the partition lies outside the disk"),
    ((0x0B, 0, 100), "the partition lies outside the disk"),
    ((0x0B, 0xFFFFFFFF, 0xFFFFFFFF), "the partition lies outside the disk"),
    ((0x0B, 63, 1000), "the volume is larger than its partition"),
    ((0x0C, 64, 1000), "no FAT file system: the partition does not begin with a jump"),
    ((0x0C, 80, 1000), "no FAT file system: the partition has no boot signature"),
])
def test_a_partition_that_is_none(volume, tmp_path, entry, sentence):
    v = volume()
    v.give([])
    partition(v, tmp_path, 63, [(0, *entry)])
    _, result = v.run(None)
    result.expect(End.FAILED, f"fat: cannot use the disk: {sentence}", "script: no usable volume")


# ---- The disk in memory


RAM = ("names", "ide", "fat", "ramdisk", "ramfs", "script")


def on_the_ram_disk(volume, steps, **options):
    """The steps on /ram; the volume is what is on the disk in memory afterwards."""
    volume.give([("use", "/ram"), *(line for line, _ in steps), ("save", "/dev/ram", "/dev/disk")])
    answers, result = volume.run(None, sips=",".join(RAM), modules=[ROOT / f"build/user/{sip}.sbc" for sip in RAM], **options)
    result.expect_ok("script: done", "leaked: 0 frames, 0 blocks, 0 endpoints")
    assert answers == [answer for _, answer in steps], result.explain()
    with open(volume.path, "r+b") as file:
        file.truncate(69632 * 512)
    clean, said = volume.fsck()
    assert clean, said


@pytest.mark.parametrize("mode", ("physical", "microkernel"))
def test_a_file_system_in_memory(volume, mode):
    """It is formatted, written, and then judged as a disk is."""
    v = volume(clusters=FEWEST + 5000)
    steps, contents = everything()
    olds = [step for name, data in OLD.items() for step in
            ((("create", name), "ok"), (("again", "write", 0, len(data), int(name[4]), 65536), "ok"))]
    steps = [(line, answer.replace(" script", "")) for line, answer in steps]
    on_the_ram_disk(v, olds + [(("mkdir", "/dir"), "ok")] + steps, append=f"protect={mode}")
    for name, data in contents.items():
        assert v.read(name) == data, name


def test_memory_ends_before_the_disk_does(volume):
    """The disk in memory claims 34 MB and may use 16: then it fails, and what was written stays."""
    v = volume(clusters=FEWEST + 5000)
    on_the_ram_disk(v, [(("create", "/a"), "ok"), (("again", "write", 0, 15 << 20, 1, 65536), "ok"),
                        (("again", "write", 15 << 20, 2 << 20, 1, 65536), "the disk is full"),
                        (("open", "/a"), "ok"), (("again", "trunc", 100000), "ok"), (("again", "read", 0, 65536), sums(pattern(100000, 1)))])
    assert v.read("/a") == pattern(100000, 1)


@pytest.mark.parametrize("options", (["-f", "1"], ["-R", "64", "-b", "9"], ["-h", "63"]), ids=" ".join)
def test_volumes_of_another_make(volume, options):
    try_everything(volume(options=options))


def test_a_volume_without_fsinfo(volume):
    """Where no FSInfo is, none is written."""
    v = volume()
    v.give([("mkdir", "/d")])
    image = fat32.Image(v.path)
    struct.pack_into("<H", image.data, 48, 0)
    image.save(v.path)
    info = bytes(image.data[512:1024])
    answers, _ = v.run(None)
    assert answers == ["ok"] and v.names() == ["d", "script"]
    assert bytes(fat32.Image(v.path).data[512:1024]) == info


# ---- Many requests, against a model of them


class Model:
    """What a file system is: paths, each of them bytes or None for a directory; and requests drawn by chance."""

    def __init__(self, seed):
        self.random, self.tree = random.Random(seed), {}

    def name(self):
        stem = self.random.choice(["a", "B", "File", "a longer name", "n" * 40, "x.y.z", "README.TXT"])
        return f"{stem}{self.random.randrange(6)}"

    def directory(self):
        return self.random.choice([""] * 2 + [path for path, data in self.tree.items() if data is None])

    def known(self, path):
        """The path as it is in the tree, whatever its case."""
        return next((p for p in self.tree if p.lower() == path.lower()), None)

    def any(self, kind):
        paths = [p for p, data in self.tree.items() if isinstance(data, kind)]
        return self.random.choice(paths) if paths else None

    def step(self):
        """(line, answer): the next request, done here."""
        kind = self.random.choice(["create", "create", "mkdir", "write", "write", "write", "trunc", "rm", "mv", "mv", "mv"])
        return getattr(self, kind)() or self.step()

    def create(self):
        return self.make("create", b"")

    def mkdir(self):
        return self.make("mkdir", None)

    def make(self, word, data):
        path = f"{self.directory()}/{self.name()}"
        if self.known(path):
            return (word, path), "the name is taken"
        self.tree[path] = data
        return (word, path), "ok"

    def write(self):
        path = self.any(bytes)
        if not path:
            return None
        old, seed = self.tree[path], self.random.randrange(256)
        offset, count = self.random.randint(0, len(old)), self.random.choice([1, 100, 511, 512, 513, 2048, 5000])
        self.tree[path] = old[:offset] + pattern(count, seed, offset) + old[offset + count :]
        return ("write", path, offset, count, seed, self.random.choice([511, 512, 1024, 4096])), "ok"

    def trunc(self):
        path = self.any(bytes)
        if not path:
            return None
        size = self.random.randint(0, len(self.tree[path]))
        self.tree[path] = self.tree[path][:size]
        return ("trunc", path, size), "ok"

    def rm(self):
        path = self.any(object)
        if not path:
            return None
        if any(p.startswith(path + "/") for p in self.tree):
            return ("rm", path), "the directory is not empty"
        del self.tree[path]
        return ("rm", path), "ok"

    def mv(self):
        path, to = self.any(object), f"{self.directory()}/{self.name()}"
        if not path:
            return None
        there, line = self.known(to), ("mv", path, to)
        if there and there != path and (self.tree[path] is None or self.tree[there] is None):
            return line, "the name is taken"
        if (to + "/").startswith(path + "/") and to != path:
            return line, "not possible with this directory"
        if there and there != path:  # it keeps its name
            self.tree[there] = self.tree.pop(path)
            return line, "ok"
        self.tree = {to + p[len(path) :] if p == path or p.startswith(path + "/") else p: data for p, data in self.tree.items()}
        return line, "ok"


@pytest.mark.parametrize("cluster, seed", [(512, 1), (512, 2), (2048, 3)])
def test_many_requests(volume, tmp_path, cluster, seed):
    v, model = volume(cluster=cluster), Model(seed)
    run(v, [model.step() for _ in range(400)])
    found = v.tree(tmp_path / "tree")
    found.pop("/script")
    assert found == {path: data for path, data in model.tree.items() if data is not None}
