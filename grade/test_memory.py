"""No memory left: modules that ask much of the verifier and the compiler, and SIPs that ask for all there is."""
import re
import subprocess

import pytest
from qemu import ROOT, End
from test_processes import compile_sing
from test_sip import CLEAN, MODES, SIPS, module  # noqa: F401  (a fixture)
from worst_modules import WORST


@pytest.mark.parametrize("worst", WORST, ids=lambda w: w.__name__)
def test_what_asks_much_of_the_kernel_is_installed_or_refused(boot, module, tmp_path, worst):
    source = tmp_path / "worst.sasm"
    source.write_text(worst())
    hello = module("hello", ROOT / "verifier/testdata/programs/hello.sasm")
    result = boot("memory=1 run=worst,hello", modules=[module("worst", source), hello], limit=60)
    result.expect(result.end, "hello, world", CLEAN)
    assert result.end == End.OK, result.explain()
    for step, took, most in re.findall(r"install (\w+): took (\d+) KB of (\d+) KB", result.console):
        assert int(took) <= int(most), result.explain()


# ---- SIPs that take all they can get: their quotas, which together are not more than there is, are what ends them


def trapped(result, *names):
    """Each of them found no memory left, alone, and gave everything back."""
    for name in names:
        assert f"sip {name}: trapped OutOfMemory at main+0x" in result.console, result.explain()
    result.expect(End.FAILED, CLEAN)


@pytest.mark.parametrize("mode", ("physical", "microkernel"))
@pytest.mark.parametrize("what", ("vectors", "structs", "channels"))
def test_a_hoarder_gives_everything_back(boot, module, mode, what):
    name = f"hoards_{what}"
    trapped(boot(f"protect={mode}", modules=[module(name)], limit=60), name)


@pytest.mark.parametrize("mode", ("physical", "microkernel"))
def test_hoarders_at_the_same_time(boot, module, mode):
    names = ("hoards_vectors", "hoards_structs", "hoards_channels")
    result = boot(f"protect={mode} run={','.join(names)}", modules=[module(n) for n in names], limit=60)
    trapped(result, "hoards_channels")  # the last one, for which the machine waits


@pytest.mark.parametrize("mode", ("physical", "microkernel"))
def test_an_exchange_quota(boot, module, tmp_path, mode):
    source = tmp_path / "modest.sasm"
    text = (ROOT / "grade/sips/hoards_vectors.sasm").read_text()
    source.write_text(text.replace("exchange 8000", "exchange 1000").replace("hoards_vectors", "modest"))
    trapped(boot(f"protect={mode}", modules=[module("modest", source)]), "modest")


@pytest.mark.parametrize("mode", ("physical", "microkernel"))
def test_what_nobody_reaches_does_not_use_up_an_exchange_quota(boot, tmp_path, mode):
    sip = compile_sing(SIPS / "garbage_cells.sing", tmp_path / "garbage_cells.sbc")
    boot(f"protect={mode}", modules=[sip]).expect(End.OK, "40000 kept\n", CLEAN)


def exchange_quota(module, tmp_path, name, pages):  # noqa: F811
    source = tmp_path / f"{name}.sasm"
    source.write_text(f"sip {name} {{\n    exchange {pages}\n}}\nfunc main() {{\n    retv\n}}\n")
    return module(name, source)


def test_more_exchange_memory_than_there_is(boot, module, tmp_path):
    modules = [exchange_quota(module, tmp_path, *sip) for sip in (("modest", 16), ("vast", 262144))]
    boot("run=vast,modest", modules=modules).expect_ok(
        "install vast.sbc: refused: vast: asks for 262144 pages of the exchange heap, and the machine has ", CLEAN)


def test_exchange_quotas_are_reserved(boot, module, tmp_path):
    """Two that are each less than what there is, and together more."""
    modules = [exchange_quota(module, tmp_path, *sip) for sip in (("large", 16000), ("larger", 17000))]
    boot("run=large,larger", modules=modules).expect(
        End.FAILED, "install larger.sbc: refused: larger: no memory left to start it", CLEAN)


