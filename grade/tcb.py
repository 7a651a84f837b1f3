"""How much has to be right for isolation to hold: `make tcb`.

What is trusted is not a matter of opinion here: it is what the kernel was linked from, as the compiler's dependency files tell
it, headers included. C++ at CPL 0 has nothing below it, so a file that only words a message counts like one that checks a
rule. Everything else in the tree can be wrong without a SIP getting out. Lines are counted by cloc, without blank lines and
comments.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BEGIN, END = "<!-- tcb begin -->\n", "<!-- tcb end -->\n"
# Languages that cloc does not know by their suffix, counted as the nearest one that it does.
SUFFIXES = {"sing": "C#", "sasm": "Assembly", "def": "C++", "ld": "C"}

# First match decides. A trusted file that matches nothing is an error: nobody has said what it is for.
TRUSTED = [
    ("compiler to x86", r"verifier/x86/.*|verifier/(compile|budget)\.\w+"),
    ("verifier: what is said of a refusal", r"verifier/(diagnosis|message|text|dis\w*|asm_names)\.\w+"),
    ("verifier: decoding and the six passes", r"verifier/.*"),
    ("run-time of a SIP: collector, stacks, helpers", r"lib/rt/.*"),
    ("containers and formatting", r"lib/core/.*"),
    ("kernel: boot, processor, devices", r"kern/(boot|cpu|dev)/(?!.*_ktest).*|kern/(error\.hh|kernel\.ld)"),
    ("kernel: memory", r"kern/mem/(?!.*_ktest).*"),
    ("kernel: processes and kernel calls", r"kern/(proc|abi)/(?!.*_ktest).*"),
    ("kernel: C++ processes at CPL 3", r"kern/native/(?!.*_ktest).*"),
    ("kernel: exchange heap and channels", r"kern/ipc/(?!.*_ktest).*"),
    ("kernel: installing", r"kern/install/(?!.*_ktest).*"),
    ("kernel: the plain machine, which runs only when asked", r"kern/plain/(?!.*_ktest).*"),
    ("self-tests, which run only when asked", r"kern/.*_ktest\.cc"),
]
UNTRUSTED = [
    ("tests", r".*_test\.cc|grade/test_\w+\.py|grade/conftest\.py|.*/testdata/.*|grade/(sips|golden|attacks)/.*"),
    ("fuzzers, mutants and benchmarks", r"verifier/(fuzz|mutants|bench)/.*"),
    ("SIPs in Sing: drivers, file system, services", r"user/.*\.sing|lib/sing/.*"),
    ("C++ processes for CPL 3", r"user/native/.*"),
    ("compiler from Sing to bytecode", r"user/singc/.*"),
    ("GDB's side of debugging", r"kern/debug/.*"),
    ("host tools: assembler, interpreter, sipv, disks", r"verifier/.*|user/.*|lib/.*|kern/.*"),
    ("labs, graders, clocks, figures", r"(grade|labs|handouts)/.*"),
]


def linked_files(dependency_files):
    """The tree's files that the objects with these dependency files were made from."""
    files = set()
    for path in dependency_files:
        rule = path.read_text().replace("\\\n", " ").split("\n", 1)[0]
        files.update(word for word in rule.split(":", 1)[1].split() if not word.startswith("/"))
    return {f for f in files if not f.startswith("build/")} | {"kern/kernel.ld"}


def tree_files():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(listed.stdout.splitlines())


def count_lines(files):
    """Lines of code by file; what cloc takes for no programming language is left out."""
    options = [f"--force-lang={language},{suffix}" for suffix, language in SUFFIXES.items()]
    ran = subprocess.run(["cloc", "--json", "--by-file", "--skip-uniqueness", "--quiet", *options,
                          "--exclude-lang=Markdown,JSON,SVG,Text,TOML,YAML", "--list-file=-"],
                         cwd=ROOT, input="\n".join(sorted(files)), capture_output=True, text=True)
    if ran.returncode:
        sys.exit(f"tcb: cloc failed: {ran.stderr.strip() or ran.stdout.strip()}")
    report = json.loads(ran.stdout)
    return {f.removeprefix("./"): entry["code"] for f, entry in report.items() if f not in ("header", "SUM")}


def sum_up(lines, files, groups):
    """[(group, lines)] in the order of `groups`; exits if a file belongs to none."""
    sums = dict.fromkeys((name for name, _ in groups), 0)
    for file in sorted(files & lines.keys()):
        name = next((name for name, pattern in groups if re.fullmatch(pattern, file)), None)
        if name is None:
            sys.exit(f"tcb: {file} belongs to no group of grade/tcb.py")
        sums[name] += lines[file]
    return [(name, count) for name, count in sums.items() if count]


def count(dependency_files):
    linked = linked_files(dependency_files)
    tree = tree_files() | linked
    top = {"GNUmakefile", "README.md", "LICENSE"}
    rest = {f for f in tree - linked if "/" in f and not f.startswith(".")} - top
    lines = count_lines(linked | rest)
    uncounted = [f for f in linked if f not in lines]
    if uncounted:
        sys.exit(f"tcb: cloc does not count {uncounted[0]}: give its suffix a language in grade/tcb.py")
    return sum_up(lines, linked, TRUSTED), sum_up(lines, rest, UNTRUSTED)


def table(trusted, untrusted):
    """The two lists as a Markdown table, which is also fit for a terminal."""
    total = sum(n for _, n in trusted)
    others = sum(n for _, n in untrusted)
    rows = [("**must be right for isolation to hold**", f"**{total:,}**"),
            *((name, f"{n:,}") for name, n in trusted),
            ("**may be wrong**", f"**{others:,}**"), *((name, f"{n:,}") for name, n in untrusted)]
    width = max(len(name) for name, _ in rows)
    head = f"| {'lines of code, without blanks and comments':{width}} | {'lines':>10} |\n|{'-' * (width + 2)}|{'-' * 11}:|\n"
    return head + "".join(f"| {name:{width}} | {n:>10} |\n" for name, n in rows)


def in_readme(text):
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    return begin, end


def main():
    parser = argparse.ArgumentParser(description="count the lines that must be right for isolation to hold")
    parser.add_argument("dependencies", nargs="+", type=pathlib.Path, help="the kernel's objects' .d files")
    parser.add_argument("--readme", action="store_true", help="write the table into README.md")
    arguments = parser.parse_args()
    text = table(*count(arguments.dependencies))
    print(text, end="")
    if arguments.readme:
        readme = README.read_text()
        begin, end = in_readme(readme)
        README.write_text(readme[:begin] + text + readme[end:])


if __name__ == "__main__":
    main()
