"""Random programs that the verifier accepts, for comparing compiled code with the interpreter.

Each register of a function keeps one type between blocks; within a block temporaries take any. Control flow is
random, and ends because each block burns fuel. Indices and divisors are mostly made harmless, so that a program
gets far; sometimes not, and then both must trap alike.
"""

import random

I32 = [f"r{n}" for n in range(10)]
I64 = [f"r{n}" for n in range(10, 15)]
WORDS = ["r15", "r16"]      # array(i32), 8 elements
BYTES = ["r17", "r18"]      # array(u8), 16
NODES = ["r19", "r20", "r21", "r22"]  # ref Node?
FUEL = "r23"
TEMPS = [f"r{n}" for n in range(24, 34)]
CALL = 34                   # arguments from here on

ALU = "add sub mul and or xor shl shr sar".split()
DIV = "div rem divu remu".split()
CONDITIONS = "eq ne lt le gt ge ltu leu gtu geu".split()
NUMBERS = [0, 1, 2, 3, 5, 7, 8, 9, 10, 16, 31, 32, 33, 63, 64, 100, 127, 128, 255, 256, 1000, 4096, 65535, 65536,
           2147483647, -1, -2, -3, -7, -8, -128, -129, -1000, -2147483648]


class Function:
    def __init__(self, rng, number, count, signatures, out):
        self.rng, self.number, self.count = rng, number, count
        self.signatures, self.out = signatures, out

    def emit(self, text):
        self.out.append("    " + text)

    def pick(self, registers):
        return self.rng.choice(registers)

    def number_text(self):
        return self.rng.choice(NUMBERS) if self.rng.random() < 0.8 else self.rng.randrange(-2**31, 2**31)

    def body(self):
        rng = self.rng
        params = self.signatures[self.number]
        self.out.append(f"func f{self.number}({', '.join(params)}) -> i32 {{")
        # Parameters arrive in r0...; they go to where their type lives.
        places = {"i32": list(I32), "i64": list(I64), "array(i32)": list(WORDS), "array(u8)": list(BYTES),
                  "ref Node?": list(NODES)}
        for n in range(len(params)):
            self.emit(f"mov r{CALL + 20 + n}, r{n}")
        taken = set()
        for n, kind in enumerate(params):
            where = FUEL if n == 0 else places[kind].pop(0)
            taken.add(where)
            self.emit(f"mov {where}, r{CALL + 20 + n}")
        for r in I32:
            if r not in taken:
                self.emit(f"ldi {r}, {self.number_text()}")
        for r in I64:
            if r not in taken:
                self.emit(f"ldl {r}, {self.number_text()}")
        for registers, length, kind in ((WORDS, 8, "i32"), (BYTES, 16, "u8")):
            for r in registers:
                if r not in taken:
                    self.emit(f"ldi r24, {length}")
                    self.emit(f"newarr {r}, r24, array({kind})")
        for r in NODES:
            if r not in taken:
                self.emit(f"new {r}, Node")
                if rng.random() < 0.5:
                    self.emit(f"ldfld {r}, {r}, Node.next")
        self.emit("jmp b0")
        blocks = rng.randint(3, 12)
        for b in range(blocks):
            self.out.append(f"b{b}:")
            self.emit(f"sub {FUEL}, {FUEL}, 1")
            self.emit(f"cmp.lt r24, {FUEL}, 0")
            self.emit(f"brnz r24, done, c{b}")
            self.out.append(f"c{b}:")
            self.temps = {"i32": [], "i64": []}
            for _ in range(rng.randint(1, 14)):
                self.instruction()
            self.terminator(blocks, b)
        self.out.append("done:")
        for r in I64:
            self.emit(f"lowl r24, {r}")
            self.emit("xor r0, r0, r24")
            self.emit("ldi r24, 32")
            self.emit(f"shrl {r}, {r}, r24")
            self.emit(f"lowl r24, {r}")
            self.emit("add r0, r0, r24")
        for r in I32[1:]:
            self.emit("mul r0, r0, 31")
            self.emit(f"xor r0, r0, {r}")
        for r in WORDS + BYTES:
            self.emit("ldi r25, 3")
            self.emit(f"ldelem r24, {r}, r25")
            self.emit("add r0, r0, r24")
        self.emit("ret r0")
        self.out.append("}")

    def int_source(self):
        return self.pick(self.temps["i32"] if self.temps["i32"] and self.rng.random() < 0.4 else I32)

    def long_source(self):
        return self.pick(self.temps["i64"] if self.temps["i64"] and self.rng.random() < 0.4 else I64)

    def target(self, kind):
        if self.rng.random() < 0.5:
            t = self.pick(TEMPS)
            for held in self.temps.values():
                if t in held:
                    held.remove(t)
            self.temps[kind].append(t)
            return t
        return self.pick(I32 if kind == "i32" else I64)

    def index(self, length):
        """A register with an index, mostly in bounds; r33 is kept for it."""
        self.emit(f"and r33, {self.int_source()}, {length - 1 if self.rng.random() < 0.99 else length * 2 - 1}")
        for held in self.temps.values():
            if "r33" in held:
                held.remove("r33")
        return "r33"

    def instruction(self):
        rng = self.rng
        kind = rng.choice("alu alu alu alui alui alui div cmp long long longdiv cmpl widen narrow load store "
                          "node node mov call copy const bytes len".split())
        s, l = self.int_source, self.long_source
        if kind == "alu":
            a, b = s(), s()
            self.emit(f"{rng.choice(ALU)} {self.target('i32')}, {a}, {b}")
        elif kind == "alui":
            a = s()
            self.emit(f"{rng.choice(ALU)} {self.target('i32')}, {a}, {self.number_text()}")
        elif kind == "div":
            a = s()
            if rng.random() < 0.5:
                n = self.number_text()
                self.emit(f"{rng.choice(DIV)} {self.target('i32')}, {a}, {n or 3}")
            else:
                b = s()
                if rng.random() < 0.98:
                    self.emit(f"or {b}, {b}, 1")
                self.emit(f"{rng.choice(DIV)} {self.target('i32')}, {a}, {b}")
        elif kind == "cmp":
            a = s()
            b = s() if rng.random() < 0.5 else self.number_text()
            self.emit(f"cmp.{rng.choice(CONDITIONS)} {self.target('i32')}, {a}, {b}")
        elif kind == "long":
            op = rng.choice(ALU)
            a = l()
            b = s() if op in ("shl", "shr", "sar") else l()
            self.emit(f"{op}l {self.target('i64')}, {a}, {b}")
        elif kind == "longdiv":
            a, b = l(), self.pick(I64)
            self.emit("ldl r33, 1")
            self.emit(f"orl {b}, {b}, r33")
            for held in self.temps.values():
                if "r33" in held:
                    held.remove("r33")
            self.emit(f"{rng.choice(DIV)}l {self.target('i64')}, {a if a != 'r33' else b}, {b}")
        elif kind == "cmpl":
            a, b = l(), l()
            self.emit(f"cmpl.{rng.choice(CONDITIONS)} {self.target('i32')}, {a}, {b}")
        elif kind == "widen":
            a = s()
            self.emit(f"{rng.choice(['sxl', 'zxl'])} {self.target('i64')}, {a}")
        elif kind == "narrow":
            a = l()
            self.emit(f"lowl {self.target('i32')}, {a}")
        elif kind in ("load", "store"):
            array, length = rng.choice([(self.pick(WORDS), 8), (self.pick(BYTES), 16)])
            i = self.index(length)
            if kind == "load":
                self.emit(f"ldelem {self.target('i32')}, {array}, {i}")
            else:
                self.emit(f"stelem {array}, {i}, {self.pick(I32)}")
        elif kind == "bytes":
            i, width = self.index(8), rng.choice([2, 4])
            if rng.random() < 0.5:
                self.emit(f"ldbytes {self.target('i32')}, {self.pick(BYTES)}, {i}, {width}")
            else:
                self.emit(f"stbytes {self.pick(BYTES)}, {i}, {self.pick(I32)}, {width}")
        elif kind == "len":
            array = self.pick(WORDS + BYTES)
            self.emit(f"len {self.target('i32')}, {array}")
        elif kind == "node":
            self.node()
        elif kind == "mov":
            what = rng.choice([I32, I64, WORDS, BYTES, NODES])
            self.emit(f"mov {self.pick(what)}, {self.pick(what)}")
        elif kind == "const":
            if rng.random() < 0.7:
                self.emit(f"ldi {self.target('i32')}, {self.number_text()}")
            else:
                self.emit(f"ldl {self.target('i64')}, {self.number_text()}")
        elif kind == "copy":
            for n, what in enumerate((self.pick(BYTES), rng.randint(0, 8), self.pick(BYTES), rng.randint(0, 8),
                                      rng.randint(0, 8))):
                self.emit(f"{'mov' if isinstance(what, str) else 'ldi'} r{CALL + n}, {what}")
            self.emit(f"copy r{CALL}")
        else:
            self.call()

    def node(self):
        rng = self.rng
        n, m = self.pick(NODES), self.pick(NODES)
        what = rng.choice("new new link next value set compare churn".split())
        if what == "new":
            self.emit(f"new {n}, Node")
        elif what == "churn":
            self.emit("ldi r33, 20")
            self.emit("newarr r33, r33, array(i32)")
            for held in self.temps.values():
                if "r33" in held:
                    held.remove("r33")
        elif what == "compare":
            self.emit(f"refeq {self.target('i32')}, {n}, {m}")
        else:
            # A new object where there is none, so that most programs do not trap.
            label = f"l{len(self.out)}"
            if rng.random() < 0.95:
                self.emit(f"brnull {n}, {label}n, {label}s")
                self.out.append(f"{label}n:")
                self.emit(f"new {n}, Node")
                self.emit(f"jmp {label}s")
                self.out.append(f"{label}s:")
            if what == "link":
                self.emit(f"stfld {n}, {m}, Node.next")
            elif what == "next":
                self.emit(f"ldfld {m}, {n}, Node.next")
            elif what == "value":
                field, kind = rng.choice([("value", "i32"), ("small", "i32"), ("wide", "i64"), ("half", "i32")])
                self.emit(f"ldfld {self.target(kind)}, {n}, Node.{field}")
            else:
                field, held = rng.choice([("value", I32), ("small", I32), ("wide", I64), ("half", I32)])
                self.emit(f"stfld {n}, {self.pick(held)}, Node.{field}")

    def call(self):
        later = range(self.number + 1, self.count)
        if not later:
            return
        callee = self.rng.choice(later)
        places = {"i32": I32, "i64": I64, "array(i32)": WORDS, "array(u8)": BYTES, "ref Node?": NODES}
        self.emit(f"sar r{CALL}, {FUEL}, 2")
        for n, kind in enumerate(self.signatures[callee][1:], 1):
            self.emit(f"mov r{CALL + n}, {self.pick(places[kind])}")
        self.emit(f"call {self.target('i32')}, r{CALL}, f{callee}")

    def terminator(self, blocks, b):
        """To anywhere, but also to the next block: all must be reachable."""
        rng = self.rng
        to = lambda: f"b{rng.randrange(blocks)}"
        following = f"b{b + 1}" if b + 1 < blocks else "done"
        pair = [to(), following]
        rng.shuffle(pair)
        targets = ", ".join(pair)
        what = rng.choice("next cmp cmp cmp brnz brnull switch".split())
        if what == "next":
            self.emit(f"jmp {following}")
        elif what == "cmp":
            x = self.int_source()
            if rng.random() < 0.3:
                self.emit(f"cmpl.{rng.choice(CONDITIONS)} r33, {self.long_source()}, {self.pick(I64)}")
            else:
                y = self.int_source() if rng.random() < 0.5 else self.number_text()
                self.emit(f"cmp.{rng.choice(CONDITIONS)} r33, {x}, {y}")
            self.emit(f"brnz r33, {targets}")
        elif what == "brnz":
            self.emit(f"brnz {self.int_source()}, {targets}")
        elif what == "brnull":
            self.emit(f"brnull {self.pick(NODES)}, {targets}")
        else:
            self.emit(f"and r33, {self.int_source()}, 7")
            self.emit(f"switch r33, [{', '.join(to() for _ in range(rng.randint(1, 8)))}, {following}]")


def program(seed):
    rng = random.Random(seed)
    out = [f"; random program {seed}", "class Node {", "    small: u8", "    next: ref Node?", "    half: u16",
           "    value: i32", "    wide: i64", "}"]
    count = rng.randint(1, 4)
    kinds = ["i32", "i32", "i32", "i64", "array(i32)", "array(u8)", "ref Node?", "ref Node?"]
    limit = {"i32": 10, "i64": 5, "array(i32)": 2, "array(u8)": 2, "ref Node?": 4}
    signatures = [["i32"]]
    for _ in range(1, count):
        some = [rng.choice(kinds) for _ in range(rng.randint(0, 7))]
        while any(some.count(k) > n for k, n in limit.items()):
            some.pop()
        signatures.append(["i32"] + some)
    for number in range(count):
        Function(rng, number, count, signatures, out).body()
    out += ["func main() -> i32 {", "    ldi r0, 200", "    call r0, r0, f0", "    callk r0, r0, print_int",
            "    ldi r0, 0", "    ret r0", "}"]
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(program(int(sys.argv[1])))
