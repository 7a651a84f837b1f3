"""Cuts the labs out of this tree: `make labs` makes build/labs/kit.git.

For each lab N whose labs/labN/lab.toml says `complete = true` there are three branches:

    labN       what students get: its files, with a hole where each exercise's solution was
    labN-sol   the same with the exercises of labs 1..N done
    labN-prep  the same with those of labs 1..N-1 done: where a student stands who did the labs before

labN descends from labN-1, so that `git merge lab1` into lab2 brings a student's work along. Students
are given labN; -sol and -prep stay with the instructor.

A solution stands between two markers, alone on their lines:

    // <lab1:walk page>
    ...
    // </lab1:walk>

In its place a hole is left, which says which exercise is missing when it is run into. What follows the
exercise's name are parameters and functions that only the solution uses; after `=` comes the text of
the hole itself (nothing, for what is simply left out). Where the missing code is a check that lets something
through as long as it is missing, that stands after `else`:

    // <lab5:release i else return true;>

and the kernel says once that the exercise is not done, and goes on. `#` and `<!-- -->` comments do as well.

What a file knows only from some lab on stands between two markers of another kind. They leave nothing in
the trees before, or the text after `=`; exercises may stand inside of them:

    // <since lab5>
    ...
    // </since>

Cutting again after a change makes commits on top of what is there, never new histories: students pull.
Authors and dates are fixed, so two instructors who cut the same trees get the same commits.
"""
import argparse
import dataclasses
import itertools
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
AUTHOR = "Singlet <kit@singlet.invalid>"
FIRST_DATE, DAY = 1577836800, 86400  # 2020-01-01, as QEMU's clock

MARKER = re.compile(r"""^(?P<indent>[ \t]*)(?:(?://|\#|<!--)[ ]*)<(?P<end>/?)lab(?P<lab>\d+):(?P<name>[\w-]+)
                        (?P<rest>[^>]*|[ ]=.*|[^>]*[ ]else[ ].*)>(?:[ ]*-->)?[ \t]*$""", re.X)
STAGE = re.compile(r"""^(?P<indent>[ \t]*)(?:(?://|\#|<!--)[ ]*)<(?:since[ ]lab(?P<lab>\d+)(?P<rest>[ ]=.*)?|/since)>
                       (?:[ ]*-->)?[ \t]*$""", re.X)


class CutError(Exception):
    """Something is wrong with a lab.toml or a marker; the text is a sentence."""


# ---- What the labs are

@dataclasses.dataclass(frozen=True)
class Lab:
    number: int
    title: str
    complete: bool
    appears: list  # patterns of files
    but: list  # patterns of those among them that come later, or never
    exercises: list  # names in order
    extra: dict  # path in the branch -> file here that it is made from
    known: list  # lines of solutions that stand elsewhere in the hand-out and give nothing away


def load(number, root=ROOT):
    """labs/labN/lab.toml as a Lab."""
    path = root / f"labs/lab{number}/lab.toml"
    with open(path, "rb") as file:
        data = tomllib.load(file)
    try:
        files = data["files"]
        return Lab(number, data["title"], data["complete"], listed(files["appear"], root), files.get("but", []),
                   data.get("exercises", []), files.get("extra", {}), data.get("known", []))
    except KeyError as missing:
        raise CutError(f"labs/lab{number}/lab.toml lacks {missing}") from None


def listed(patterns, root):
    """`@file` stands for the patterns in that file, one a line."""
    return [line for p in patterns for line in ((root / p[1:]).read_text().split() if p.startswith("@") else [p])]


def load_all(root=ROOT):
    numbers = sorted(int(p.parent.name[3:]) for p in (root / "labs").glob("lab*/lab.toml"))
    return [load(n, root) for n in numbers]


def complete(labs):
    """The labs that are cut: those up to the first that is not complete."""
    return list(itertools.takewhile(lambda lab: lab.complete, labs))


def matches(path, patterns):
    """`*` stays in its folder, `**` does not; a folder's name with / at its end is all that is in it."""
    return any(re.fullmatch(translate(p), path) for p in patterns)


def translate(pattern):
    if pattern.endswith("/"):
        pattern += "**"
    return "".join({"**": ".*", "*": "[^/]*"}.get(part, re.escape(part)) for part in re.split(r"(\*\*|\*)", pattern))


def tracked(root=ROOT):
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
    return sorted(p for p in listed.split("\0") if p and (root / p).exists())


