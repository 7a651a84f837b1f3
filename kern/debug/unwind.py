"""Frames that GDB cannot know by itself.

    compiled code     keeps ESP where its prologue put it and uses EBP for values: what lies on the stack
                      is followed from instruction to instruction (stack_model.py)
    the run-time      so do its entries [lib/rt/entry.S]; where a function returns that has run in a stack
                      segment of its own, the segment knows who called (segments.py)
    gates             a SIP's ESP lies on top of the kernel stack [kern/abi/gates.S]
    traps             the TrapFrame has it all [kern/cpu/trap.hh]

A backtrace ends with a SIP's first frame: what entered the SIP lies on a stack whose addresses are
lower, which GDB takes for a broken one. There, the assembler code says `.cfi_undefined %eip`.

A rule maps the registers of a frame to those of its caller. Kernel code in C++ needs none: its
.debug_frame says the same.
"""
import re

import gdb
import guest
import images
import segments
import stack_model
from gdb.unwinder import Unwinder

NAMES = ("eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi")
CALLEE_SAVED = ("ebx", "esi", "edi", "ebp")

# (pc, sp) of frames that a trap interrupted: there the pc is no return address.
_interrupted = set()


def is_interrupted(registers):
    """Did a trap take the processor from this frame?"""
    return (registers["pc"], registers.get("esp")) in _interrupted


class Registers(dict):
    """Register values by name; `pc` besides; what is not known is missing. `cfa`: where the frame ends that
    they were found from."""

    cfa = None

    def stack(self, word=0):
        return guest.word(self["esp"] + 4 * word)


def caller(registers, pc, esp, **others):
    """The caller's registers: those a function must keep are as they are, but for `others`."""
    kept = {name: registers[name] for name in CALLEE_SAVED if name in registers}
    found = Registers(kept | others | {"pc": pc & 0xffffffff, "esp": esp & 0xffffffff})
    found.cfa = esp
    slot = segments.return_slot(esp - 4) if segments.returns_elsewhere(pc) else None
    if slot:
        found |= {"pc": guest.word(slot), "esp": slot + 4}
    return found


def pop(registers, words=()):
    """Back over `words` (as in stack_model.State) to the return address."""
    return _pop(registers, registers["esp"], words)


def _pop(registers, esp, words):
    saved = {name: guest.word(esp + 4 * (len(words) - 1 - k)) for k, name in enumerate(words) if name in CALLEE_SAVED}
    top = esp + 4 * len(words)
    return caller(registers, guest.word(top), top + 4, **saved)


# --- Compiled code, and the run-time's entries ---------------------------------------------------------


def compiled(registers, image, shape, exact):
    """A function of an image, its start thunk, or (no shape) a trap stub between functions."""
    if shape is None:  # push 0; push reason; call rt_trap
        return pop(registers, () if exact else (None, None))
    if image.states.get(shape.begin) is None:
        image.states[shape.begin] = stack_model.follow(shape.begin, shape.end, shape.body, shape.cold)
    return by_model(registers, image.states[shape.begin], exact)


_entries = {}  # states of the run-time's entries, by address


def entry(registers, offset, exact):
    """lib/rt/entry.S."""
    begin = registers["pc"] - offset
    if begin not in _entries:
        _entries[begin] = stack_model.follow(begin)
    return by_model(registers, _entries[begin], exact)


def unlink(registers, offset, exact):
    """The same; at its start ESP is still in the segment that is left."""
    begin = registers["pc"] - offset
    if begin not in _entries:
        _entries[begin] = stack_model.follow(begin, start=stack_model.ELSEWHERE)
    return by_model(registers, _entries[begin], exact)


def by_model(registers, states, exact):
    """The caller's registers, from what lies on the stack."""
    pc = registers["pc"]
    base, words = states.get(pc, stack_model.EMPTY) if exact else stack_model.before(states, pc)
    return _pop(registers, segments.newest_return_slot() if base is None else registers[base], words)


# --- Where assembler code changes stacks --------------------------------------------------------------


def trap(registers, _offset, _exact):
    """After `call handle_trap`: EBX, the frame's address, was pushed for it."""
    frame = registers.stack()
    edi, esi, ebp, _, ebx, edx, ecx, eax, _, _, eip, cs, _, esp, _ = guest.words(frame, 15)
    esp = esp if cs & 3 else frame + 52
    _interrupted.add((eip, esp))
    return caller(registers, eip, esp, eax=eax, ecx=ecx, edx=edx, ebx=ebx, ebp=ebp, esi=esi, edi=edi)


def gate(registers, offset, _exact):
    """By CALL from CPL 0: `cli; mov %esp, %ecx; mov esp0, %esp; push %ecx; add $4, %ecx; push %ecx; call`."""
    if offset < 9 or offset >= 23:
        return pop(registers)
    esp = registers["ecx"] if offset == 9 and "ecx" in registers else registers.stack(1 if offset >= 14 else 0)
    return caller(registers, guest.word(esp), esp + 4)


