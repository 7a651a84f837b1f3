"""C++ processes at CPL 3: what they may do works, what they may not ends them with the reason, and nothing is left."""
import re
import struct
import subprocess
import sys

import pytest
from qemu import ROOT, End

sys.path.insert(0, str(ROOT / "user/disk"))

import damage  # noqa: E402  (found through the line above)
import fat32  # noqa: E402
import fileset  # noqa: E402

NATIVE = ROOT / "build/user/native"
CLEAN = "singlet: all processes have ended; leaked: 0 frames"
CLEAN_WITH_SIPS = "singlet: all SIPs have ended; leaked: 0 frames, 0 blocks, 0 endpoints"
PAGED = ("paging", "domain", "ring3", "microkernel")
UNPAGED = ("nochecks", "physical")


def run(boot, programs, append="protect=paging", modules=(), **options):
    """Boots `programs` as processes; the machine ends with the last. `modules` are there beside them."""
    elves = [NATIVE / f"{name}.elf" for name in (*programs, *modules)]
    return boot(f"{append} run={','.join(f'{name}.elf' for name in programs)}", modules=elves, **options)


def misdeeds():
    """[(name, end, status)] of user/native/test/misdeeds.def."""
    text = (ROOT / "user/native/test/misdeeds.def").read_text()
    return re.findall(r"^MISDEED\((\w+), (\w+), (?:number\(Call::(\w+)\)|(-?\d+)),", text, re.M)


# ---- What they may do


@pytest.mark.parametrize("mode", PAGED)
def test_messages_memory_and_errors(boot, mode):
    run(boot, ("echo", "miser", "good"), f"protect={mode}").expect_ok("good: 249 checks, 0 failures", CLEAN)


@pytest.mark.parametrize("mode", UNPAGED)
def test_without_paging_there_are_none(boot, mode):
    run(boot, ("echo",), f"protect={mode}").expect(
        End.FAILED, f"install echo.elf: refused: a process at CPL 3 needs paging, which protect={mode} has not",
        "singlet: no process could be started")


def test_all_that_wait_for_each_other_are_told(boot):
    run(boot, ("miser", "echo")).expect(
        End.FAILED, "singlet: every process waits for another, and none can go on: miser echo")


# ---- What they may not

SENTENCES = {
    "read_null": "page fault: read of 0x00000000, not present, at CPL 3, at 0x4",
    "write_null": "page fault: write to 0x00000000, not present, at CPL 3, at 0x4",
    "jump_to_null": "page fault: read of 0x00000000, not present, at CPL 3, at 0x00000000",
    "read_kernel_text": "page fault: read of 0x00100000, not allowed, at CPL 3, at 0x4",
    "write_kernel_data": "page fault: write to 0x00300000, not allowed, at CPL 3, at 0x4",
    "jump_to_kernel": "page fault: read of 0x00100000, not allowed, at CPL 3, at 0x00100000",
    "write_own_code": "page fault: write to 0x40000000, not allowed, at CPL 3, at 0x4",
    "overflow_the_stack": "not present, at CPL 3 (its stack is full), at 0x4",
    "halt": "general protection fault, at 0x4",
    "fake_an_interrupt": "general protection fault: entry 32 of the IDT, at 0x4",
    "divide_by_zero": "divide error, at 0x4",
    "no_such_call": "there is no system call 99, at 0x4",
    "print_the_kernel": "system call print: 16 bytes at 0x00100000 are not its own to read, at 0x4",
    "print_what_wraps": "system call print: 4294967295 bytes at 0x7ffffff0 are not its own to read, at 0x4",
    "print_across_the_end": "system call print: 17 bytes at 0x7ffffff0 are not its own to read, at 0x4",
    "receive_into_code": "system call receive: 4 bytes at 0x40000000 are not its own to write, at 0x4",
    "answer_into_the_kernel": "system call call: 64 bytes at 0x00300000 are not its own to write, at 0x4",
}


