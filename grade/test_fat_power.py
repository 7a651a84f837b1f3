"""A machine loses its power after any sector it writes. Every file that it was not changing is then as it was, bit by
bit, and fsck.fat finds nothing worse than clusters and pieces of names that belong to nobody."""
import re
import shutil

import pytest
from fat_machine import Volume, pattern
from write_log import Replay, drive

OLD = {f"/old{i}": pattern(3000 * i + 17, i) for i in range(5)}
LONG = "a name that needs many pieces, so many that they fill more than a single sector of a directory and go on"
DIRECTORY = [f"/dir/file{i}" for i in range(12)]  # 14 of 16 slots of its cluster
LATE = "/dir/" + "y" * 150  # so this one spans two

HARMLESS = [re.compile(pattern) for pattern in (
    r"fsck\.fat .*", r".*: \d+ files, \d+/\d+ clusters", r"", r"Leaving filesystem unchanged\.",
    r"Free cluster summary wrong \(\d+ vs\. really \d+\)", r" +Auto-correcting\.",
    r"FATs differ but appear to be intact\.", r" +Using first FAT\.",
    r"Reclaimed \d+ unused clusters? \(\d+ bytes\)\.",
    r"Orphaned long file name part \".*\"", r" +Auto-deleting\.",
    r"Unfinished long file name \".*\"\.", r" +\(Start may have been overwritten by .*\)", r" +Not auto-correcting this\.",
    # the file has more clusters than bytes: it is as it was
    r"/.*", r" +File size is \d+ bytes, cluster chain length is > \d+ bytes\.", r" +Truncating file to \d+ bytes\.")]
TWO_NAMES = [re.compile(pattern) for pattern in (r" +share clusters\.", r" +Truncating second to 0 bytes\.")]
WRONG_PARENT = [re.compile(r" +Invalid '\.\.' entry in the second slot\. Fixing\.")]


def grown(path, count, seed):
    """What an old file is when `count` bytes were written behind its end, all or the first ones of them."""
    data = OLD[path]
    return data + pattern(count, seed, len(data))


# name: (lines, path -> what may be found there, None for nothing)
A, B = "/" + LONG, "/dir/" + LONG
SCENARIOS = {
    "make": ([("create", A), ("again", "write", 0, 5000, 3, 4000)],
             {A: [None, b"", pattern(4000, 3), pattern(5000, 3)]}),
    "append": ([("write", "/old1", 3017, 9000, 1, 9000)], {"/old1": [OLD["/old1"], grown("/old1", 9000, 1)]}),
    "grow from nothing": ([("write", "/empty", 0, 700, 1, 700)], {"/empty": [b"", pattern(700, 1)]}),
    "cut": ([("trunc", "/old2", 600)], {"/old2": [OLD["/old2"], OLD["/old2"][:600]]}),
    "cut to nothing": ([("trunc", "/old2", 0)], {"/old2": [OLD["/old2"], b""]}),
    "remove": ([("rm", "/old3"), ("rm", LATE)],
               {"/old3": [OLD["/old3"], None], LATE: [b"y", None]}),
    "rename": ([("mv", "/old1", "/new1")], {"/old1": [OLD["/old1"], None], "/new1": [None, OLD["/old1"]]}),
    "rename to a long name": ([("mv", "/old1", A)], {"/old1": [OLD["/old1"], None], A: [None, OLD["/old1"]]}),
    "move": ([("mv", "/old2", B)], {"/old2": [OLD["/old2"], None], B: [None, OLD["/old2"]]}),
    "replace in one directory": ([("mv", "/old1", "/old2")],
                                 {"/old1": [OLD["/old1"], None], "/old2": [OLD["/old2"], OLD["/old1"]]}),
    "replace in another": ([("mv", "/old3", "/dir/file3")],
                           {"/old3": [OLD["/old3"], None], "/dir/file3": [b"/dir/file3", OLD["/old3"]]}),
    "make a directory": ([("mkdir", B), ("create", B + "/x"), ("rm", B + "/x"), ("rm", B)], {B + "/x": [None, b""]}),
}


