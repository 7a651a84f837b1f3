"""The kernel boots, says what is wrong with its input, and its self-tests hold."""
import re
import subprocess

import pytest
from qemu import KERNEL, ROOT, End


def self_tests(files="*_ktest.cc"):
    """The names in every KERNEL_TEST(name) and KERNEL_TEST_AFTER(step, name) of the kernel's sources."""
    sources = sorted((ROOT / "kern").rglob(files))
    return [name for path in sources for name in re.findall(r"^KERNEL_TEST(?:_AFTER)?\((?:\d+, )?(\w+)\)", path.read_text(), re.M)]


RUN_PROGRAMS = self_tests("programs_ktest.cc")
PROGRAMS = [ROOT / f"build/user/native/{path.stem}.elf" for path in sorted((ROOT / "user/native/test").glob("*.cc"))]


@pytest.mark.parametrize("name", [name for name in self_tests() if name not in RUN_PROGRAMS])
def test_self_test(boot, name):
    boot(f"test={name}").expect_ok(f"TEST {name}: ok")


@pytest.mark.parametrize("name", RUN_PROGRAMS)
def test_self_test_that_runs_programs(boot, name):
    boot(f"test={name} reads=200 seed=1", modules=PROGRAMS).expect_ok(f"TEST {name}: ok")


@pytest.mark.parametrize("name", ("timer", "timer_runs_for_those_who_wait", "threads_preempted", "ring3_is_preempted"))
def test_processor_without_local_apic(boot, name):
    boot(f"test={name}", extra=["-cpu", "qemu32,-apic"]).expect_ok(f"TEST {name}: ok")


def test_boots_and_ends(boot):
    boot().expect_ok("Singlet", "nothing to run")


def test_two_runs_say_the_same(boot):
    name = "timer" if "timer" in self_tests() else "nothing"
    assert boot(f"test={name}").console == boot(f"test={name}").console


def test_modules_arrive_whole(boot, tmp_path):
    small, large = tmp_path / "small.sbc", tmp_path / "large.sbc"
    small.write_bytes(b"\x01\x02\x03")
    large.write_bytes(bytes(range(256)) * 40)
    boot("protect=ring3 test=modules", modules=[f"{small} fast slow", large]).expect_ok(
        "protect=ring3", "module small.sbc (fast slow): 3 bytes, sum 6",
        "module large.sbc (): 10240 bytes, sum 1305600")


def test_grub_image_boots(boot, tmp_path):
    module, image = tmp_path / "one.sbc", tmp_path / "singlet.iso"
    module.write_bytes(b"\x07")
    subprocess.run([ROOT / "kern/boot/iso.sh", image, KERNEL, "protect=paging test=modules", module], check=True)
    boot(cdrom=image).expect_ok("protect=paging", "module one.sbc (): 1 bytes, sum 7", "TEST modules: ok")


@pytest.mark.parametrize("program", sorted((ROOT / "build/host/bin").glob("unit-*")), ids=lambda p: p.name)
def test_unit_tests(program):
    unit = subprocess.run([program], capture_output=True, text=True, timeout=600, cwd=ROOT)
    assert unit.returncode == 0, unit.stdout + unit.stderr


# --- Each way to end is told apart -----------------------------------------------------------------


def test_failed_check_names_its_place(boot):
    boot("test=check").expect(End.FAILED, "TEST check: failed at kern/boot/test_ktest.cc:", "1 + 1 == 3")
    boot("test=check_equal").expect(End.FAILED, "TEST check_equal: failed at kern/boot/test_ktest.cc:", "0x1000u + 7: expected 8199, found 4103",
                                    "expected 2007, found 1007")


def test_panic_has_a_symbolised_backtrace(boot):
    boot("test=panic").expect(
        End.PANIC, "panic: the test asked for it (42)", "give_up(int)+0x", "test_panic()+0x", "kernel_main+0x")