def file_sets(labs, paths):
    """[set of paths]: what each lab's tree holds, with all that came before. A file appears in the
    first lab that names it and does not except it."""
    sets, have = [], set()
    for lab in labs:
        have = have | {p for p in paths if matches(p, lab.appears) and not matches(p, lab.but)}
        sets.append(have)
    return sets


# ---- What a file knows

def staged(path, text, number):
    """The file as the tree of lab `number` has it: without what later labs bring, and without these markers."""
    out, since, hidden, left_out = [], 0, False, False
    for at, line in enumerate(text.split("\n"), 1):
        marker = STAGE.match(line)
        if not marker:
            if re.search(r"<(since lab\d+|/since)\b", line):
                raise CutError(f"{path}:{at}: this looks like a marker, but stands not alone on its line")
            if left_out and not line.strip() and not "".join(out[-1:]).strip():
                left_out = False  # of the blank lines around it one remains
            elif not hidden:
                out.append(line)
                left_out = False
        elif marker["lab"]:
            if since:
                raise CutError(f"{path}:{at}: a stage begins inside of the one that begins in line {since}")
            since, hidden = at, number < int(marker["lab"])
            if hidden and marker["rest"]:
                out.append(marker["indent"] + marker["rest"].split("=", 1)[1].strip())
        else:
            if not since:
                raise CutError(f"{path}:{at}: a stage ends here, but does not begin above")
            since, hidden, left_out = 0, False, hidden
    if since:
        raise CutError(f"{path}:{since}: this stage does not end")
    return "\n".join(out)


# ---- Holes

@dataclasses.dataclass
class Region:
    """A solution in a file: its lines, without the markers."""

    lab: int
    name: str
    path: str
    line: int
    text: list
    lenient: bool = False  # where it is missing the kernel goes on


def hole(path, region, number, rest, indent):
    """The lines that stand where a solution was."""
    rest, lenient, instead = rest.partition(" else ")
    if "=" in rest:
        text = rest.split("=", 1)[1].strip()
        return [f"{indent}{text}"] if text else []
    where = f"lab {region.lab}, exercise {number}"
    suffix = pathlib.PurePath(path).suffix
    todo = f"TODO lab {region.lab}, exercise {number} ({region.name})"
    if suffix in (".cc", ".hh", ".def"):
        used = "".join(f", {word.strip()}" for word in rest.split(",") if word.strip())
        call = f'{"NOT_CHECKED" if lenient else "NOT_DONE"}({region.lab}, {number}, "{region.name}"{used});'
        lines = [*wrapped(indent, call), *([f"{indent}{instead.strip()}"] if instead.strip() else [])]
        return [f"{indent}// {todo}: your code in place of {'this line' if len(lines) == 1 else f'these {len(lines)} lines'}.", *lines]
    if suffix == ".S":
        return [f"{indent}// {todo}: your code in place of these 3 lines.",
                f"{indent}push $__LINE__; push $1f; push $2f; push ${number}; push ${region.lab}; call exercise_not_done",
                f'1:  .asciz "{path}"', f'2:  .asciz "{region.name}"']
    if suffix == ".sing":
        return [f"{indent}// {todo}: your code in place of this line.",
                f'{indent}Kernel.Print("{where} ({region.name}) is not done yet: {path}\\n"); assert(false);']
    if suffix == ".py":
        return [f"{indent}# {todo}: your code in place of this line.",
                f'{indent}raise NotImplementedError("{where} ({region.name}) is not done yet")']
    if suffix == ".md":
        return []
    raise CutError(f"{path}:{region.line}: no hole is known for a {suffix} file; say it after = in the marker")


def wrapped(indent, call, columns=100):
    """A call as the project's layout breaks it."""
    if len(indent + call) <= columns:
        return [indent + call]
    lines, words = [], call.split(" ")
    inner = indent + " " * (call.index("(") + 1)
    line = indent
    for word in words:
        if len(line.rstrip()) + 1 + len(word) > columns:
            lines.append(line.rstrip())
            line = inner
        line += word + " "
    return [*lines, line.rstrip()]


