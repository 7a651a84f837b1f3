"""SIPs in the kernel: installed, run, trapped, refused, in every protection mode, and nothing left behind."""
import re
import subprocess

import pytest
from qemu import ROOT, End
from test_sipv import PROGRAMS, SIPV, expectations

MODES = ("nochecks", "physical", "paging", "domain", "ring3", "microkernel")
SIPS = ROOT / "grade/sips"
SINGC = ROOT / "build/host/bin/singc"
CLEAN = "singlet: all SIPs have ended; leaked: 0 frames, 0 blocks, 0 endpoints"


@pytest.fixture
def module(tmp_path):
    """module("client"): grade/sips/client.sasm as a boot module."""

    def assemble(name, source=None):
        source = source or SIPS / f"{name}.sasm"
        target = tmp_path / f"{name}.sbc"
        subprocess.run([SIPV, "asm", source, "-o", target], check=True, cwd=ROOT)
        return target

    return assemble


def compile_sing(source, target, root=ROOT):
    """A .sing file as a .sbc file; `root` is where its `using` begins."""
    subprocess.run([SINGC, source, "-I", root, "-o", target], check=True, cwd=ROOT)
    return target


@pytest.fixture
def compiled(tmp_path):
    """compiled("crew"): grade/sips/crew.sing as a boot module."""

    def compile_it(name):
        return compile_sing(SIPS / f"{name}.sing", tmp_path / f"{name}.sbc")

    return compile_it


def printed(console):
    """What the SIPs printed: the console without the kernel's own lines."""
    ours = ("Singlet", "sip ", "singlet: ", "install ")
    return "".join(line + "\n" for line in console.splitlines() if not line.startswith(ours))


# ---- The counter, which counts instructions where QEMU is deterministic

TICKS = """sip Ticks { }
void Spin(int times) { for (int i = 0; i < times; i++) { } }
void Main() {
  int first = Kernel.Ticks();
  Spin(100000);
  int second = Kernel.Ticks();
  Spin(200000);
  int third = Kernel.Ticks();
  Kernel.PrintInt(second - first);
  Kernel.Print(" ");
  Kernel.PrintInt(third - second);
  Kernel.Print("\\n");
}
"""


@pytest.mark.parametrize("mode", MODES)
def test_ticks_count_what_was_done(boot, tmp_path, mode):
    """Three instructions a turn of the loop, and a call of the kernel's that is the same both times."""
    (tmp_path / "ticks.sing").write_text(TICKS)
    subprocess.run([ROOT / "build/host/bin/singc", tmp_path / "ticks.sing", "-o", tmp_path / "ticks.sbc"], check=True, cwd=ROOT)
    result = boot(f"protect={mode}", modules=[tmp_path / "ticks.sbc"]).expect_ok(CLEAN)
    once, twice = map(int, re.search(r"^(\d+) (\d+)$", result.console, re.M).groups())
    assert twice - once == 300_000 and 300_000 < once < 301_000, result.explain()


# ---- One SIP: what the interpreter says is what the machine does


@pytest.mark.parametrize("mode", ("physical", "microkernel"))
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.stem)
def test_program_does_what_the_interpreter_did(boot, module, program, mode):
    expect, console = expectations(program)
    result = boot(f"protect={mode} verbose=1", modules=[module(program.stem, program)])
    assert printed(result.console) == console, result.explain()
    if expect == "deadlock":
        result.expect(End.FAILED, "singlet: every SIP waits for another, and none can go on")
        return
    kind, rest = expect.split(" ", 1)
    sentence = f": exit {rest}\n" if kind == "exit" else f": trapped {rest} at "
    assert sentence in result.console, result.explain()
    result.expect(End.OK if expect == "exit 0" else End.FAILED, CLEAN)


@pytest.mark.parametrize("mode", ("physical", "microkernel"))
@pytest.mark.parametrize("program", [p for p in PROGRAMS if re.search(r" (new|newarr|cellnew) ", p.read_text())],
                         ids=lambda p: p.stem)
def test_program_does_it_too_when_it_always_collects(boot, module, program, mode):
    """A collection at each allocation and each new stack segment."""
    test_program_does_what_the_interpreter_did(boot, module, program, f"{mode} gc=stress")


# Address 0 is ordinary memory where paging is off, and no page protects a stack there.
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ("stack_overflow", "deep_recursion", "large_frames", "divide_by_zero", "divide_by_zero_64", "division32",
                                  "null_field", "null_store", "null_array", "bounds_high", "bounds_low"))
