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


def races(messages=1, side=16):
    """A contract with as many configurations as are gone through, or more: both sides speak all the time."""
    text = "contract C {\n" + "".join(f"    in A{m}()\n    out B{m}()\n" for m in range(messages))
    for s in range(side * side):
        steps = [f"A{m} -> S{s + side}" for m in range(messages) if s // side < side - 1]
        steps += [f"B{m} -> S{s + 1}" for m in range(messages) if s % side < side - 1]
        text += f"    state S{s}" + (": " + ", ".join(steps) if steps else "") + "\n"
    return module(text + "}")


def too_many_races():
    """The same, with several things to say each time: the queues alone are too many."""
    return races(10)


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


def rotation(blocks=4000, registers=16):
    """A loop in which each turn moves one more register up the lattice: only the last one may be null at first."""
    start = lines(f"new r{r}, C" for r in range(1, registers)) + f"    null r{registers}\n    jmp b0\n"
    turn = lines(f"mov r{r}, r{r + 1}" for r in range(1, registers)) + f"    mov r{registers}, r{registers + 1}\n"
    text = f"b0:\n    mov r{registers + 1}, r1\n{turn}    brnz r0, b1, done\n"
    text += "".join(f"b{n}:\n    brnz r0, b{n + 1}, b{n + 1}\n" for n in range(1, blocks))
    end = lines(f"isnull r0, r{r}" for r in range(1, registers + 1))
    return module(f"class C {{\n}}\nfunc f(i32) {{\n{start}{text}b{blocks}:\n    jmp b0\ndone:\n{end}    retv\n}}")


def fast_rotation():
    """The same with all registers, and little code for the work that is."""
    return rotation(blocks=1900, registers=250)


def back_and_forth(blocks=8000):
    """Each block branches to the one before and the one behind: what is live in the first is live in all."""
    text = "".join(f"b{n}:\n    brnz r0, b{max(n - 1, 0)}, b{n + 1}\n" for n in range(blocks))
    return module(f"func f(i32, i32) {{\n    jmp b0\n{text}b{blocks}:\n    add r1, r1, r1\n    retv\n}}")


def deep_joins(rounds=2000):
    """Objects of two classes with many interfaces in common that meet, and meet again."""
    interfaces = ", ".join(f"I{n}" for n in range(60))
    text = "".join(f"interface I{n} {{\n}}\n" for n in range(60))
    text += f"class A: {interfaces} {{\n}}\nclass B: {interfaces} {{\n}}\nfunc f(i32) {{\n    jmp a0\n"
    for n in range(rounds):
        text += f"a{n}:\n    brnz r0, b{n}, c{n}\nb{n}:\n    new r1, A\n    null r2\n    jmp d{n}\n"
        text += f"c{n}:\n    new r1, B\n    new r2, B\n    jmp d{n}\nd{n}:\n    isnull r3, r2\n    jmp a{n + 1}\n"
    return module(text + f"a{rounds}:\n    retv\n}}")


def shared_switch(count=60, targets=4000):
    """One table for all of them."""
    text = "func f(i32) {\n    table [" + ", ".join(["done"] * targets) + "]\n    jmp b0\n"
    text += "".join(f"b{n}:\n    brnz r0, s{n}, b{n + 1}\ns{n}:\n    switch r0, #0\n" for n in range(count))
    return module(text + f"b{count}:\n    jmp done\ndone:\n    retv\n}}")


def too_shared_switch():
    """And more of them than the table's length allows."""
    return shared_switch(8000, 4096)


def shared_select(count=30000):
    """One table of many cases, which no instruction fits: its operands are found in it only once."""
    cases = "".join("        case 0 closed, 1 closed, 2 closed, 3 closed, 4 closed, 5 closed, 6 closed, 7 closed -> done\n"
                    for _ in range(256))
    text = "func f(i32) {\n    regs 9\n    table {\n" + cases + "    }\n    jmp b0\n"
    text += "".join(f"b{n}:\n    select r1, 8, #0\n" for n in range(min(count, 16000)))
    return module(text + "done:\n    retv\n}")


def pairs(classes=500):
    """Every class implements every interface, and objects of any two of them meet."""
    names = ", ".join(f"I{n}" for n in range(classes))
    text = "".join(f"interface I{n} {{\n}}\n" for n in range(classes))
    text += "".join(f"class C{n}: {names} {{\n}}\n" for n in range(classes)) + "func f(i32) {\n    jmp a0\n"
    for n in range(classes):
        text += f"a{n}:\n    brnz r0, b{n}, c{n}\nb{n}:\n    new r1, C{n}\n    jmp a{n + 1}\n"
        text += f"c{n}:\n    new r1, C{(n * 7 + 1) % classes}\n    jmp a{n + 1}\n"
    return module(text + f"a{classes}:\n    retv\n}}")


def contracts(count=200, states=200, messages=4):
    """As many states as there may be, in as many contracts: a ring in which each side speaks by turns."""
    text = ""
    for c in range(count):
        text += f"contract C{c} {{\n" + "".join(f"    in I{m}()\n    out O{m}()\n" for m in range(messages))
        for s in range(states):
            steps = ", ".join(f"{'IO'[s % 2]}{m} -> #{(s + 1) % states}" for m in range(messages))
            text += f"    state S{s}: {steps}\n"
        text += "}\n"
    return module(text)


def combinations(selects=8, filler=400):
    """Selects over four endpoints with eight messages each: 4096 combinations for each of them."""
    text = "contract C {\n" + "".join(f"    out M{m}()\n" for m in range(7))
    text += "    in Go()\n    state S: " + ", ".join(f"M{m} -> T" for m in range(7)) + "\n    state T: Go -> S\n}\n"
    text += "func f(C.Imp:S, C.Imp:S, C.Imp:S, C.Imp:S, i32) {\n    jmp b0\n"
    for n in range(selects):
        text += f"b{n}:\n" + "    add r4, r4, r4\n" * filler + "    select r0, 4 {\n"
        text += "".join(f"        case 0 C.M{m} -> c{n}\n" for m in range(7)) + "        case 0 closed -> gone\n    }\n"
        text += f"c{n}:\n    send r0, r0, C.Go\n    jmp b{n + 1}\n"
    frees = "    free r0\n    free r1\n    free r2\n    free r3\n    retv\n"
    return module(text + f"b{selects}:\n{frees}gone:\n{frees}}}")


def too_many_combinations():
    """The same without the code that would pay for it."""
    return combinations(selects=400, filler=0)


def nested(classes=230):
    """As many types as there may be, as deep as they may be."""
    text = "".join(f"class C{c} {{\n}}\n" for c in range(classes)) + "types {\n    "
    text += ",\n    ".join("array(" * depth + f"ref C{c}?" + ")?" * depth for c in range(classes) for depth in range(16))
    return module(text + "\n}")


def empty_interface(tests=60000):
    """Tests for an interface that nobody implements, among as many classes as there may be."""
    text = "".join(f"class C{c} {{\n}}\n" for c in range(1000))
    return module(f"interface I {{\n}}\n{text}func f() {{\n    null r0\n" + "    isinst r1, r0, I\n" * tests + "    retv\n}")


def jumps(count=10000):
    """Jumps over a little more than a short jump reaches, over one another."""
    text = "func f(i32, i64) {\n    jmp b0\n"
    for n in range(count):
        text += f"b{n}:\n    add r0, r0, 100000\n    add r0, r0, 3\n    brnz r0, b{n + 1}, b{min(n + 9 + n % 3, count)}\n"
    return module(text + f"b{count}:\n    retv\n}}")


def long_words(registers=200):
    """A refusal that has long names to tell about, and many registers."""
    name = "N" * 255
    text = f"contract {name} {{\n" + "".join(f"    in {'M' * 250}{m}()\n" for m in range(60))
    text += f"    out Go()\n    state S{'S' * 250}: " + ", ".join(f"{'M' * 250}{m} -> E" for m in range(60)) + "\n    state E: Go -> E2\n    state E2\n}\n"
    text += "func f() {\n" + lines(f"channel r{r}, r{r + 1}, {name}" for r in range(0, registers, 2))
    return module(text + f"    send r0, r0, {name}.Go\n    retv\n}}")


WORST = (backwards, backwards_refused, wide, meetings, reads, arithmetic, calls, many_calls, arguments, switches,
         selects, races, too_many_races, fields, interfaces, structs, too_many_structs, rotation, fast_rotation, back_and_forth,
         deep_joins, shared_switch, too_shared_switch, shared_select, pairs, contracts, combinations, too_many_combinations, nested,
         empty_interface, jumps, long_words)

# Those that are to be verified whatever their size: what they cost must grow as they do.
GROWING = {backwards: 4000, wide: 500, reads: 16000, calls: 4000, switches: 15, selects: 90, interfaces: 120,
           rotation: 1000, back_and_forth: 3000, deep_joins: 500, shared_switch: 15, combinations: 2, nested: 50,
           empty_interface: 15000, jumps: 2500, contracts: 50}
