"""Modules at the edges of verifier/limits.hh: small files that make the verifier or the compiler keep
as much as they can. Each function returns assembly text; WORST names them all.
"""


def module(body, sip="worst"):
    """A SIP that does nothing when it runs, with `body` to be verified and compiled."""
    return f"sip {sip} {{ entry main }}\n{body}\nfunc main() {{\n    retv\n}}\n"


def lines(texts):
    """One instruction a line."""
    return "".join(f"    {text}\n" for text in texts)


def backwards(blocks=16000, registers=32, last="retv"):
    """Blocks that each jump to the one before, under registers that live through all of them."""
    body = "".join(f"b{n}:\n    jmp b{n - 1}\n" for n in range(1, blocks))
    end = lines(f"add r0, r0, r{r}" for r in range(1, registers))
    params = ", ".join(["i32"] * registers)
    return module(f"func f({params}) {{\n    jmp b{blocks - 1}\nb0:\n{end}    {last}\n{body}}}")


def backwards_refused():
    """The same with an error at the end, so that it is gone through again to explain it."""
    return backwards(last="ldelem r0, r1, r2\n    retv")


def wide(blocks=2000):
    """All registers there are, alive through many blocks."""
    start = lines(f"add r{r}, r0, {r}" for r in range(1, 256))
    middle = "".join(f"    jmp b{n}\nb{n}:\n" for n in range(blocks))
    end = lines(f"add r0, r0, r{r}" for r in range(1, 256))
    return module(f"func f(i32) {{\n{start}{middle}{end}    retv\n}}")


def meetings(rounds=900, registers=33):
    """Registers that are i32 on one path and i64 on the other, again and again, and then are read."""
    def put(op):
        return lines(f"{op} r{r}, 1" for r in range(2, registers))
    text = "func f(i32) {\n" + put("ldi") + "    jmp a0\n"
    for n in range(rounds):
        text += f"a{n}:\n    brnz r0, b{n}, c{n}\nb{n}:\n{put('ldi')}    jmp a{n + 1}\nc{n}:\n{put('ldl')}    jmp a{n + 1}\n"
    return module(text + f"a{rounds}:\n" + lines(f"add r0, r0, r{r}" for r in range(2, registers)) + "    retv\n}")


def reads(count=65000, element="i64"):
    """Nothing but reads of array elements, each with its checks and its own way to a trap."""
    return module(f"func f(array({element}), i32) {{\n" + "    ldelem r2, r0, r1\n" * count + "    retv\n}")


def arithmetic(count=64000, registers=200):
    """What takes the most code, on registers that have no place but the stack."""
    ops = ("mull", "divl")
    start = "    newarr r1, r0, array(u8)\n    sxl r2, r0\n" + lines(f"mov r{r}, r2" for r in range(3, registers))
    body = ""
    for n in range(count // 2):
        a, b, c = (3 + (n * k) % (registers - 3) for k in (7, 11, 13))
        body += f"    {ops[n % 2]} r{a}, r{b}, r{c}\n    ldbytes r250, r1, r0, 4\n"
    end = lines(f"addl r2, r2, r{r}" for r in range(3, registers))
    return module(f"func f(i32) {{\n{start}{body}{end}    retv\n}}")


def calls(count=10000, registers=250):
    """Calls with many references alive across each: the collector's maps."""
    start = lines(f"newarr r{r}, r0, array(i32)" for r in range(1, registers))
    end = lines(f"len r0, r{r}" for r in range(1, registers))
    return module("func g() {\n    retv\n}\nfunc f(i32) {\n" + start + "    call r0, r0, g\n" * count + end
                  + "    retv\n}")


def many_calls():
    """More of them than there is memory for."""
    return calls(60000)


def arguments(count=30000):
    """Calls with as many arguments as there may be."""
    params = ", ".join(["i64"] * 32)
    return module(f"func g({params}) {{\n    retv\n}}\nfunc f({params}) {{\n" + "    call r0, r0, g\n" * count
                  + "    retv\n}")


def switches(count=60, targets=4000):
    """Tables that go to the same few blocks."""
    cases = ", ".join(["done"] * targets)
    text = "".join(f"b{n}:\n    switch r0, [{cases}, b{n + 1}]\n" for n in range(count))
    return module(f"func f(i32) {{\n    jmp b0\n{text}b{count}:\n    jmp done\ndone:\n    retv\n}}")


def selects(count=400, messages=30):
    """Messages with as many arguments as there may be, each received in many places."""
    words = ", ".join(["i64"] * 6)
    text = "contract C {\n" + "".join(f"    out M{m}({words})\n" for m in range(messages))
    text += "    state S: " + ", ".join(f"M{m} -> S2" for m in range(messages)) + "\n    in Go()\n    state S2: Go -> S\n}\n"
    text += "func f(C.Imp:S) {\n    jmp b0\n"
    for n in range(count):
        text += f"b{n}:\n    select r0, 1 {{\n"
        text += "".join(f"        case 0 C.M{m} r1 -> c{n}\n" for m in range(messages))
        text += f"        case 0 closed -> gone\n    }}\nc{n}:\n    send r0, r0, C.Go\n    jmp b{n + 1}\n"
    return module(text + f"b{count}:\n    jmp gone2\ngone:\n    free r0\n    retv\ngone2:\n    free r0\n    retv\n}}")


def fields(classes=900, each=250):
    """More declarations than code."""
    names = "".join(f"    f{n}: i32\n" for n in range(each))
    return module("".join(f"class C{c} {{\n{names}}}\n" for c in range(classes)))


def interfaces(classes=500, tests=500):
    """Tests for an interface, each of which tries all classes."""
    text = "interface I {\n}\n" + "".join(f"class C{c}: I {{\n}}\n" for c in range(classes))
    return module(text + "func f() {\n    null r0\n" + "    isinst r1, r0, I\n" * tests + "    retv\n}")


def structs(count=300):
    """Structs that lead from one to the next, all of them made."""
    text = "".join(f"struct S{n} {{\n    next: own S{n + 1}?\n}}\n" for n in range(count)) + f"struct S{count} {{\n}}\n"
    return module(text + "func f() {\n" + "".join(f"    xnew r0, S{n}\n    free r0\n" for n in range(count)) + "    retv\n}")


def too_many_structs():
    """The same, as deep as can be."""
    return structs(1000)


WORST = (backwards, backwards_refused, wide, meetings, reads, arithmetic, calls, many_calls, arguments, switches,
         selects, fields, interfaces, structs, too_many_structs)
