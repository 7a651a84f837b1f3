"""Frames that GDB cannot know by itself.

    compiled code     keeps ESP where its prologue put it and uses EBP for values: the frame's size is in
                      the image's tables, and inside prologue and epilogue it is counted
    the run-time      its entries push all callee-saved registers [lib/rt/entry.S]
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
from gdb.unwinder import Unwinder

NAMES = ("eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi")
SAVE_ORDER = ("ebx", "esi", "edi", "ebp")  # as in rt::StackMap
CALLEE_SAVED = SAVE_ORDER

# (pc, sp) of frames that a trap interrupted: there the pc is no return address.
_interrupted = set()


class Registers(dict):
    """Register values by name; `pc` besides; what is not known is missing."""

    def stack(self, word=0):
        return guest.word(self["esp"] + 4 * word)


def caller(registers, pc, esp, **others):
    """The caller's registers: those a function must keep are as they are, but for `others`."""
    kept = {name: registers[name] for name in CALLEE_SAVED if name in registers}
    return Registers(kept | others | {"pc": pc & 0xffffffff, "esp": esp & 0xffffffff})


def pop(registers, depth, saved=()):
    """Back over `depth` words to the return address; saved: (register, words below that address)."""
    values = {name: registers.stack(depth - below) for name, below in saved}
    return caller(registers, registers.stack(depth), registers["esp"] + 4 * (depth + 1), **values)


# --- Compiled code -----------------------------------------------------------------------------------


def compiled(registers, image, exact):
    """A function of an image, its start thunk, or a trap stub between functions."""
    pc = registers["pc"]
    shape = images.shape_at(image, pc if exact else pc - 1)
    if shape is None:
        # push 0; push reason; call rt_trap: two words above the call that led here
        return pop(registers, 2 if not exact else 0)
    depth = _depth_at(shape, pc) if exact else _depth_at_call(shape, pc)
    mask = [name for bit, name in enumerate(SAVE_ORDER) if shape.saved_mask >> bit & 1]
    return pop(registers, depth, [(name, k + 1) for k, name in enumerate(mask) if k < depth])


def _depth_at_call(shape, pc):
    """Words up to the return address at a call: the whole frame, but for the stack test's cold end,
    which is the first one and comes before there is a frame."""
    first_cold = shape.saves > shape.begin and shape.cold < pc <= shape.cold + 5
    return 0 if first_cold else shape.frame_words


_depths = {}  # of each instruction of a function, by its first address


def _depth_at(shape, pc):
    """The same at any instruction: pushes and pops are counted."""
    depths = _depths.get((shape.begin, shape.end))
    if depths is None:
        depths = _depths[shape.begin, shape.end] = dict(_count(shape))
    return depths.get(pc, shape.frame_words)


def _count(shape):
    depth = 0
    for line in gdb.selected_inferior().architecture().disassemble(shape.begin, shape.end - 1):
        at, text = line["addr"], line["asm"]
        if at in (shape.body, shape.cold) and at != shape.begin:
            depth = shape.frame_words
        if at == shape.cold and shape.saves > shape.begin:
            depth = 0
        yield at, depth
        adjust = re.match(r"(add|sub) +\$0x([0-9a-f]+),%esp", text)
        if text.startswith("push"):
            depth += 1
        elif text.startswith("pop"):
            depth -= 1
        elif adjust:
            depth += int(adjust[2], 16) // 4 * (1 if adjust[1] == "sub" else -1)
        elif text.startswith(("ret", "jmp")) or at >= shape.cold:
            depth = shape.frame_words


# --- Where assembler code changes stacks --------------------------------------------------------------


def trap(registers, _offset):
    """After `call handle_trap`: EBX, the frame's address, was pushed for it."""
    frame = registers.stack()
    edi, esi, ebp, _, ebx, edx, ecx, eax, _, _, eip, cs, _, esp, _ = guest.words(frame, 15)
    esp = esp if cs & 3 else frame + 52
    _interrupted.add((eip, esp))
    return Registers(pc=eip, esp=esp, eax=eax, ecx=ecx, edx=edx, ebx=ebx, ebp=ebp, esi=esi, edi=edi)


def gate(registers, offset):
    """By CALL from CPL 0: `cli; mov %esp, %ecx; mov esp0, %esp; push %ecx; add $4, %ecx; push %ecx; call`."""
    if offset < 9 or offset >= 23:
        return pop(registers, 0)
    esp = registers["ecx"] if offset == 9 and "ecx" in registers else registers.stack(1 if offset >= 14 else 0)
    return caller(registers, guest.word(esp), esp + 4)


def interrupt_gate(registers, _offset):
    """INT 0x80: number and arguments, then what the processor pushed."""
    eip, _, _, esp = guest.words(registers["esp"] + 8, 4)
    _interrupted.add((eip, esp))
    return caller(registers, eip, esp)


def sysenter_gate(registers, _offset):
    """SYSENTER: number, arguments, the SIP's ESP."""
    esp = registers.stack(2)
    return caller(registers, guest.word(esp), esp + 4)


def stub(registers, _offset):
    """The SIP's side of a kernel call at CPL 3: nothing is on the stack but the return address."""
    return pop(registers, 0)


def collecting_entry(registers, offset):
    """The run-time's entry: EBP EDI ESI EBX ESP are pushed one byte each, then the body is called."""
    depth = min(offset, 5) if offset <= 10 else 0
    order = ("ebp", "edi", "esi", "ebx")[:depth]
    return pop(registers, depth, [(name, k + 1) for k, name in enumerate(order)])


def switch(registers, offset):
    """switch_context pushes EBP EBX ESI EDI after two loads, and pops them before it returns."""
    depth = max(0, min(offset - 8, 4)) if offset < 16 else max(0, 4 - (offset - 16))
    order = ("ebp", "ebx", "esi", "edi")[:depth]
    return pop(registers, depth, [(name, k + 1) for k, name in enumerate(order)])


SEAMS = {"trap_return": trap, "kernel_call_entry": interrupt_gate, "sysenter_entry": sysenter_gate,
         "sysenter_return": stub, "rt_new_object": collecting_entry, "rt_new_array": collecting_entry,
         "switch_context": switch}
PREFIXES = {"gate_": gate, "int_": stub, "sysenter_": stub}


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
        return compiled(registers, image, exact), shape.begin if shape else pc
    rule, _, offset = seam_at(pc)
    return (rule(registers, offset), pc - offset) if rule else None


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
        info = pending.create_unwind_info(FrameId(outer["esp"], begin))
        uint = gdb.lookup_type("unsigned int")
        for name, value in outer.items():
            info.add_saved_register("eip" if name == "pc" else name, gdb.Value(value).cast(uint))
        return info


def install():
    """Puts our rules before GDB's own."""
    gdb.unwinder.register_unwinder(None, SipUnwinder(), replace=True)
    gdb.events.cont.connect(lambda _event: _interrupted.clear())