def test_checks_hold_in_every_mode(boot, module, name, mode):
    program = ROOT / f"verifier/testdata/programs/{name}.sasm"
    kind, rest = expectations(program)[0].split(" ", 1)
    if mode == "nochecks" and rest in ("NullReference", "OutOfBounds"):
        pytest.skip("this mode is without these checks")
    result = boot(f"protect={mode} verbose=1", modules=[module(name, program)])
    sentence = f": exit {rest}\n" if kind == "exit" else f": trapped {rest} at "
    assert sentence in result.console, result.explain()
    result.expect(End.OK if kind == "exit" else End.FAILED, CLEAN)


def test_a_trap_says_where(boot, module):
    bounds = ROOT / "verifier/testdata/programs/bounds_high.sasm"
    result = boot(modules=[module("bounds_high", bounds)])
    result.expect(End.FAILED, "sip bounds_high: trapped OutOfBounds at main+0x", "bounds_high.sasm:13)", CLEAN)


# ---- Two SIPs and a channel


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("trap", ("int", "sysenter"))
def test_trees_of_blocks_go_there_and_back(boot, module, mode, trap):
    if trap == "sysenter" and mode not in ("ring3", "microkernel"):
        pytest.skip("nobody is at CPL 3 in this mode")
    result = boot(f"protect={mode} trap={trap} run=adder,client", modules=[module("adder"), module("client")])
    result.expect_ok("50490", CLEAN)


@pytest.mark.parametrize("mode", MODES)
def test_a_peer_that_dies_is_a_closed_channel(boot, module, mode):
    result = boot(f"protect={mode} run=dies,client", modules=[module("dies"), module("client")])
    result.expect(End.FAILED, "sip dies: trapped Explicit 7 at main+0x", "the adder is gone", "sip client: exit 3", CLEAN)


@pytest.mark.parametrize("gc", ("normal", "stress"))
@pytest.mark.parametrize("mode", MODES)
def test_threads_take_turns_and_keep_what_they_hold(boot, compiled, mode, gc):
    """They wait, call deeply, end and are made again, and collect while others wait; at last nothing is left."""
    boot(f"protect={mode} gc={gc}", modules=[compiled("crew")]).expect_ok("crew: done", CLEAN)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("victim", ("left_waiting", "left_alone"))
def test_a_sip_is_killed_whose_last_turn_has_ended(boot, compiled, mode, victim):
    """What it gives back is used at once: nothing is given back twice."""
    modules = [compiled(victim), compiled("kills_first")]
    boot(f"protect={mode} run={victim},kills_first", modules=modules).expect_ok("36 done", CLEAN)


@pytest.mark.parametrize("mode", ("physical", "microkernel"))
def test_a_thread_in_the_place_of_main_gives_its_stack_back(boot, compiled, mode):
    boot(f"protect={mode}", modules=[compiled("heirs")]).expect_ok("1000 heirs", CLEAN)


@pytest.mark.parametrize("mode", ("ring3", "microkernel"))
def test_threads_at_cpl3_with_sysenter(boot, compiled, mode):
    boot(f"protect={mode} trap=sysenter", modules=[compiled("crew")]).expect_ok("crew: done", CLEAN)


# A processor without local APIC has the 8254 alone.
@pytest.mark.parametrize("mode, extra", [("physical", []), ("ring3", []), ("physical", ["-cpu", "qemu32,-apic"])],
                         ids=("physical", "ring3", "no-apic"))
def test_who_spins_does_not_stop_the_others(boot, module, mode, extra):
    boot(f"protect={mode} run=spinner,adder,client", extra=extra,
         modules=[module("spinner"), module("adder"), module("client")]).expect_ok("50490", CLEAN)


def test_nobody_serves_the_contract(boot, module):
    boot("run=client", modules=[module("client")]).expect(
        End.FAILED, "install client.sbc: refused: client: adder: no SIP that runs serves the contract Sum")


def test_a_policy_file_places_sips(boot, module, tmp_path):
    policy = tmp_path / "policy.txt"
    policy.write_text("# all but the client\nadder  servers  3\n*  rest  0\n")
    boot("protect=paging policy=policy.txt run=adder,client",
         modules=[module("adder"), module("client"), policy]).expect_ok("50490", CLEAN)
    policy.write_text("adder servers 2\n")
    boot("protect=paging policy=policy.txt run=adder,client",
         modules=[module("adder"), module("client"), policy]).expect(
        End.FAILED, 'singlet: policy.txt:1: expected "<sip> <domain> <level 0 or 3>')


