"""FAT32 volumes for the tests of the file server: made by mkfs.fat, filled by mtools, changed by Singlet, and then
judged by fsck.fat and mtools again."""
import os
import shutil
import subprocess

from qemu import ROOT, Machine

MODULES = [ROOT / f"build/user/{sip}.sbc" for sip in ("names", "ide", "fat", "script")]
ENVIRONMENT = {**os.environ, "SOURCE_DATE_EPOCH": "946684800", "TZ": "UTC", "MTOOLS_SKIP_CHECK": "1", "LC_ALL": "C.UTF-8"}
FEWEST = 65525  # clusters of a FAT32 volume


def pattern(count, seed, offset=0):
    """What the program `script` writes: bytes offset .. offset + count of a file."""
    return bytes((n * 7 + (n >> 8) + seed) & 0xFF for n in range(offset, offset + count))


def tool(*command, **options):
    """A tool's output; it has to succeed."""
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=120, **options)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


class Volume:
    """An image file with a FAT32 volume in it, at byte `offset`."""

    def __init__(self, path, offset=0):
        self.path, self.offset = path, offset

    @classmethod
    def make(cls, path, cluster=512, clusters=FEWEST + 500, options=()):
        """A new one, by mkfs.fat."""
        table = (clusters + 2) * 4 // 512 + 1
        sectors = clusters * (cluster // 512) + 2 * table + 64
        tool("/usr/sbin/mkfs.fat", "-C", "-F", "32", "-s", str(cluster // 512), "--invariant", *options, str(path),
             str(sectors // 2))
        return cls(path)

    @property
    def image(self):
        return f"{self.path}@@{self.offset}" if self.offset else str(self.path)

    def write(self, name, data):
        """A file, by mtools."""
        source = self.path.parent / "source"
        source.write_bytes(data)
        tool("mcopy", "-o", "-Q", "-i", self.image, str(source), f"::{name}")

    def mkdir(self, name):
        tool("mmd", "-i", self.image, f"::{name}")

    def read(self, name):
        """A file's bytes, by mtools."""
        done = subprocess.run(["mcopy", "-i", self.image, f"::{name}", "-"], env=ENVIRONMENT, capture_output=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def tree(self, scratch):
        """Every file's bytes by path, by mtools."""
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        tool("mcopy", "-s", "-n", "-Q", "-i", self.image, "::/*", str(scratch))
        return {f"/{f.relative_to(scratch)}": f.read_bytes() for f in scratch.rglob("*") if f.is_file()}

    def names(self, directory="/"):
        """What is in a directory, by mtools."""
        out = tool("mdir", "-b", "-i", self.image, f"::{directory}").splitlines()
        return sorted(line.removeprefix("::").removeprefix(directory).strip("/") for line in out)

    def fsck(self):
        """What fsck.fat says, and whether it has nothing to say."""
        done = subprocess.run(["/usr/sbin/fsck.fat", "-n", str(self.path)], env=ENVIRONMENT, capture_output=True, text=True,
                              timeout=120)
        return done.returncode == 0, done.stdout + done.stderr

    def give(self, lines):
        """The lines for `script`."""
        self.write("/script", "".join("\t".join(str(word) for word in line) + "\n" for line in lines).encode())

    def run(self, lines, append="", sips="names,ide,fat,script", **options):
        """Has `script` do these lines, or what it was given; the answers, and the result of the machine."""
        if lines:
            self.give(lines)
        options = {"disk": self.path, "disk_snapshot": False, "modules": MODULES, "limit": 60} | options
        result = Machine(append=f"run={sips} {append}".strip(), **options).run()
        answers = [line.split(": ", 2)[2] for line in result.lines() if line.startswith("script: ") and line.count(": ") >= 2]
        return answers, result
