"""Mistakes that students make, wrong rather than missing: the check of that exercise has to see each of them."""
import sys

import pytest
from qemu import ROOT

sys.path.insert(0, str(ROOT / "labs"))
from workshop import Workshop, kinds, lost  # noqa: E402

SWITCH, ENTRY, SPACE = "kern/proc/switch.S", "kern/native/entry.S", "kern/native/address_space.cc"
RENDEZVOUS, PROCESS = "kern/native/rendezvous.cc", "kern/native/process.cc"
TARGET_PIECE = "std::min({bytes, to_page_end(source), to_page_end(target)})"

# What is wrong, the file, the right text, the wrong one, the test that has to fail.
BUGS = [
    ("esp0_of_another", "kern/proc/thread.cc", "        task_state.esp0 = next.saved_esp0_;\n", "", "program_messages"),
    ("interrupts_off_at_cpl3", SWITCH, "#define FLAGS_IF    0x202", "#define FLAGS_IF    0x002", "ring3_is_preempted"),
    ("a_register_shows_the_kernel", SWITCH, "    xor %edi, %edi\n    xor %ebp, %ebp\n    iret", "    xor %ebp, %ebp\n    iret", "ring3_calls"),
    ("segments_of_the_process", ENTRY, "    mov %ecx, %ds\n", "", "program_calls"),
    ("arguments_come_back_changed", ENTRY, "    pop %ebx\n    pop %ecx\n", "    pop %ecx\n    pop %ebx\n", "program_calls"),
    ("frames_nobody_finds_again", SPACE, "        if (end != kProcessEnd) end_ = page + kPageSize;\n", "", "process_memory_is_loaded"),
    ("a_range_that_wraps", SPACE, "bytes > kProcessEnd - address)", "address + bytes > kProcessEnd)", "process_memory_is_its_own"),
    ("only_its_first_page", SPACE, "page < address + bytes; page += kPageSize) {\n        auto mapped = directory_.lookup(VirtAddr(page));\n        if (!mapped ||",
     "page <= address; page += kPageSize) {\n        auto mapped = directory_.lookup(VirtAddr(page));\n        if (!mapped ||", "process_memory_is_its_own"),
    ("read_only_is_writable", SPACE, "mapped->writable == Writable::No) return false;", "mapped->writable == Writable::No) continue;",
     "process_memory_is_its_own"),
    ("pages_of_the_sender_only", SPACE, TARGET_PIECE, "std::min(bytes, to_page_end(source))", "process_memory_is_scattered"),
    ("pages_of_the_receiver_only", SPACE, TARGET_PIECE, "std::min(bytes, to_page_end(target))", "process_memory_is_scattered"),
    ("copied_byte_by_byte", SPACE, TARGET_PIECE, "1u", "message_cost"),
    ("a_caller_waits_for_nothing", RENDEZVOUS, "        caller->waiting = Waiting::Reply;\n", "", "program_messages"),
    ("nobody_is_told", RENDEZVOUS, "        complete(other, {native::kGone}); // a parent", "        // a parent", "processes_are_killed"),
    ("children_survive", PROCESS, "        kill_process(child);\n", "", "processes_are_killed"),
]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    return Workshop(tmp_path_factory.mktemp("lab2") / "tree", 2)


@pytest.mark.parametrize("path, right, wrong, test", [b[1:] for b in BUGS], ids=[b[0] for b in BUGS])
def test_a_bug_is_seen(workshop, path, right, wrong, test):
    workshop.solve()
    workshop.change(path, right, wrong)
    results, printed = workshop.grade("--check", test)
    assert lost(results) == {test} and not kinds(results) & {"build", "not done"}, printed
