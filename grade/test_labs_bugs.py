"""Mistakes that students make, wrong rather than missing: the check of that exercise has to see each of them. They are data, in
labs/labN/bugs.toml:

    [[bug]]
    name = "only_its_first_page"
    file = "kern/native/address_space.cc"   # of the solved tree
    right = "text that stands there once"   # or several, in a list
    wrong = "what stands there instead"     # as many
    test = "process_memory_is_its_own"      # the check that loses its points
"""
import sys
import tomllib

import pytest
from qemu import ROOT

sys.path.insert(0, str(ROOT / "labs"))
from workshop import COMPLETE, kinds, lost  # noqa: E402


def bugs():
    """A lab's are tried one after the other in one folder."""
    for number in (lab.number for lab in COMPLETE):
        path = ROOT / f"labs/lab{number}/bugs.toml"
        for bug in tomllib.loads(path.read_text())["bug"] if path.exists() else []:
            yield pytest.param(number, bug, id=f"lab{number}-{bug['name']}")


@pytest.mark.parametrize("number, bug", bugs())
def test_a_bug_is_seen(workshops, number, bug):
    lab = workshops(number)
    lab.solve()
    changes = ([bug["right"]], [bug["wrong"]]) if isinstance(bug["right"], str) else (bug["right"], bug["wrong"])
    for right, wrong in zip(*changes, strict=True):
        lab.change(bug["file"], right, wrong)
    results, printed = lab.grade("--check", bug["test"])
    assert bug["test"] in lost(results) and not kinds(results) & {"build", "not done"}, printed