def cut(path, text, labs, solved):
    """(what is left of a file, the regions taken out of it). Regions in `solved`, a set of labs or of
    (lab, name), keep their text; no marker is left anywhere."""
    out, regions, inside, begin = [], [], None, None
    for at, line in enumerate(text.split("\n"), 1):
        marker = MARKER.match(line)
        if not marker:
            if inside:
                inside.text.append(line)
            elif re.search(r"</?lab\d+:", line) and not path.startswith("labs/"):
                raise CutError(f"{path}:{at}: this looks like a marker, but stands not alone on its line")
            else:
                out.append(line)
            continue
        lab, name = int(marker["lab"]), marker["name"]
        if not marker["end"]:
            if inside:
                raise CutError(f"{path}:{at}: lab{lab}:{name} begins inside of lab{inside.lab}:{inside.name}")
            inside, begin = Region(lab, name, path, at, [], " else " in marker["rest"]), marker
            continue
        if not inside or (inside.lab, inside.name) != (lab, name):
            raise CutError(f"{path}:{at}: lab{lab}:{name} ends here, but does not begin above")
        if lab in solved or (lab, name) in solved:
            out += inside.text
        else:
            out += hole(path, inside, exercise_number(labs, inside), begin["rest"], begin["indent"])
            regions.append(inside)
        inside = None
    if inside:
        raise CutError(f"{path}:{inside.line}: lab{inside.lab}:{inside.name} does not end")
    return "\n".join(out), regions


def exercise_number(labs, region):
    if region.name == "answer":
        return 0
    names = next((lab.exercises for lab in labs if lab.number == region.lab), [])
    if region.name not in names:
        raise CutError(f"{region.path}:{region.line}: labs/lab{region.lab}/lab.toml has no exercise {region.name!r}")
    return names.index(region.name) + 1


def tree(labs, number, solved, root=ROOT):
    """({path: (mode, bytes)}, regions) of lab `number` with the exercises in `solved` done."""
    upto = [lab for lab in labs if lab.number <= number]
    paths = {p: p for p in file_sets(upto, tracked(root))[-1]}
    for lab in upto:
        paths.update(lab.extra)
    files, regions = {}, []
    for path, source in sorted(paths.items()):
        data = (root / source).read_bytes()
        if re.search(rb"</?since\b", data) and not path.startswith("labs/"):
            data = staged(path, data.decode(), number).encode()
        if b"<lab" in data or b"</lab" in data:
            text, taken = cut(path, data.decode(), labs, solved)
            data = text.encode()
            regions += taken
        files[path] = ("100755" if (root / source).stat().st_mode & 0o100 else "100644", data)
    return files, regions


# ---- Leaks

TRIVIAL = re.compile(r"[\W\d]*|\W*(return|break|continue|else|if|for|while|true|false|const|auto|\W)*\W*\w?\W*")


def telling(line):
    """A solution's line as it is searched for; None for what says nothing by itself."""
    line = " ".join(line.split())
    return line if len(line) >= 16 and not TRIVIAL.fullmatch(line) else None


def leaks(files, regions, known=()):
    """[(path, line number, line)] of the tree that stand in a solution as well."""
    secret = {telling(line) for region in regions for line in region.text} - {None, *known}
    found = []
    for path, (_, data) in files.items():
        for at, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
            if " ".join(line.split()) in secret:
                found.append((path, at, line.strip()))
    return found


# ---- Branches

