"""The fuzz targets over their corpus and the test set, without sanitizers, and a fixed number of generated programs through
verifier, interpreter and compiled code. `make fuzz` is the long run."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "grade/fuzz/corpus"
GENERATED = 2000
SING = [*sorted((ROOT / "user").glob("*/*.sing")), ROOT / "user/singc/testdata", ROOT / "lib/sing"]
SASM = sorted((ROOT / "verifier/testdata").rglob("*.sasm"))


def replay(target, *inputs):
    """Runs the target over files, folders, or made-up inputs, and returns how many there were."""
    done = subprocess.run([str(ROOT / "build/fuzz/replay" / target), *map(str, inputs)], cwd=ROOT, capture_output=True,
                          text=True, errors="replace", timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return int(re.fullmatch(r"(\d+) inputs\n", done.stdout)[1])


@pytest.mark.parametrize("target", sorted(folder.name for folder in CORPUS.iterdir()))
def test_corpus(target):
    folder = CORPUS / target
    files = sum(path.is_file() for path in folder.iterdir())
    assert files > 10
    assert replay(target, folder) == files


@pytest.fixture(scope="module")
def modules(tmp_path_factory):
    """The test set as .sbc files, but for what is no module."""
    folder = tmp_path_factory.mktemp("modules")
    for n, source in enumerate(SASM):
        subprocess.run([ROOT / "build/host/bin/sipv", "asm", source, "-o", folder / f"{n}.sbc"], capture_output=True, check=False)
    return folder


@pytest.mark.parametrize("target", ["decoder", "verifier", "compiler"])
def test_modules_of_the_test_set(target, modules):
    assert replay(target, modules) > 150


def test_texts_of_the_test_set():
    assert replay("assembler", *SASM) == len(SASM)
    assert replay("singc", *SING) > 50


def test_generated_programs_run_as_compiled_code_as_they_do_in_the_interpreter():
    assert replay("differential", "--random", GENERATED) == GENERATED
