"""SIPs are killed at random moments, two thousand times in each mode, while others work, and one of them with its threads in any
mix of states; then everything is counted."""
import re

import pytest
from qemu import ROOT
from test_sip import CLEAN, MODES, compiled, module  # noqa: F401  (fixtures)

PROGRAMS = ROOT / "verifier/testdata/programs"
VICTIMS = ["spinner", "yielder", "client", "driver", "hoards_channels"]
ENDING = ["hello", "explicit_trap", "stack_overflow", "trees", "endpoints_over_channel"]


def storm(boot, module, compiled, append):  # noqa: F811
    modules = [f"{module('adder')} stays", f"{module('client')} good", module("driver"),
               f"{compiled('crew')} good"]
    modules += [module(name) for name in VICTIMS if name not in ("client", "driver")]
    modules += [module(name, PROGRAMS / f"{name}.sasm") for name in ENDING]
    result = boot(f"{append} test=storm", modules=modules, limit=240)
    result.expect_ok("storm: ", CLEAN, "TEST storm: ok")
    started, killed, ended, refused = map(int, re.search(
        r"storm: (\d+) SIPs were started, (\d+) killed, (\d+) ended by themselves, (\d+) refused", result.console).groups())
    assert killed >= 2000 and started == killed + ended, result.explain()
    assert ended > 100 and refused > 10, result.explain()  # both happened: the storm met SIPs in every condition
    return result


@pytest.mark.parametrize("mode", MODES)
def test_nothing_is_lost_in_a_storm(boot, module, compiled, mode):  # noqa: F811
    storm(boot, module, compiled, f"protect={mode}")


def test_another_storm(boot, module, compiled):  # noqa: F811
    storm(boot, module, compiled, "protect=paging seed=2")