def placed(boot, module, tmp_path, mode, policy, trap="int"):
    """The console of echo and pinger in the places that `policy` gives them."""
    (tmp_path / "policy.txt").write_text(policy)
    return boot(f"protect={mode} trap={trap} policy=policy.txt run=echo,pinger",
                modules=[module("echo"), module("pinger"), tmp_path / "policy.txt"], limit=60).expect_ok(CLEAN).console


@pytest.mark.parametrize("policy", [
    "* own 3",                                     # each apart, with its own heap
    "* own 3 heap=common",                         # each apart, one heap
    "* own 0 heap=own",                            # at CPL 0, and copied all the same
    "* own 0 heap=common",
    "echo a 3 heap=h\npinger b 0 heap=h",          # two levels over one heap
    "echo a 3 heap=h sysenter\npinger b 3 heap=h int",
    "echo a 3 sysenter\npinger a 3 int",           # one domain, two ways into the kernel
    "echo a 0 heap=shared\npinger a 3",            # a domain's name at two levels: two domains
])
@pytest.mark.parametrize("trap", ("int", "sysenter"))
def test_any_sip_lives_anywhere(boot, module, tmp_path, policy, trap):
    placed(boot, module, tmp_path, "paging", policy, trap)


def test_heaps_of_their_own_need_no_paging(boot, module, tmp_path):
    placed(boot, module, tmp_path, "physical", "* all 0 heap=own")


def test_a_sip_that_never_ends_is_a_hang(boot, module):
    boot(modules=[module("spins")], limit=3).expect(End.HANG, "Singlet")


def test_instances_of_a_module_share_its_image(boot, module):
    hello = module("hello", ROOT / "verifier/testdata/programs/hello.sasm")
    result = boot("memory=1 run=hello,hello", modules=[hello]).expect_ok("hello, world", "hello, world", CLEAN)
    assert result.console.count("install verify") == result.console.count("install compile") == 1


# ---- Hundreds of SIPs, and as much in use afterwards as before


@pytest.mark.parametrize("mode", MODES)
def test_nothing_leaks(boot, module, mode):
    programs = ROOT / "verifier/testdata/programs"
    ending = ["hello", "explicit_trap", "stack_overflow", "trees", "endpoints_over_channel"]
    modules = [f"{module('adder')} stays", f"{module('client')} good"]
    modules += [module(name, programs / f"{name}.sasm") for name in ending]
    boot(f"protect={mode} test=rounds", modules=modules, limit=60).expect_ok(CLEAN, "TEST rounds: ok")


@pytest.mark.parametrize("mode", MODES)
def test_nothing_leaks_when_a_server_traps(boot, module, mode):
    boot(f"protect={mode} test=rounds", modules=[f"{module('dies')} stays", module("client")], limit=60).expect_ok(
        "sip dies: trapped Explicit 7", CLEAN, "TEST rounds: ok")


@pytest.mark.parametrize("mode", MODES)
def test_a_driver_that_dies_in_a_transfer(boot, module, mode):
    """Its block comes back once the transfer was stopped, and the next driver finds a disk that works."""
    boot(f"protect={mode} test=rounds", modules=[module("dma_dies"), f"{module('dma_reads')} good"],
         disk=ROOT / "build/disk.img", limit=60).expect_ok("sip dma_dies: trapped Explicit 9", CLEAN, "TEST rounds: ok")


# ---- Bad modules