class Kit:
    """A bare repository that only grows."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        if not self.path.exists():
            subprocess.run(["git", "init", "-q", "--bare", "-b", "lab1", str(self.path)], check=True)

    def git(self, *words, data=None):
        ran = subprocess.run(["git", "-C", str(self.path), *words], input=data, capture_output=True, check=False)
        return ran.stdout.decode().strip() if ran.returncode == 0 else ""

    def tip(self, branch):
        return self.git("rev-parse", "-q", "--verify", f"refs/heads/{branch}^{{commit}}")

    def contains(self, branch, commit):
        base = self.git("merge-base", branch, commit)
        return base == commit

    def advance(self, branch, files, message, upon=""):
        """One commit more on `branch`, whose tree is `files`, unless that is what it holds already. It
        descends from the commit `upon` as well."""
        old = self.tip(branch)
        parents = [p for p in (old, upon if not (old and upon and self.contains(old, upon)) else "") if p]
        when = max([FIRST_DATE - DAY, *(int(self.git("show", "-s", "--format=%ct", p)) for p in parents)]) + DAY
        stream = [f"commit refs/cut/{branch}\nauthor {AUTHOR} {when} +0000\ncommitter {AUTHOR} {when} +0000\n".encode(),
                  block(message.encode())]
        stream += [f"{'from' if i == 0 else 'merge'} {p}\n".encode() for i, p in enumerate(parents)]
        stream += [b"deleteall\n"]
        for path, (mode, data) in sorted(files.items()):
            stream += [f"M {mode} inline {path}\n".encode(), block(data)]
        subprocess.run(["git", "-C", str(self.path), "fast-import", "--quiet", "--force"], input=b"".join(stream), check=True)
        new = self.git("rev-parse", f"refs/cut/{branch}")
        self.git("update-ref", "-d", f"refs/cut/{branch}")
        same = old and self.git("rev-parse", f"{old}^{{tree}}") == self.git("rev-parse", f"{new}^{{tree}}")
        if same and parents == [old]:
            return False
        self.git("update-ref", f"refs/heads/{branch}", new)
        return True


def block(data):
    return b"data %d\n%s\n" % (len(data), data)


def cut_all(kit_path, root=ROOT, message=""):
    """Cuts every complete lab; returns the names of the branches that have a new commit."""
    labs = load_all(root)
    kit, changed = Kit(kit_path), []
    before = ""
    for lab in complete(labs):
        files, regions = tree(labs, lab.number, set(), root)
        found = leaks(files, regions, [line for some in labs for line in some.known])
        if found:
            where = "\n".join(f"  {path}:{at}: {line}" for path, at, line in found)
            raise CutError(f"lab{lab.number} would hold lines of its solutions:\n{where}")
        branches = {f"lab{lab.number}": set(),
                    f"lab{lab.number}-sol": set(range(1, lab.number + 1)),
                    f"lab{lab.number}-prep": set(range(1, lab.number))}
        upon = kit.tip(before) if before else ""
        for branch, solved in branches.items():
            first = "Hand out" if not kit.tip(branch) else "Update"
            text = message or f"lab{lab.number}: {first} {lab.title}"
            done = files if not solved else tree(labs, lab.number, solved, root)[0]
            if kit.advance(branch, done, text, upon):
                changed.append(branch)
            if branch == f"lab{lab.number}":
                upon = kit.tip(branch)  # -sol and -prep stand on the hand-out
        before = f"lab{lab.number}"
    return changed


# ---- One tree, to look at

def place(folder, files):
    """Makes `folder` hold these files besides build/. What does not differ is not written: make goes by a file's age."""
    for path in [p for p in folder.rglob("*") if p.is_file()]:
        name = str(path.relative_to(folder))
        if not name.startswith(("build/", ".git/")) and name not in files:
            path.unlink()
    for name, (mode, data) in files.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        path.chmod(int(mode[-3:], 8))


def solutions(labs, number, solved, without=()):
    """The exercises done that --solved and --without mean, as cut() wants them."""
    names = next(lab.exercises for lab in labs if lab.number == number)
    if unknown := [name for name in without if name not in names]:
        raise CutError(f"lab {number} has no exercise {unknown[0]!r}; it has: {', '.join(names)}")
    done = {"none": 0, "prep": number - 1, "all": number}[solved]
    if not without:
        return set(range(1, done + 1))
    return set(range(1, number)) | {(number, name) for name in names if name not in without}


def main(argv=None):
    parser = argparse.ArgumentParser(description="Cut the labs' branches out of this tree.")
    parser.add_argument("--out", default=ROOT / "build/labs/kit.git", type=pathlib.Path, help="the repository")
    parser.add_argument("--message", default="", help="what the new commits say")
    parser.add_argument("--try", nargs=2, metavar=("N", "DIR"), dest="attempt",
                        help="only write lab N's tree to a folder, also when it is not complete")
    parser.add_argument("--solved", default="none", choices=("none", "prep", "all"), help="for --try: these exercises")
    parser.add_argument("--without", action="append", default=[], metavar="NAME", help="for --try: all but this exercise")
    options = parser.parse_args(argv)
    try:
        if options.attempt:
            labs, number, folder = load_all(), int(options.attempt[0]), pathlib.Path(options.attempt[1])
            load(number)
            files, _ = tree(labs, number, solutions(labs, number, options.solved, options.without))
            folder.mkdir(parents=True, exist_ok=True)
            return place(folder, files)
        options.out.parent.mkdir(parents=True, exist_ok=True)
        changed = cut_all(options.out, message=options.message)
    except (CutError, FileNotFoundError, ValueError) as error:
        sys.exit(f"labs: {error}")
    for branch in changed:
        print(f"  {branch}")
    if not changed:
        print("  every branch is as it was")


if __name__ == "__main__":
    main()