def check_judged(console):
    """Each misdeed, then the kernel's sentence about it, if it ended the process; and every one was tried."""
    said = dict(re.findall(r"^judge: (\w+)\n(?:process bad: (.*)\n)?", console, re.M))
    assert list(said) == [name for name, *_ in misdeeds()]
    for name, end, call, status in misdeeds():
        if end == "Killed":
            assert not said[name], name
        elif end == "Exit":
            assert said[name] == f"exit {status}", name
        elif end == "Memory":
            assert said[name].startswith(f"system call {call}: "), name
        else:
            assert " at 0x" in said[name], name
    for name, sentence in SENTENCES.items():
        assert sentence in said[name], name


@pytest.mark.parametrize("mode", PAGED)
def test_misdeeds_end_who_did_them_and_nobody_else(boot, mode):
    result = run(boot, ("echo", "judge"), f"protect={mode}", ("bad",)).expect_ok(
        f"judge: {len(misdeeds())} misdeeds, 0 failures", CLEAN)
    check_judged(result.console)


def test_misdeeds_beside_sips(boot):
    """SIPs at CPL 3 that enter by SYSENTER, and processes that must not, on one machine."""
    sips = ("names", "ide", "fat", "webfiles")
    modules = [ROOT / f"build/user/{sip}.sbc" for sip in sips] + [NATIVE / f"{p}.elf" for p in ("echo", "judge", "bad")]
    result = boot(f"protect=microkernel trap=sysenter run={','.join(sips)},echo.elf,judge.elf reads=1000000",
                  modules=modules, disk=ROOT / "build/disk.img", limit=60).expect_ok("judge: ", ", 0 failures", CLEAN_WITH_SIPS)
    assert "sip " not in result.console, result.explain()


@pytest.mark.parametrize("mode", UNPAGED)
def test_beside_sips_one_is_refused(boot, mode):
    modules = [NATIVE / "echo.elf", ROOT / "build/user/hello.sbc"]
    boot(f"protect={mode} run=echo.elf,hello", modules=modules).expect_ok(
        f"install echo.elf: refused: a process at CPL 3 needs paging, which protect={mode} has not", CLEAN_WITH_SIPS)


# ---- Ends at every moment


@pytest.mark.parametrize("seed", (1, 2))
def test_a_storm_of_kills_leaves_nothing(boot, seed):
    run(boot, ("echo", "storm"), f"protect=paging reads=600 seed={seed}", ("busy",), limit=120).expect_ok(
        "storm: 600 rounds, 0 failures", CLEAN)


# ---- Drivers

DISK = ROOT / "build/disk.img"
WEBFILES = ("ide", "fat", "webfiles")


@pytest.mark.parametrize("mode", PAGED)
def test_webfiles_reads_what_the_disk_holds(boot, mode):
    run(boot, WEBFILES, f"protect={mode} reads=150", disk=DISK).expect_ok(fileset.summary(150, 1), CLEAN)


@pytest.mark.parametrize("seed", [2, 0x7FFFFFFF])
def test_seed_chooses_other_files(boot, seed):
    run(boot, WEBFILES, f"protect=paging reads=40 seed={seed}", disk=DISK).expect_ok(fileset.summary(40, seed), CLEAN)


@pytest.mark.parametrize("name", damage.VOLUMES)
def test_unusable_volume_is_named(boot, tmp_path, name):
    image, file = fat32.Image(DISK), tmp_path / "bad.img"
    sentence = damage.VOLUMES[name](image)
    result = run(boot, WEBFILES, disk=image.save(file))
    file.unlink()  # an image has 72 MB
    result.expect(End.FAILED, f"fat: cannot use the disk: {sentence}", "webfiles: no usable volume", "process webfiles: exit 1", CLEAN)


def test_no_disk(boot):
    run(boot, WEBFILES).expect(End.FAILED, "ide: no disk on the primary channel", "fat: cannot use the disk: there is no disk",
                               "webfiles: no usable volume", CLEAN)


def test_a_drive_that_does_not_answer(boot):
    silent = ["-drive", f"file={DISK},format=raw,if=ide,index=0,snapshot=on,"
                        "throttling.bps-total=1,throttling.bps-total-max=1000000"]  # after 1 MB a byte a second
    run(boot, WEBFILES, "protect=paging reads=1000 irqwait=1", extra=silent, limit=60).expect(
        End.FAILED, "ide: the drive does not answer", "webfiles: ", "the disk failed", CLEAN)