@pytest.mark.parametrize("name, sentence", [
    ("divide_error", "panic: divide error"),
    ("invalid_opcode", "panic: invalid opcode"),
    ("general_protection", "panic: general protection fault: entry 583 of the GDT"),
    ("page_fault", "panic: page fault: write to 0x00000010, not present, at CPL 0"),
    ("double_fault", "panic: double fault (no stack to take a trap on), esp 0xfffff000"),
])
def test_exception_is_decoded(boot, name, sentence):
    boot(f"test={name}").expect(End.PANIC, sentence, f"test_{name}()+0x")


def test_triple_fault_is_told_apart(boot):
    boot("test=triple_fault").expect(End.TRIPLE_FAULT)


def test_hang_ends_at_its_limit(boot):
    boot("test=hang", limit=2).expect(End.HANG, "Singlet")


# --- Bad input gets one clear sentence ---------------------------------------------------------------


@pytest.mark.parametrize("append, sentence", [
    ("protect=rign3", "protect=rign3 is unknown; it takes nochecks, physical, paging, domain, ring3 or microkernel"),
    ("protcet=ring3", 'unknown option on the command line: "protcet="'),
    ("run=a fast", 'unknown word on the command line: "fast"'),
    ("trap=sysexit", "trap=sysexit is unknown; it takes int or sysenter"),
    ("reads=many", "reads=many is unknown; it takes a number"),
    ("reads=", "reads= is unknown; it takes a number"),
    ("clock=sun", "clock=sun is unknown; it takes tsc or none"),
    ("irqwait=3601", "irqwait=3601 is unknown; it takes seconds up to 3600, 0 to wait for ever"),
    ("verbose=very", "verbose=very is unknown; it takes 0 or 1"),
    ("test=nonsense", 'there is no self-test "nonsense"'),
])
def test_wrong_command_line(boot, append, sentence):
    boot(append).expect(End.FAILED, "singlet: " + sentence)


def test_too_many_modules(boot, tmp_path):
    one = tmp_path / "one.sbc"
    one.write_bytes(b"\x01")
    boot(modules=[one] * 65).expect(End.FAILED, "singlet: 65 boot modules, but 64 is the most")


def test_too_long_command_lines(boot, tmp_path):
    one = tmp_path / "one.sbc"
    one.write_bytes(b"\x01")
    boot(modules=[f"{one} {'x' * 5000}"] * 2).expect(
        End.FAILED, "singlet: the command lines of kernel and modules are longer than 8192 bytes")


def test_too_little_memory(boot):
    boot(memory=128).expect(End.FAILED, "256 MB of memory are needed, this machine has 128 MB")


@pytest.mark.parametrize("memory", [512, 2048])
def test_more_memory(boot, memory):
    boot("test=frames", memory=memory).expect_ok("TEST frames: ok")


def disassembled(section):
    """The instructions of a section of the kernel: {address: text}."""
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", "-j", section, KERNEL],
                          capture_output=True, text=True, check=True).stdout
    return {int(address, 16): rest for address, rest in re.findall(r"^ +([0-9a-f]+):\t(.*)", text, re.M)}


def run_time_code():
    """Those of the run-time's functions. What stands between them, a switch's table, is no code, however it reads."""
    symbols = subprocess.run(["readelf", "-sW", KERNEL], capture_output=True, text=True, check=True).stdout
    functions = [range(int(start, 16), int(start, 16) + int(size))
                 for start, size in re.findall(r"^ +\d+: ([0-9a-f]+) +(\d+) FUNC ", symbols, re.M)]
    return {address: rest for address, rest in disassembled(".rt").items()
            if any(address in function for function in functions)}


def test_kernel_has_no_floating_point():
    """Interrupts save integer registers only, so no other register may be used."""
    code = [*disassembled(".text").values(), *run_time_code().values()]
    assert len(code) > 10000
    assert not [text for text in code if re.match(r"(f[a-z]+|[a-z]+[ps][sd]) .*(%st|%xmm|ptr|\()", text)]


def test_shared_run_time_calls_nothing_else():
    """CPL 3 may execute the pages of .rt only, so no call or jump there leads out of it."""
    code = run_time_code()
    targets = [m for m in (re.match(r"(?:call|j[a-z]+) +([0-9a-f]+) (<[^>]+>)", rest) for rest in code.values()) if m]
    assert len(targets) > 20 and [m[2] for m in targets if int(m[1], 16) not in code] == []
