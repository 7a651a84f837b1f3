"""Contracts at random in which both sides may speak, and SIPs that walk along both ends of them, at random too.

A walk sends wherever the states of the two ends allow it and receives what it knows to be waiting, in any order. So it comes
to queues as long as two SIPs could fill them, and the kernel panics if one is longer than its contract was found to need.
Each message has its number, which must be the next: none is lost, doubled or written over. A walk traps if something waits
for an end that can do nothing more, or if neither end can do anything: the verifier has promised that this does not happen.
"""
import random

STUCK, WRONG, CLOSED = 1, 2, 3  # what a walk traps with


def contract(draw):
    """Each side says a few things, in whatever order they cross; then it begins again, or not, and a few steps are changed."""
    ins, outs, messages = draw.randint(1, 3), draw.randint(1, 3), draw.choice((4, 6, 10))
    states = [{} for _ in range((ins + 1) * (outs + 1))]  # of each: what can be said, and where that leads
    said = [[2 * draw.randrange(messages // 2) + end for _ in range(count)] for end, count in enumerate((ins, outs))]
    for s, state in enumerate(states):
        i, o = divmod(s, outs + 1)
        if i < ins:
            state[said[0][i]] = s + outs + 1
        if o < outs:
            state[said[1][o]] = s + 1
    for _ in range(draw.randrange(5)):
        draw.choice(states)[draw.randrange(messages)] = draw.randrange(len(states))
    return states


def declaration(name, states):
    """The contract's text, without states that it never comes to."""
    reached = [0]
    for s in reached:
        reached += [t for t in dict.fromkeys(states[s].values()) if t not in reached]
    used = sorted({m for s in reached for m in states[s]})
    text = f"contract {name} {{\n" + "".join(f"    {'out' if m % 2 else 'in'} M{m}(i32)\n" for m in used)
    for s in reached:
        text += f"    state S{s}" + ": " * bool(states[s]) + ", ".join(f"M{m} -> S{t}" for m, t in states[s].items()) + "\n"
    return text + "}\n"


class Walk:
    """A function that walks `steps` steps: the importing end is in r0, the exporting one in r1; r2 and r3 say how many
    messages wait for each, r4 to r7 how many were sent to each and received, r8 draws lots."""

    def __init__(self, name, states, steps):
        self.name, self.states = name, states
        self.text = (f"func walk{name}(i32) {{\n    mov r8, r0\n    ldi r9, {steps}\n    ldi r0, 0\n    jmp begin\nbegin:\n"
                     f"    channel r0, r1, {name}\n" + "".join(f"    ldi r{r}, 0\n" for r in range(2, 8)) + "    jmp at_0_0\n")
        self.pairs = [(0, 0)]
        for pair in self.pairs:
            self.pair(*pair)
        self.text += "done:\n    retv\n}\n"

    def after(self, pair, end, state):
        """The label for where the ends are when one has come to a state."""
        new = (state, pair[1]) if end == 0 else (pair[0], state)
        if new not in self.pairs:
            self.pairs.append(new)
        return f"at_{new[0]}_{new[1]}"

    def pair(self, *pair):
        """What can be done with the ends in two states."""
        here, arms, code = f"at_{pair[0]}_{pair[1]}", [], ""
        self.text += (f"{here}:\n    sub r9, r9, 1\n    brnz r9, {here}_go, {here}_end\n"
                      f"{here}_end:\n    free r0\n    free r1\n    jmp done\n{here}_go:\n")
        sends = [(end, m) for end in (0, 1) for m in self.states[pair[end]] if m % 2 == end]
        if not sends:
            self.text += f"    or r10, r2, r3\n    brnz r10, {here}_on, {here}_rest\n{here}_rest:\n"
            if self.states[pair[0]] or self.states[pair[1]]:
                self.text += f"    trap {STUCK}\n"
            else:
                self.text += "    free r0\n    free r1\n    jmp begin\n"
            self.text += f"{here}_on:\n"
        for end, m in sends:
            arms.append(f"{here}_send{m}")
            code += (f"{arms[-1]}:\n    add r{3 - end}, r{3 - end}, 1\n    add r{5 - end}, r{5 - end}, 1\n    mov r11, r{5 - end}\n"
                     f"    send r{end}, r11, {self.name}.M{m}\n    jmp {self.after(pair, end, self.states[pair[end]][m])}\n")
        for end in (0, 1):
            heard = [m for m in self.states[pair[end]] if m % 2 != end]
            if heard:
                arms.append(f"{here}_hear{end}")
                code += self.hear(arms[-1], here, pair, end, heard)
        if not arms:  # both at the end, and yet something waits
            self.text += f"    trap {STUCK}\n"
            return
        self.text += (f"    mul r8, r8, 1103515245\n    add r8, r8, 12345\n    shr r10, r8, 16\n    remu r10, r10, {len(arms)}\n"
                      f"    switch r10, [{', '.join(arms)}]\n{code}")

    def hear(self, label, here, pair, end, heard):
        """Receives at one end, if something waits there."""
        text = f"{label}:\n    brnz r{2 + end}, {label}_yes, {here}\n{label}_yes:\n    select r{end}, 1 {{\n"
        text += "".join(f"        case 0 {self.name}.M{m} r11 -> {label}_{m}\n" for m in heard)
        text += f"        case 0 closed -> {label}_closed\n    }}\n{label}_closed:\n    trap {CLOSED}\n"
        for m in heard:
            text += (f"{label}_{m}:\n    sub r{2 + end}, r{2 + end}, 1\n    add r{6 + end}, r{6 + end}, 1\n"
                     f"    cmp.eq r10, r{6 + end}, r11\n    brnz r10, {label}_{m}_next, {label}_{m}_wrong\n{label}_{m}_wrong:\n    trap {WRONG}\n"
                     f"{label}_{m}_next:\n    jmp {self.after(pair, end, self.states[pair[end]][m])}\n")
        return text


def module(seed, count, steps, is_accepted):
    """A SIP that walks along `count` contracts that `is_accepted` (text -> bool) lets pass, both sides speaking in each."""
    draw = random.Random(seed)
    declarations, walks, calls = "", "", ""
    while count:
        states = contract(draw)
        name = f"C{count}"
        both = any({m % 2 for m in state} == {0, 1} for state in states)
        if not both or not is_accepted(declaration(name, states) + "func main() {\n    retv\n}\n"):
            continue
        count -= 1
        declarations += declaration(name, states)
        walks += Walk(name, states, steps).text
        calls += f"    ldi r0, {draw.randrange(1 << 30)}\n    call r0, r0, walk{name}\n"
    return f"sip walks {{\n}}\n{declarations}{walks}func main() {{\n{calls}    retv\n}}\n"
