"""Runs the fuzz targets, two at a time, and says what came of it: programs tried, how fast, edges covered, crashes.

An input that crashes a target or takes it too long is kept in build/fuzz/crashes, and then the exit status is 1. What a target
has found before lies in build/fuzz/found; --merge takes from there into grade/fuzz/corpus what covers more than the seeds do.
"""

import argparse
import concurrent.futures
import random
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FUZZ = ROOT / "build/fuzz"
CORPUS = ROOT / "grade/fuzz/corpus"
TEXTS = {"assembler": ["verifier/testdata"], "singc": ["user", "lib/sing"]}
LARGEST_KEPT = 640  # bytes of an input that is committed
MODULES = ("decoder", "verifier", "compiler")  # their input is a .sbc file
LARGEST = {"decoder": 16384, "verifier": 16384, "compiler": 16384, "assembler": 8192, "singc": 8192, "differential": 4096}


def assembled_seeds():
    """Every program of the test set that can be assembled, as a .sbc file."""
    folder = FUZZ / "seeds/sbc"
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted((ROOT / "verifier/testdata").rglob("*.sasm")):
        out = folder / "-".join(source.relative_to(ROOT / "verifier/testdata").with_suffix(".sbc").parts)
        if not out.exists() or out.stat().st_mtime < source.stat().st_mtime:
            out.touch()  # some are no module at all
            subprocess.run([ROOT / "build/host/bin/sipv", "asm", source, "-o", out], check=False, capture_output=True)
    return folder


def text_seeds(target):
    """The texts as links, in a folder without other files."""
    folder = FUZZ / "seeds" / target
    folder.mkdir(parents=True, exist_ok=True)
    suffix = ".sasm" if target == "assembler" else ".sing"
    for part in TEXTS[target]:
        for source in (ROOT / part).rglob("*" + suffix):
            link = folder / "-".join(source.relative_to(ROOT).parts)
            if not link.exists():
                link.symlink_to(source)
    return folder


def random_seeds():
    """Decisions for the generator."""
    folder = FUZZ / "seeds/random"
    folder.mkdir(parents=True, exist_ok=True)
    dice = random.Random(2012)
    for n in range(100):
        (folder / str(n)).write_bytes(dice.randbytes(dice.randint(100, 4000)))
    return folder


def seeds(target):
    """A folder of inputs to begin with."""
    if target in MODULES:
        return assembled_seeds()
    return text_seeds(target) if target in TEXTS else random_seeds()


def dictionary(target):
    """The words of a text format, for libFuzzer to put in whole."""
    words = set()
    if target == "assembler":
        words |= set(re.findall(r'^(?:OP|ALU|COND)\(\w+, +"(\w+)"', (ROOT / "verifier/isa.def").read_text(), re.M))
        words |= {"func", "class", "struct", "contract", "types", "state", "select", "case", "closed", "member", "lent "}
    else:
        words |= set(re.findall(r'"([^"\\]+)"', (ROOT / "user/singc/tokens.def").read_text()))
    path = FUZZ / f"{target}.dict"
    path.write_text("".join(f'"{word}"\n' for word in sorted(words)))
    return path


def command(target, *more):
    crashes = FUZZ / "crashes"
    crashes.mkdir(parents=True, exist_ok=True)
    options = [f"-artifact_prefix={crashes}/{target}-", f"-max_len={LARGEST[target]}", "-timeout=20", "-rss_limit_mb=3000"]
    if target in TEXTS:
        options.append(f"-dict={dictionary(target)}")
    return [str(FUZZ / "bin" / target), *options, *more]


def fuzz(target, seconds):
    """One line of the table, and whether nothing crashed."""
    found = FUZZ / "found" / target
    found.mkdir(parents=True, exist_ok=True)
    folders = [found, seeds(target)] + ([CORPUS / target] if (CORPUS / target).exists() else [])
    before = set((FUZZ / "crashes").glob(f"{target}-*"))
    run = subprocess.run(command(target, f"-max_total_time={seconds}", "-print_final_stats=1", *map(str, folders)),
                         cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    (FUZZ / f"{target}.log").write_text(run.stderr)
    numbers = dict(re.findall(r"stat::(\w+): +(\d+)", run.stderr))
    tried = int(numbers.get("number_of_executed_units", 0))
    spent = re.findall(r"in (\d+) second", run.stderr)
    rate = tried // max(1, int(spent[-1]) if spent else seconds)
    edges = (re.findall(r" cov: (\d+)", run.stderr) or ["0"])[-1]
    crashes = sorted(set((FUZZ / "crashes").glob(f"{target}-*")) - before)
    line = f"{target:<13}{tried:>12,}{rate:>10,}{edges:>8}{len(crashes):>9}"
    for crash in crashes:
        line += f"\n  {crash.relative_to(ROOT)}: repeat with  build/fuzz/bin/{target} {crash.relative_to(ROOT)}"
    if run.returncode and not crashes:
        line += f"\n  ended with status {run.returncode}: see build/fuzz/{target}.log"
    return line, run.returncode == 0 and not crashes


def merge(target):
    """Into the committed corpus goes what covers more than the seeds that make can build again."""
    kept = CORPUS / target
    kept.mkdir(parents=True, exist_ok=True)
    base = FUZZ / "merged" / target
    base.mkdir(parents=True, exist_ok=True)
    subprocess.run(command(target, "-merge=1", base, seeds(target)), cwd=ROOT, capture_output=True, check=True)
    known = {path.name for path in base.iterdir()}
    subprocess.run(command(target, "-merge=1", base, kept, FUZZ / "found" / target), cwd=ROOT, capture_output=True, check=True)
    for path in base.iterdir():
        if path.name not in known and path.stat().st_size <= LARGEST_KEPT:
            (kept / path.name).write_bytes(path.read_bytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--merge", action="store_true")
    parser.add_argument("targets", nargs="+")
    arguments = parser.parse_args()
    if arguments.merge:
        for target in arguments.targets:
            merge(target)
        return 0
    print(f"{'target':<13}{'programs':>12}{'a second':>10}{'edges':>8}{'crashes':>9}", flush=True)
    good = True
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for line, fine in pool.map(lambda target: fuzz(target, arguments.seconds), arguments.targets):
            print(line, flush=True)
            good = good and fine
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