@pytest.mark.parametrize("policy, sentence", [
    (None, "policy=policy.txt: there is no boot module of that name"),
    ("hello all\n", 'policy.txt:1: expected "<sip> <domain> <level 0 or 3> [heap=<name>] [int or sysenter]", found "hello all"'),
    ("\n# nobody\nhello all 0 0\n", 'policy.txt:3: expected "<sip> <domain> <level 0 or 3> '),
    ("hello all 3 int sysenter\n", 'policy.txt:1: expected "<sip> <domain> <level 0 or 3> '),
    ("hello all 3 heap=\n", 'policy.txt:1: expected "<sip> <domain> <level 0 or 3> '),
    ("hello all 3 heap=a heap=b\n", 'policy.txt:1: expected "<sip> <domain> <level 0 or 3> '),
    ("hello all 0 sysenter\n", "policy.txt:1: level 0 calls the kernel without a trap"),
    ("hello all 3 heap=shared\n", "policy.txt:1: level 3 cannot touch the shared heap: give it one with heap=<name>"),
    ("hello all 3\n", "policy.txt: level 3 needs paging, which protect=physical has not"),
])
def test_a_wrong_policy_file(boot, module, tmp_path, policy, sentence):
    modules = [module("hello", ROOT / "verifier/testdata/programs/hello.sasm")]
    if policy:
        (tmp_path / "policy.txt").write_text(policy)
        modules.append(tmp_path / "policy.txt")
    boot("policy=policy.txt run=hello", modules=modules).expect(End.FAILED, "singlet: " + sentence)


def refused(boot, module, bad, *markers):
    """The bad module is refused with a sentence, and what comes after it runs."""
    hello = module("hello", ROOT / "verifier/testdata/programs/hello.sasm")
    boot(f"run={bad.name},hello", modules=[bad, hello]).expect_ok(
        f"install {bad.name}: refused: ", *markers, "hello, world", CLEAN)


def test_a_module_that_cannot_be_proved_is_refused(boot, module):
    refused(boot, module, module("hostile"), "[reg.type]")


@pytest.mark.parametrize("contents", [b"", b"\x7fELF", b"SBC", bytes(range(256)) * 16], ids=("empty", "elf", "short", "noise"))
def test_what_is_no_module_is_refused(boot, module, tmp_path, contents):
    bad = tmp_path / "bad.sbc"
    bad.write_bytes(contents or b"\n")
    refused(boot, module, bad, "[module.format]")


def test_a_truncated_module_is_refused(boot, module, tmp_path):
    bad = tmp_path / "bad.sbc"
    bad.write_bytes(module("client").read_bytes()[:-20])
    refused(boot, module, bad)


@pytest.mark.parametrize("resource, sentence", [
    ("ports p: port 0x20 + 2", "ports 0x20 to 0x21 are not given to SIPs"),
    ("ports p: port 0xcf8 + 8", "ports 0xcf8 to 0xcff are not given to SIPs"),
    ("ports p: port 0x1f0 + 9", "ports 0x1f0 to 0x1f8 are not given to SIPs"),
    ("irq p: irq 0", "interrupt 0 is not given to SIPs"),
    ("dma p: dma 7", "DMA object 7 does not exist"),
])
def test_hardware_that_is_not_given_away(boot, module, tmp_path, resource, sentence):
    kind = {"ports": "port"}.get(resource.split()[0], resource.split()[0])
    source = tmp_path / "greedy.sasm"
    source.write_text(f"sip greedy {{\n    {resource}\n}}\nfunc main({kind}) {{\n    retv\n}}\n")
    refused(boot, module, module("greedy", source), f"greedy: p: {sentence}")


def test_hardware_has_one_driver(boot, module, tmp_path):
    sources = []
    for name in ("first", "second"):
        source = tmp_path / f"{name}.sasm"
        source.write_text(f"sip {name} {{\n    ports p: port 0x1f0 + 8\n}}\nfunc main(port) {{\n    retv\n}}\n")
        sources.append(module(name, source))
    boot("run=first,second", modules=sources).expect(
        End.FAILED, "install second.sbc: refused: second: p: ports 0x1f0 to 0x1f7 belong to first", CLEAN)


def test_a_module_that_is_not_there(boot):
    boot("run=nobody").expect(End.FAILED, "singlet: run=nobody: there is no boot module of that name")


# ---- Protection is tried, not assumed


@pytest.mark.parametrize("mode", MODES)
def test_stray_accesses_kill_only_the_offender(boot, mode):
    result = boot(f"protect={mode} test=stray").expect_ok(CLEAN, "TEST stray: ok")
    paging = mode not in ("nochecks", "physical")
    assert bool(re.search(r"write to 0x0.* not present, at CPL 3", result.console)) == paging


def test_who_needs_another_starts_after_it(boot, module):
    boot("run=hello,client,adder,client",
         modules=[module("hello", ROOT / "verifier/testdata/programs/hello.sasm"), module("client"),
                  module("adder")]).expect_ok("50490", "50490", CLEAN)
