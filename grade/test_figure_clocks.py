"""Figure 5's program with the real kernel under the clocks besides the model, and with SYSENTER."""

import json

import figure5
import pytest
import qemu
import series

MODULES = [word for sip in figure5.SIPS for word in ("--module", str(qemu.ROOT / f"build/user/{sip}.sbc"))]
DISK = ["--disk", str(qemu.ROOT / "build/disk.img")]


def figure(folder, *arguments):
    """The figure5.json of a run of 10 reads."""
    assert figure5.main(["--reads", "10", "--out", str(folder), *MODULES, *DISK, *arguments]) == 0
    return json.loads((folder / "figure5.json").read_text())


@pytest.mark.parametrize("clock", ("tcg", "icount"))
def test_clock_counts_the_whole_road(tmp_path, clock):
    data = figure(tmp_path, "--clock", clock, "--modes", "physical")
    assert data["clock"] == clock and data["model"] is None
    assert data["bars"][0]["cycles"] > 0 and data["bars"][0]["breakdown"] == {}


def test_sysenter_is_how_ring3_calls_the_kernel(tmp_path):
    counts = {trap: figure(tmp_path, "--modes", "ring3", "--trap", trap)["bars"][0]["counts"] for trap in series.TRAPS}
    assert counts["int"]["interrupt"] > 0 and counts["int"]["sysenter"] == 0
    assert counts["sysenter"]["interrupt"] == 0 and counts["sysenter"]["sysenter"] == counts["int"]["interrupt"]