def test_a_service_that_is_not_there(boot):
    run(boot, ("webfiles",)).expect(End.FAILED, "webfiles: there is no file service", CLEAN)


def test_a_driver_that_never_stops_its_transfer(boot):
    """The device is stopped as its driver ends, and the next one finds it in order, but no other's ports."""
    run(boot, ("careless", "heir"), disk=DISK).expect(
        End.FAILED, "careless: has the drive", "process careless: invalid opcode, at 0x4", "heir: 12 checks, 0 failures",
        "process heir: general protection fault, at 0x4", CLEAN)


def test_a_device_has_one_driver_be_it_sip_or_process(boot):
    sips = ("names", "ide", "fat", "webfiles")
    modules = [*(ROOT / f"build/user/{sip}.sbc" for sip in sips), NATIVE / "ide.elf"]
    boot(f"protect=ring3 run=ide.elf,{','.join(sips)} reads=10", modules=modules, disk=DISK).expect_ok(
        "ide: the device is not to be had", "process ide: exit 1", fileset.summary(10, 1), CLEAN_WITH_SIPS)


def test_a_bus_master_has_one_owner(boot, tmp_path):
    """A SIP that has nothing of the drive but its bus master."""
    source, greedy = tmp_path / "greedy.sasm", tmp_path / "greedy.sbc"
    source.write_text("sip greedy {\n    dma p: dma 0\n}\nfunc main(dma) {\n    jmp spin\nspin:\n    jmp spin\n}\n")
    subprocess.run([ROOT / "build/host/bin/sipv", "asm", source, "-o", greedy], check=True)
    boot("protect=ring3 run=greedy,ide.elf", modules=[greedy, NATIVE / "ide.elf"], disk=DISK).expect(
        End.FAILED, "ide: the device is not to be had", "process ide: exit 1", CLEAN_WITH_SIPS)


# ---- All the memory there is


def test_children_that_take_all_memory(boot):
    run(boot, ("greed",), modules=("hoard",), limit=60).expect_ok(
        "spawn hoard.elf: refused: no memory left", " pages, 75 checks, 0 failures", CLEAN)


# ---- Bad programs


def spoilt(at, value):
    """echo.elf with a 32-bit word replaced."""
    file = bytearray((NATIVE / "echo.elf").read_bytes())
    file[at:at + 4] = struct.pack("<I", value)
    return bytes(file)


@pytest.mark.parametrize("contents, sentence", [
    (lambda: b"\x7fELF", "it is shorter than an ELF header"),
    (lambda: b"#!/bin/sh\n" * 10, "it is no little-endian ELF file of 32 bits"),
    (lambda: spoilt(18, 62 | 1 << 16), "it is for another processor than the i386"),
    (lambda: spoilt(24, 0x100000), "its entry lies outside of its code"),
], ids=("short", "script", "machine", "entry"))
def test_what_is_no_program_is_refused(boot, tmp_path, contents, sentence):
    bad = tmp_path / "worse.elf"
    bad.write_bytes(contents())
    modules = [bad, *(NATIVE / f"{name}.elf" for name in ("echo", "miser", "good"))]
    boot("protect=paging run=worse.elf,echo.elf,miser.elf,good.elf", modules=modules).expect_ok(
        f"install worse.elf: refused: {sentence}", "good: 249 checks, 0 failures", CLEAN)


def test_a_program_larger_than_it_may_be(boot, tmp_path):
    big = tmp_path / "big.elf"
    headers = struct.unpack_from("<I", (NATIVE / "echo.elf").read_bytes(), 28)[0]
    big.write_bytes(spoilt(headers + 2 * 32 + 20, 0x2000000))  # the third segment's bytes in memory
    boot("protect=paging run=big.elf", modules=[big]).expect(
        End.FAILED, "install big.elf: refused: a limit is reached", "singlet: no process could be started")