@pytest.mark.parametrize("mode", MODES)
def test_who_is_given_too_much_does_no_harm(boot, tmp_path, mode):
    """A server of 64 pages is given 256 at once, and serves on; a client of 16 pages keeps what it gets until nobody pays for it."""
    names = ("loan_server", "loan_hoarder", "loan_rich")
    modules = [compile_sing(SIPS / f"{name}.sing", tmp_path / f"{name}.sbc") for name in names]
    result = boot(f"protect={mode} run={','.join(names)}", modules=modules).expect_ok(
        "sip loan_hoarder: trapped OutOfMemory at Main+0x", "rich was served", CLEAN)
    # 16,000 bytes are four pages of its 16 and a cell: three times it pays itself, then four times its server does.
    assert re.findall(r"^hoarder has (\d+)$", result.console, re.M)[-1] == "7", result.explain()


@pytest.mark.parametrize("mode", MODES)
def test_what_nobody_reaches_keeps_nobody_from_receiving(boot, tmp_path, mode):
    names = ("loan_server", "loan_dropper")
    modules = [compile_sing(SIPS / f"{name}.sing", tmp_path / f"{name}.sbc") for name in names]
    boot(f"protect={mode} run={','.join(names)}", modules=modules).expect_ok("dropped all, 20 joined\n", CLEAN)


@pytest.mark.parametrize("mode", MODES)
def test_who_joins_messages_is_asked_for_all_of_them(boot, tmp_path, mode):
    """Of 16 pages one vector of 14 fits, so the first is lent and the second makes it a hoarder: then two together do not fit."""
    names = ("loan_server", "loan_joiner")
    modules = [compile_sing(SIPS / f"{name}.sing", tmp_path / f"{name}.sbc") for name in names]
    result = boot(f"protect={mode} run={','.join(names)}", modules=modules).expect(
        End.FAILED, "sip loan_joiner: trapped OutOfMemory at Main+0x", CLEAN)
    assert re.findall(r"^joiner keeps (\d+)$", result.console, re.M)[-1] == "2", result.explain()


@pytest.mark.parametrize("gc", ("", " gc=stress"))
@pytest.mark.parametrize("mode", MODES)
def test_what_nobody_reaches_keeps_no_thread_from_starting(boot, tmp_path, mode, gc):
    sip = compile_sing(SIPS / "garbage_threads.sing", tmp_path / "garbage_threads.sbc")
    boot(f"protect={mode}{gc}", modules=[sip]).expect(End.OK, "100 started, 29900\n", CLEAN)


@pytest.mark.parametrize("mode", ("physical", "microkernel"))
def test_no_memory_to_start(boot, module, tmp_path, mode):
    sources = []
    for name in ("large", "larger"):
        source = tmp_path / f"{name}.sasm"
        source.write_text(f"sip {name} {{\n    memory 20000\n}}\nfunc main() {{\n    retv\n}}\n")
        sources.append(module(name, source))
    boot(f"protect={mode} run=large,larger", modules=sources).expect(
        End.FAILED, "install larger.sbc: refused: larger: no memory left to start it", CLEAN)


@pytest.mark.parametrize("mode", ("physical", "microkernel"))
def test_an_array_for_which_memory_is_too_broken_up(boot, tmp_path, mode):
    """Half of the SIP's quota is free and no run of it is long enough: the trap of a quota that is used up, and no harm done."""
    sip = compile_sing(SIPS / "fragments.sing", tmp_path / "fragments.sbc")
    result = boot(f"protect={mode}", modules=[sip], limit=60).expect(
        End.FAILED, "1 in a large array\n", "zone       free ", "sip fragments: trapped OutOfMemory at Main+0x", CLEAN)
    free, runs, largest = map(int, re.search(r"^SIPs +(\d+) +(\d+) +(\d+)$", result.console, re.M).groups())
    assert free > 12000 and runs == 6500 and largest < 9000 and "in another" not in result.console, result.explain()
