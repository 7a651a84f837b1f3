"""Figure 5 from real runs: its bars stand in the paper's order, and a second run gives the same figures."""
import concurrent.futures
import json

import figure5
import measure
import pytest
import qemu
import series
from clock import parameters
from qemu import ROOT

READS = 20
MODES = {mode.name: mode for mode in figure5.MODES}
TWICE = ("physical", "microkernel", "native")


def runs_of(names, clock):
    """A figure5.Run of each mode in `names`, two machines at a time."""
    modules = [ROOT / f"build/user/{sip}.sbc" for sip in figure5.SIPS]
    modules += [ROOT / f"build/user/native/{process}.elf" for process in figure5.PROCESSES]
    machine = qemu.Machine(modules=modules, disk=ROOT / "build/disk.img", limit=60)
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(lambda name: figure5.run_once(clock, machine, MODES[name], READS, "int"), names))


@pytest.fixture(scope="module")
def modelled():
    """{mode: [Run, ...]}: one of each mode, two of those in TWICE."""
    names = [*MODES, *TWICE]
    runs = {}
    for name, run in zip(names, runs_of(names, measure.Clock("model", parameters.load("k8")))):
        runs.setdefault(name, []).append(run)
    return runs


def test_all_modes_read_the_same_bytes(modelled):
    assert figure5.check_work(modelled).reads == READS


def test_bars_stand_in_the_papers_order(modelled):
    cycles = {mode.name: modelled[mode.name][0].span.cycles for mode in series.MODES}
    assert sorted(cycles, key=cycles.get) == list(cycles), cycles


def test_processes_cross_into_the_kernel_and_copy(modelled):
    """What the bar of our own is there for: three address spaces, system calls by INT, messages by copying."""
    native, physical = (modelled[name][0].span for name in ("native", "physical"))
    assert native.counts["interrupt"] > 8 * READS and native.counts["load_cr3"] > 6 * READS
    copied = native.counts["rep_step"] - physical.counts["rep_step"]
    assert copied * 4 > 1.9 * modelled["native"][0].work.bytes


@pytest.mark.parametrize("mode", TWICE)
def test_two_runs_agree(modelled, mode):
    first, second = (run.span for run in modelled[mode])
    assert abs(first.cycles - second.cycles) <= first.cycles / 1000, (first, second)


def test_instructions_can_be_counted_instead(modelled):
    names = ("physical", "ring3", "physical")
    first, ring3, second = runs_of(names, measure.Clock("icount"))
    assert first.work == ring3.work == modelled["physical"][0].work
    assert ring3.span.cycles > first.span.cycles > 0
    assert abs(first.span.cycles - second.span.cycles) <= first.span.cycles / 1000


def test_a_policy_is_a_bar_of_its_own(tmp_path):
    """All three in one domain at CPL 3, over one heap: cheaper than apart, dearer than at CPL 0."""
    policy = tmp_path / "together.txt"
    policy.write_text("* together 3\n")
    modules = [word for sip in figure5.SIPS for word in ("--module", str(ROOT / f"build/user/{sip}.sbc"))]
    assert figure5.main(["--reads", str(READS), "--modes", "paging,microkernel", "--policy", str(policy), "--out", str(tmp_path),
                         "--disk", str(ROOT / "build/disk.img"), *modules]) == 0
    cycles = {bar["mode"]: bar["cycles"] for bar in json.loads((tmp_path / "figure5.json").read_text())["bars"]}
    assert cycles["paging"] < cycles["policy"] < cycles["microkernel"]
