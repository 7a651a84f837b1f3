"""The verifier with switches (verifier/mutants): no check can be missing without a test that notices, and pass 6 catches what
pass 5 gets wrong.
"""
import json
import os
import subprocess

import pytest
import qemu

UNCHECKED = qemu.ROOT / "build/unchecked"
RULES = qemu.ROOT / "verifier/testdata/rules"


def check(file, text):
    """The number of the one check with this text."""
    numbers = [c["number"] for c in json.loads((UNCHECKED / "checks.json").read_text())
               if (c["file"], c["text"]) == (f"verifier/{file}", text)]
    assert len(numbers) == 1, f"{len(numbers)} checks of {file} say {text}"
    return numbers[0]


def verify(program, *off):
    environment = dict(os.environ, UNCHECKED=",".join(map(str, off)) or "0")
    return subprocess.run([UNCHECKED / "bin/sipv", "verify", RULES / program], env=environment, capture_output=True,
                          text=True, timeout=60)


def test_each_check_is_missed_by_a_test():
    ran = subprocess.run([UNCHECKED / "bin/kill", "verifier/mutants/kept.txt"], cwd=qemu.ROOT, capture_output=True,
                         text=True, timeout=600 * qemu.time_factor())
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("name", ("one-path", "loop-allocates", "edge-of-null"))
def test_pass_6_refuses_what_a_broken_pass_5_lets_through(name):
    program = f"own.meet/reject-{name}.sasm"
    lost = check("fixpoint.cc", "met.lost")
    assert "[own.meet]" in verify(program).stderr
    assert "[flow.edge]" in verify(program, lost).stderr
    edges = check("verify.cc", "TRY(check_edges(program, number, entry, meter, workspace))")
    assert verify(program, lost, edges).returncode == 0


def test_a_refusal_names_the_checks_that_failed_and_each_can_be_switched_off():
    program = "reg.type/reject-long-as-int.sasm"
    failed = [int(line.split()[1]) for line in verify(program).stderr.splitlines() if line.startswith("check ")]
    assert any(verify(program, n).returncode == 0 for n in failed)
    assert verify(program, 1).returncode == 2, "there is no check 1"


def test_the_kernel_runs_what_it_does_not_check(boot, tmp_path):
    program = RULES / "reg.type/reject-pointer-arithmetic.sasm"
    module = tmp_path / "bad.sbc"
    subprocess.run([qemu.ROOT / "build/host/bin/sipv", "asm", program, "-o", module], check=True)
    off = [int(line.split()[1]) for line in verify(program).stderr.splitlines() if line.startswith("check ")]
    kernel = UNCHECKED / "kernel.elf"
    boot("run=bad", modules=[module], kernel=kernel).expect(qemu.End.FAILED, "install bad.sbc: refused")
    accepted = next(n for n in off if verify(program, n).returncode == 0)
    boot(f"unchecked={accepted} run=bad", modules=[module], kernel=kernel).expect_ok("all SIPs have ended")
