"""Contracts in which both sides may speak, in every protection mode: two SIPs whose answers and cancellations cross each other,
and walks along contracts made at random."""
import subprocess

import pytest
import walks
from qemu import ROOT
from test_sip import CLEAN, MODES, SIPV, module  # noqa: F401  (a fixture)

SIPS = ROOT / "grade/sips"
SINGC = ROOT / "build/host/bin/singc"
ROUNDS = 4000


@pytest.fixture
def jobs(tmp_path):
    """The server and the client as boot modules."""
    modules = []
    for name in ("job_server", "job_client"):
        target = tmp_path / f"{name}.sbc"
        subprocess.run([SINGC, f"grade/sips/{name}.sing", "-o", target], check=True, cwd=ROOT)
        modules.append(target)
    return modules


@pytest.mark.parametrize("mode", MODES)
def test_both_sides_speak_at_once(boot, jobs, mode):
    quarter = ROUNDS // 4
    answered = sum(n for n in range(ROUNDS) if n % 4 != 2)  # each answer is as long as its number says
    result = boot(f"protect={mode} run=job_server,job_client", modules=jobs, limit=60).expect_ok(CLEAN)
    assert sorted(result.console.splitlines()[1:-1]) == sorted([  # which of the two tells first is the scheduler's affair
        f"server: thanked {quarter}", f"server: too late {2 * quarter}", f"server: cancelled {quarter}",
        f"client: crossed {2 * quarter}", f"client: gone {quarter}", f"client: bytes {answered}"])


@pytest.mark.parametrize("mode", MODES)
def test_queues_are_long_enough_for_every_walk(boot, module, tmp_path, mode):
    tried, source = tmp_path / "tried.sasm", tmp_path / "walks.sasm"

    def is_accepted(text):
        tried.write_text(text)
        return subprocess.run([SIPV, "verify", tried], capture_output=True).returncode == 0

    source.write_text(walks.module(MODES.index(mode), count=12, steps=5000, is_accepted=is_accepted))
    boot(f"protect={mode}", modules=[module("walks", source)], limit=60).expect_ok(CLEAN)
