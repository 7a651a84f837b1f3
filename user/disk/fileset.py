"""What lies on the disk: SPECweb99's file set [MSPC 4.3], and what WebFiles reads of it.

Each directory holds four classes of nine files: class c's file i has (i + 1) * 0.1 * 10^c KB, so a
directory is about 5 MB. A file's content is a fixed function of its path. This is also the twin of
user/webfiles: the same generator, the same popularity, the same checksum, so that a test knows what
the client has to print without having run it.
"""
import array
import functools
import hashlib
import itertools
import sys

ROOT = "/webfiles"
DIRECTORIES = 10
CLASSES = 4
FILES = 9
CLASS_MIX = (35, 50, 14, 1)  # per cent of the reads
POPULAR_FILES = (4, 3, 5, 2, 6, 1, 7, 8, 0)  # of a class, the most read first
MASK = 0xFFFFFFFF


def path(directory: int, klass: int, file: int) -> str:
    return f"{ROOT}/dir{directory:05}/class{klass}_{file}"


def size(klass: int, file: int) -> int:
    """Bytes in a file: 0.1 .. 0.9 KB, 1 .. 9 KB, 10 .. 90 KB, 100 .. 900 KB."""
    return (file + 1) * 1024 * 10**klass // 10


def content(name: str, length: int) -> bytes:
    """The bytes of the file: SHAKE-128 of its path."""
    return hashlib.shake_128(name.encode()).digest(length)


def files() -> list[tuple[str, int]]:
    """Every (path, size) that WebFiles may read, in the order of the disk."""
    return [
        (path(d, c, f), size(c, f))
        for d in range(DIRECTORIES)
        for c in range(CLASSES)
        for f in range(FILES)
    ]


# Other files, for the tests of names: long ones, ones in capitals, an empty one, one in a deep directory.
EXTRAS = {
    "/README.TXT": b"Singlet's disk. /webfiles holds the files that WebFiles reads.\r\n",
    "/empty": b"",
    "/A long file name with spaces, and.two.dots": b"long\n",
    "/names/thirteenchars": b"13 characters fill one long-name entry\n",
    "/names/MixedCase.Text": b"case does not matter\n",
    "/names/" + "x" * 200 + ".bin": bytes(range(256)) * 5,
    "/names/a/b/c/d/deep.txt": b"deep\n",
}


class Random:
    """Marsaglia's xorshift32."""

    def __init__(self, seed: int):
        self.state = (seed & MASK) or 1

    def next(self) -> int:
        x = self.state
        x ^= x << 13 & MASK
        x ^= x >> 17
        x ^= x << 5 & MASK
        self.state = x
        return x

    def below(self, n: int) -> int:
        return self.next() % n


def zipf(ranks: int) -> list[int]:
    """Cumulative weights: rank r (from 1) is 2^20 / r."""
    return list(itertools.accumulate((1 << 20) // r for r in range(1, ranks + 1)))


def draw(random: Random, cumulative: list[int]) -> int:
    x = random.below(cumulative[-1])
    return next(i for i, bound in enumerate(cumulative) if x < bound)


def replay(reads: int, seed: int):
    """The (path, size) of each read, in order."""
    random = Random(seed)
    directories, ranks = zipf(DIRECTORIES), zipf(FILES)
    mix = list(itertools.accumulate(CLASS_MIX))
    for _ in range(reads):
        d = draw(random, directories)
        c = draw(random, mix)
        f = POPULAR_FILES[draw(random, ranks)]
        yield path(d, c, f), size(c, f)


def sums(data: bytes) -> tuple[int, int]:
    """Fletcher's two sums over the little-endian 32-bit words; the last word is filled up with zeros."""
    words = array.array("I", data + bytes(-len(data) % 4))
    assert words.itemsize == 4
    if sys.byteorder == "big":
        words.byteswap()
    return sum(words) & MASK, sum(itertools.accumulate(words)) & MASK


def summary(reads: int, seed: int, read=content) -> str:
    """The line that WebFiles prints. `read(path, size)` gives a file's bytes."""
    file_sums = functools.cache(lambda name, length: sums(read(name, length)))
    total, checksum = 0, 0
    for name, length in replay(reads, seed):
        first, second = file_sums(name, length)
        total += length
        checksum = ((checksum << 5 | checksum >> 27) & MASK) ^ first ^ second
    return f"webfiles: reads={reads} bytes={total} checksum={checksum:08x}"
