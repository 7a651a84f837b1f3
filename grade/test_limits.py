"""What the worst modules inside the limits cost, counted and not timed: the work that the verifier's meter counts, the most heap
that each step has in use, how often it asks for some."""
import json
import subprocess

import pytest
import worst_modules
from qemu import ROOT
from worst_modules import GROWING, WORST

BENCH = ROOT / "build/host/bin/bench-verify"
STEPS = ("decode", "verify", "compile")
MATRIX = 1 << 17  # bytes: which class implements which interface, a bit for each two of at most 1024


def costs(tmp_path, texts):
    """One record for each program text."""
    files = []
    for number, text in enumerate(texts):
        files.append(tmp_path / f"{number}.sasm")
        files[-1].write_text(text)
    run = subprocess.run([BENCH, "--cost", *files], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.mark.parametrize("worst", GROWING, ids=lambda w: w.__name__)
def test_cost_grows_as_the_module_does(tmp_path, worst):
    size = GROWING[worst]
    small, large = costs(tmp_path, [worst(size), worst(4 * size)])
    assert "refused" not in small and "refused" not in large
    most = 1.1 * max(large["file_bytes"] / small["file_bytes"], 4)
    assert large["work"] <= most * small["work"] + 1000
    for step in STEPS:
        assert large[step]["requests"] <= most * small[step]["requests"] + 100, step
        assert large[step]["bytes"] <= most * small[step]["bytes"] + MATRIX, step


# Which of those that ask for too much are refused for it. The others are refused for what is wrong in them, or not at all.
TOO_MUCH = {"fast_rotation", "too_shared_switch", "shared_select", "too_many_combinations", "too_many_races"}
WRONG = {"backwards_refused": "reg.type", "meetings": "reg.conflict", "long_words": "state.endpoint"}


@pytest.mark.parametrize("worst", WORST, ids=lambda w: w.__name__)
def test_what_asks_for_too_much_is_refused(tmp_path, worst):
    cost, = costs(tmp_path, [worst()])
    expected = "module.limit" if worst.__name__ in TOO_MUCH else WRONG.get(worst.__name__)
    assert cost.get("refused") == expected


def test_a_refusal_of_long_words_is_not_endless(tmp_path):
    cost, = costs(tmp_path, [worst_modules.long_words()])
    assert cost["sentence"] < 256 << 10
