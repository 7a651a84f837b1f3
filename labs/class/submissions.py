"""What students handed in: tarballs and git repositories, none of which is trusted.

A submission is unpacked file by file. Only plain files and folders are taken, below the folder that they are meant for, and
no more than a lab's tree can need: links, devices, absolute names, `..`, a name twice, or more bytes than LIMITS are refused
with a sentence. The limit is on bytes as they come out of the decompressor, so a bomb stops there.
"""
import datetime
import gzip
import io
import json
import pathlib
import re
import subprocess
import tarfile
import tempfile
import zlib

MOST_BYTES, MOST_FILES = 64 << 20, 5000
HANDIN = "handin.json"  # what `make handin` says of itself, at the tarball's top


class Refused(Exception):
    """A submission that is not taken; the text is a sentence."""


class Limited(io.RawIOBase):
    """A stream of which no more than MOST_BYTES are read."""

    def __init__(self, stream):
        super().__init__()
        self.stream, self.left = stream, MOST_BYTES

    def read(self, size=-1):
        data = self.stream.read(self.left + 1 if size < 0 else min(size, self.left + 1))
        self.left -= len(data)
        if self.left < 0:
            raise Refused(f"it holds more than {MOST_BYTES >> 20} MB")
        return data


def place_of(name):
    """A member's name as a path below nothing; None for the folder itself."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or "\0" in name or "\\" in name:
        raise Refused(f"it names a place outside of itself: {name[:80]!r}")
    if ".git" in parts:
        raise Refused("it holds a .git folder; hand in what `make handin` makes")
    return pathlib.PurePosixPath(*parts) if parts else None


def unpack_stream(stream, folder):
    """Unpacks a tar stream into `folder`, which exists and is empty."""
    count = 0
    try:
        with tarfile.open(fileobj=Limited(stream), mode="r|") as archive:
            for member in archive:
                count += 1
                if count > MOST_FILES:
                    raise Refused(f"it holds more than {MOST_FILES} files")
                path = place_of(member.name)
                if member.isdir() or path is None:
                    continue
                if not member.isreg():
                    raise Refused(f"{member.name[:80]!r} is no plain file")
                if member.size > MOST_BYTES:
                    raise Refused(f"it holds more than {MOST_BYTES >> 20} MB")
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                with open(target, "xb") as file:
                    file.write(archive.extractfile(member).read())
                target.chmod(0o755 if member.mode & 0o100 else 0o644)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError, RecursionError) as error:
        raise Refused(f"it is no tar.gz file: {error or 'it ends too early'}") from None
    except FileExistsError:
        raise Refused("it holds a file twice") from None
    except OSError as error:
        raise Refused(f"it cannot be unpacked: {error.strerror or error}") from None
    if not count:
        raise Refused("it is empty")


def unpack(tarball, folder):
    """Unpacks a .tar.gz; returns the folder of the tree in it: `folder`, or the only folder there."""
    with gzip.open(tarball) as stream:
        unpack_stream(stream, folder)
    return tree_of(folder)


def tree_of(folder):
    """Where below `folder` the GNUmakefile is: there, or one folder deeper."""
    for candidate in (folder, *sorted(p for p in folder.iterdir() if p.is_dir())):
        if (candidate / "GNUmakefile").is_file():
            return candidate
    raise Refused("it holds no lab: there is no GNUmakefile at its top")


def about(tree):
    """What handin.json says, if it is there and makes sense; {} otherwise."""
    for path in (tree / HANDIN, tree.parent / HANDIN):
        try:
            said = json.loads(path.read_text())
            return said if isinstance(said, dict) else {}
        except (OSError, ValueError, RecursionError):
            continue
    return {}


def committed(said):
    """The time that a submission says of itself, or None."""
    try:
        return datetime.datetime.fromtimestamp(int(said["committed"]), datetime.UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None


# ---- Repositories


def git(*words, **options):
    return subprocess.run(["git", *map(str, words)], capture_output=True, check=False, **options)


def is_repository(path):
    return path.is_dir() and ((path / ".git").exists() or (path / "HEAD").is_file() and (path / "objects").is_dir())


def unpack_repository(path, lab, folder):
    """The tree that branch labN of a repository holds, or its HEAD; returns (tree, what is known of it). The repository is
    cloned first: its configuration and hooks are not ours to run."""
    with tempfile.TemporaryDirectory(prefix="singlet-clone-") as clone:
        url = f"file://{path.resolve()}"
        for branch in ([f"--branch=lab{lab}"], []):
            ran = git("clone", "-q", "--no-checkout", "--depth=1", *branch, url, f"{clone}/it")
            if ran.returncode == 0:
                break
        else:
            last = (ran.stderr.decode(errors="replace").strip().splitlines() or ["git says nothing"])[-1]
            raise Refused(f"it cannot be cloned: {last}")
        when = git("-C", f"{clone}/it", "show", "-s", "--format=%ct", "HEAD").stdout.decode().strip()
        archive = subprocess.Popen(["git", "-C", f"{clone}/it", "archive", "HEAD"], stdout=subprocess.PIPE)
        try:
            unpack_stream(archive.stdout, folder)
        finally:
            archive.stdout.close()
            archive.wait()
    return tree_of(folder), {"committed": when}


# ---- A class


def name_of(path):
    """`lab1-ada.tar.gz` and `ada.git` are ada's."""
    name = re.sub(r"\.(tar\.gz|tgz|git)$", "", path.name)
    return re.sub(r"^lab\d+-", "", name)


def find(folder):
    """{name: path} of what lies in `folder`. Files that begin with a dot and tables are not submissions."""
    found = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.suffix in (".csv", ".toml", ".html", ".txt"):
            continue
        name = name_of(path)
        if name in found:
            raise Refused(f"{path.name} and {found[name].name} are both of {name}")
        found[name] = path
    return found


def open_submission(path, lab, folder):
    """Unpacks whatever `path` is into `folder`; returns (tree, what is known of it)."""
    if is_repository(path):
        return unpack_repository(path, lab, folder)
    if path.is_file():
        tree = unpack(path, folder)
        return tree, about(tree)
    raise Refused("it is neither a tar.gz file nor a git repository")