@pytest.fixture
def cuts(tmp_path):
    """cuts(lines): runs them, and then gives, for each sector that was written, the volume as it was after that."""
    kept = []

    def run(lines):
        volume, before = Volume.make(tmp_path / "fat.img"), tmp_path / "cut.img"
        kept.extend([volume.path, before])
        volume.mkdir("/dir")
        for name, data in (OLD | {"/empty": b""} | {name: name.encode() for name in DIRECTORY} | {LATE: b"y"}).items():
            volume.write(name, data)
        volume.give(lines)
        shutil.copy(volume.path, before)
        answers, result = volume.run(None, disk=None, extra=drive(volume.path, tmp_path / "log"))
        result.expect_ok("script: done")
        assert answers == ["ok"] * len(lines), result.explain()
        clean, said = volume.fsck()
        assert clean, said
        replay, cut = Replay(before, tmp_path / "log"), Volume(before)
        while replay.step():
            yield cut
        assert before.read_bytes() == volume.path.read_bytes()  # the log had everything

    yield run
    for path in kept:
        path.unlink(missing_ok=True)


def judge(cut, scratch, changed, harmless=HARMLESS):
    """What fsck.fat says is harmless, and every file is one of what it may be."""
    _, said = cut.fsck()
    for line in said.splitlines():
        assert any(good.fullmatch(line) for good in harmless), said
    tree = cut.tree(scratch)
    old = OLD | {"/empty": b"", LATE: b"y"} | {name: name.encode() for name in DIRECTORY}
    for name, data in old.items():
        if name not in changed:
            assert tree.get(name) == data, name
    assert tree.keys() <= old.keys() | changed.keys() | {"/script"}
    for name, possible in changed.items():
        assert tree.get(name) in possible, name
    return tree


@pytest.mark.parametrize("name", SCENARIOS)
def test_power_is_lost_after_any_write(cuts, tmp_path, name):
    lines, changed = SCENARIOS[name]
    count = 0
    for cut in cuts(lines):
        count += 1
        tree = judge(cut, tmp_path / "tree", changed)
        if lines[0][0] == "mv":
            assert OLD[lines[0][1]] in [tree.get(path) for path in changed], "what was renamed is gone"
    assert count > 0


def test_a_directory_that_moves_has_two_names_for_one_write(cuts, tmp_path):
    """The exception: its files cannot be copied with it, and no single write takes one name and gives another."""
    contents = {name: name.encode() for name in DIRECTORY} | {LATE: b"y"}
    doubles = []
    for cut in cuts([("mkdir", "/other"), ("mv", "/dir", "/other/" + LONG)]):
        moved = {"/other/" + LONG + name.removeprefix("/dir"): [data, None] for name, data in contents.items()}
        tree = judge(cut, tmp_path / "tree", {name: [data, None] for name, data in contents.items()} | moved,
                     HARMLESS + TWO_NAMES + WRONG_PARENT)
        homes = [home for home in ("/dir", "/other/" + LONG) if home + "/file0" in tree]
        for home in homes:
            for name, data in contents.items():
                assert tree[home + name.removeprefix("/dir")] == data
        doubles.append(len(homes))
    assert set(doubles) == {1, 2} and doubles.count(2) == 1


def test_what_is_left_of_a_write_is_read_and_written_again(cuts, tmp_path):
    """Where the chain is longer than the file, Singlet reads the file as it was, and appends to it."""
    for cut in cuts([("write", "/old1", 3017, 9000, 1, 9000)]):
        if "chain length is >" in cut.fsck()[1]:
            break
    else:
        raise AssertionError("no cut between the link and the entry")
    answers, result = cut.run([("read", "/old1", 0, 65536), ("write", "/old1", 3017, 2000, 2, 700), ("rm", "/old3"), ("space",)])
    result.expect_ok("script: done")
    assert answers[0].startswith("3017 ") and answers[1:3] == ["ok", "ok"]
    assert cut.read("/old1") == grown("/old1", 2000, 2)
    tree = judge(cut, tmp_path / "tree", {"/old1": [grown("/old1", 2000, 2)], "/old3": [None]})
    assert "/script" in tree