LEFT = ("ebp", "edi", "esi", "ebx")  # by a call that may wait, above its return address, the newest last


def waiting_gate(registers, offset, _exact):
    """The same with four pushes behind CLI, and `add $16, %esp` before STI."""
    if offset < 13:
        return pop(registers, LEFT[:max(0, min(offset - 1, 4))])
    if offset >= 27:
        return pop(registers, LEFT if offset < 30 else ())
    esp = registers["ecx"] if offset == 13 and "ecx" in registers else registers.stack(1 if offset >= 18 else 0)
    return _pop(registers, esp, LEFT)


def waiting_stub(registers, offset, _exact):
    """At CPL 3: four pushes; `mov; lea; int; add $16, %esp; ret`."""
    return pop(registers, LEFT[:min(offset, 4)] if offset < 18 else ())


def interrupt_gate(registers, _offset, _exact):
    """INT 0x80: number and arguments, then what the processor pushed."""
    eip, _, _, esp = guest.words(registers["esp"] + 8, 4)
    return caller(registers, eip, esp)


def sysenter_gate(registers, _offset, _exact):
    """SYSENTER: number, arguments, the SIP's ESP."""
    esp = registers.stack(2)
    return caller(registers, guest.word(esp), esp + 4)


def stub(registers, _offset, _exact):
    """The SIP's side of a kernel call at CPL 3: nothing is on the stack but the return address."""
    return pop(registers)


def switch(registers, offset, _exact):
    """switch_context: two loads, four pushes, and behind the change of stacks (12, 14) four pops."""
    pushed = ("ebp", "ebx", "esi", "edi")
    return pop(registers, pushed[:max(0, min(offset - 8, 4))] if offset < 16 else pushed[:max(0, 4 - (offset - 16))])


SEAMS = {"trap_return": trap, "kernel_call_entry": interrupt_gate, "sysenter_entry": sysenter_gate,
         "sysenter_return": stub, "rt_new_object": entry, "rt_new_array": entry, "rt_more_stack": entry,
         "rt_collect": entry, "rt_unlink": unlink, "switch_context": switch}
PREFIXES = {"gate_": gate, "int_": stub, "sysenter_": stub, "waiting_gate_": waiting_gate, "waiting_int_": waiting_stub}


def seam_at(pc):
    """(rule, symbol, offset) for assembler code of the kernel's that needs one."""
    block = gdb.block_for_pc(pc)
    if block and block.function:
        return None, "", 0  # C++
    found = re.match(r"(\w+)(?: \+ (\d+))? in section", gdb.execute(f"info symbol {pc:#x}", to_string=True))
    if not found:
        return None, "", 0
    name, offset = found[1], int(found[2] or 0)
    rule = SEAMS.get(name) or next((rule for prefix, rule in PREFIXES.items() if name.startswith(prefix)), None)
    return rule, name, offset


# --- GDB's side -----------------------------------------------------------------------------------------


def step(registers, exact):
    """(the caller's registers, the function's first address), or None: GDB knows better."""
    pc = registers["pc"]
    image = images.at(pc if exact else pc - 1)
    if image:
        shape = images.shape_at(image, pc if exact else pc - 1)
        return compiled(registers, image, shape, exact), shape.begin if shape else pc
    rule, _, offset = seam_at(pc)
    return (rule(registers, offset, exact), pc - offset) if rule else None


class FrameId:
    """What makes a frame that one: where its caller's stack goes on, and its function."""

    def __init__(self, sp, pc):
        self.sp, self.pc = gdb.Value(sp), gdb.Value(pc)


class SipUnwinder(Unwinder):
    """Answers GDB's question for a frame's caller."""

    def __init__(self):
        super().__init__("singlet")

    def __call__(self, pending):
        registers = Registers()
        for name in NAMES:
            value = pending.read_register(name)
            if not value.is_optimized_out:
                registers[name] = int(value) & 0xffffffff
        registers["pc"] = int(pending.read_register("eip")) & 0xffffffff
        if "esp" not in registers:
            return None
        at = (registers["pc"], registers["esp"])
        exact = pending.level() == 0 or at in _interrupted
        try:
            stepped = step(registers, exact)
        except gdb.MemoryError:
            return None
        if stepped is None:
            return None
        outer, begin = stepped
        info = pending.create_unwind_info(FrameId(segments.place(outer.cfa - 4), begin))
        uint = gdb.lookup_type("unsigned int")
        for name, value in outer.items():
            info.add_saved_register("eip" if name == "pc" else name, gdb.Value(value).cast(uint))
        return info


def install():
    """Puts our rules before GDB's own."""
    gdb.unwinder.register_unwinder(None, SipUnwinder(), replace=True)
    gdb.events.cont.connect(_go_on)
    gdb.events.new_objfile.connect(lambda _event: segments.know_symbols())
    segments.know_symbols()


def _go_on(_event):
    _interrupted.clear()
    segments.forget()
