"""What lies on the stack at each instruction of a function that keeps no chain of EBPs: found by going
over its instructions once and following ESP. This is exact for our own code, whose frames have one size
from prologue to epilogue; pushes in between are undone in the same block."""
import re

import gdb

_PUSH = re.compile(r"push[wl]? +(?:%(\w+)$)?")
_ADJUST = re.compile(r"(add|sub) +\$0x([0-9a-f]+),%esp")

OWN_STACK = "ebx"  # ESP as it was, while the run-time's entries work on a stack of their own


class State(tuple):
    """(base, words): the register that points at the words, and what lies there, the newest last: the name of
    a register that was saved, or None. Above them is the return address."""

    def after(self, text):
        """The state behind an instruction."""
        base, words = self
        if re.match(r"mov +%e[ab]x,%esp", text):
            return State(("esp", words))
        if re.match(r"mov +.*\(%ecx\),%esp", text):
            return EMPTY
        if base != "esp":
            return self
        push, adjust = _PUSH.match(text), _ADJUST.match(text)
        if re.match(r"mov +%esp,%ebx", text):
            return State((OWN_STACK, words))
        if push:
            return State((base, (*words, push[1])))
        if text.startswith("pop"):
            return State((base, words[:-1]))
        if adjust:
            count = int(adjust[2], 16) // 4
            return State((base, (*words, *[None] * count) if adjust[1] == "sub" else words[:-count]))
        return self


EMPTY = State(("esp", ()))
ELSEWHERE = State((None, ()))  # the return address is not on this segment


def instructions(begin, end):
    """(address, text) of the instructions in [begin, end), or up to the first RET when there is no end."""
    at, architecture = begin, gdb.selected_inferior().architecture()
    while end is None or at < end:
        for line in architecture.disassemble(at, count=64) if end is None else architecture.disassemble(at, end - 1):
            text = line["asm"].rstrip()
            yield line["addr"], text
            at = line["addr"] + line["length"]
            if end is None and text.startswith("ret"):
                return


def follow(begin, end=None, body=None, cold=None, start=EMPTY):
    """{address: State} for a function. `body`: where its frame is made, which is there again behind every
    jump and return. `cold`: where its cold ends begin; the one that asks for more stack has no frame yet, and
    is the only one that pushes."""
    states, state, framed = {}, start, EMPTY
    for at, text in instructions(begin, end):
        if at == body:
            framed = state
        if cold is not None and at >= cold and text.startswith("push"):
            state = framed = EMPTY
        states[at] = state
        state = framed if text.startswith(("ret", "jmp")) else state.after(text)
    return states


def before(states, pc):
    """The state at the call that returns to `pc`."""
    return states[max(at for at in states if at < pc)]
