#include "verifier/bench/workloads.hh"

#include <fmt/format.h>

#include <iterator>

namespace singlet::verifier {
namespace {

using fmt::format_to;

constexpr std::string_view kHead = "sip Bench { entry main }\n";
constexpr std::string_view kMain = "func main() {\n    retv\n}\n";

// Program text that grows; `put` writes one line of it.
class Text {
public:
    template <class... Args>
    void put(fmt::format_string<Args...> line, Args&&... args) {
        format_to(std::back_inserter(text_), line, std::forward<Args>(args)...);
        text_ += '\n';
    }
    std::string done() && { return std::move(text_); }

private:
    std::string text_{kHead};
};

// A loop and a call in each, as accessors and helpers are.
std::string small_functions(std::size_t instructions) {
    constexpr std::size_t kEach = 17;
    Text t;
    for (std::size_t f = 0; f < std::max<std::size_t>(1, instructions / kEach); ++f) {
        t.put("func f{}(i32, array(i32)) -> i32 {{", f);
        t.put("    ldi r2, 0\n    mov r3, r2\n    len r4, r1\n    jmp test");
        t.put("body:\n    ldelem r5, r1, r3\n    mul r5, r5, r0\n    add r2, r2, r5");
        t.put("    add r3, r3, 1\n    jmp test");
        t.put("test:\n    cmp.lt r5, r3, r4\n    brnz r5, body, end");
        if (f == 0)
            t.put("end:\n    and r2, r2, 255\n    xor r6, r2, r0\n    shl r6, r6, 2");
        else
            t.put("end:\n    mov r6, r0\n    mov r7, r1\n    call r6, r6, f{}", f - 1);
        t.put("    add r2, r2, r6\n    sub r2, r2, 1\n    ret r2\n}}");
    }
    t.put("{}", kMain);
    return std::move(t).done();
}

// Four of them: decisions inside loops, over two dozen registers.
std::string large_functions(std::size_t instructions) {
    constexpr std::size_t kFunctions = 4, kRound = 16, kRegisters = 22;
    Text t;
    for (std::size_t f = 0; f < kFunctions; ++f) {
        t.put("func f{}(i32, array(u8)) -> i32 {{", f);
        for (std::size_t r = 2; r < kRegisters; ++r)
            t.put("    add r{}, r0, {}", r, r);
        t.put("    jmp top0");
        const std::size_t rounds = std::max<std::size_t>(1, instructions / kFunctions / kRound);
        for (std::size_t n = 0; n < rounds; ++n) {
            const std::size_t a = 2 + n % 19, b = 2 + (n * 7 + 3) % 19, c = 2 + (n * 5 + 1) % 19;
            t.put(
                "top{}:\n    ldelem r22, r1, r{}\n    add r{}, r{}, r22\n    cmp.lt r23, r{}, r22",
                n, a, b, c, a);
            t.put("    brnz r23, yes{0}, no{0}", n);
            t.put("yes{0}:\n    mul r{1}, r{2}, 3\n    sub r{2}, r{2}, r{1}\n    jmp join{0}", n, c,
                  a);
            t.put("no{0}:\n    xor r{1}, r{1}, r{2}\n    shr r{2}, r{2}, 1\n    jmp join{0}", n, a,
                  b);
            t.put("join{0}:\n    and r22, r22, 63\n    stelem r1, r22, r{1}\n    add r{2}, r{2}, 1",
                  n, b, a);
            t.put("    cmp.lt r23, r{1}, 1000\n    brnz r23, top{0}, top{2}", n, a, n + 1);
        }
        t.put("top{}:\n    ret r2\n}}", rounds);
    }
    t.put("{}", kMain);
    return std::move(t).done();
}

// Arithmetic without a branch.
std::string one_block(std::size_t instructions) {
    Text t;
    t.put("func f(i32, i32) -> i32 {{");
    for (std::size_t r = 2; r < 16; ++r)
        t.put("    add r{}, r0, {}", r, r);
    for (std::size_t n = 16; n < instructions; ++n)
        t.put("    {} r{}, r{}, r{}", n % 3 ? "add" : "xor", 2 + n % 14, (n * 5) % 16,
              (n * 11) % 16);
    t.put("    ret r2\n}}\n{}", kMain);
    return std::move(t).done();
}

// Where paths meet with an object of one class, of the other, and null.
std::string joins(std::size_t instructions) {
    constexpr std::size_t kRound = 14, kInFunction = 512;
    Text t;
    t.put("interface Shape {{\n}}\nmethod Shape: area(ref Shape) -> i32");
    for (auto* name : {"Square", "Circle"}) {
        t.put("class {0}: Shape {{\n    size: i32\n    implement Shape.area = area_{0}\n}}", name);
        t.put("func area_{0}(ref {0}) -> i32 {{\n    ldfld r1, r0, {0}.size\n    ret r1\n}}", name);
    }
    const std::size_t rounds = std::max<std::size_t>(1, instructions / kRound);
    for (std::size_t n = 0; n < rounds; ++n) {
        if (n % kInFunction == 0)
            t.put("func f{}(i32) -> i32 {{\n    null r1\n    ldi r2, 0\n    jmp top{}", n, n);
        t.put("top{0}:\n    brnz r0, one{0}, two{0}", n);
        t.put("one{0}:\n    new r1, Square\n    stfld r1, r0, Square.size\n    jmp meet{0}", n);
        t.put("two{0}:\n    brnz r2, three{0}, meet{0}", n);
        t.put("three{0}:\n    new r1, Circle\n    stfld r1, r2, Circle.size\n    jmp meet{0}", n);
        t.put("meet{0}:\n    brnull r1, none{0}, some{0}", n);
        t.put("some{0}:\n    mov r3, r1\n    calli r4, r3, Shape.area\n    add r2, r2, r4\n    jmp "
              "none{0}",
              n);
        const bool last = (n + 1) % kInFunction == 0 || n + 1 == rounds;
        t.put("none{}:\n    {}", n, last ? "ret r2\n}" : fmt::format("jmp top{}", n + 1));
    }
    t.put("{}", kMain);
    return std::move(t).done();
}

// Messages with owned arguments, both sides of a channel, and every select complete.
std::string channels(std::size_t instructions) {
    constexpr std::size_t kRound = 22, kInFunction = 256;
    Text t;
    t.put("struct Block {{\n    size: i32\n    bytes: vec(u8)?\n}}");
    t.put("contract Store {{\n    in Put(own Block, i32)\n    in Stop()\n    out Done(own Block)\n "
          "   out Full(i32)");
    t.put("    state Start: Put -> Busy, Stop -> End\n    state Busy: Done -> Start, Full -> "
          "Start\n    state End\n}}");
    const std::size_t rounds = std::max<std::size_t>(1, instructions / kRound);
    for (std::size_t n = 0; n < rounds; ++n) {
        if (n % kInFunction == 0)
            t.put("func f{}(Store.Imp:Start, Store.Exp:Start, i32) {{\n    jmp top{}", n, n);
        t.put("top{}:\n    xnew r3, Block\n    stfld r3, r2, Block.size\n    xvec r4, r2, vec(u8)",
              n);
        t.put("    xswap r4, r3, Block.bytes\n    free r4\n    mov r5, r2\n    mov r4, r3");
        t.put(
            "    send r0, r4, Store.Put\n    select r1, 1 {{\n        case 0 Store.Put r6 -> put{}",
            n);
        t.put("        case 0 Store.Stop -> stop{0}\n        case 0 closed -> gone{0}\n    }}", n);
        t.put("stop{0}:\n    trap 1\ngone{0}:\n    trap 2", n);
        t.put("put{0}:\n    brnz r7, done{0}, full{0}", n);
        t.put("done{0}:\n    send r1, r6, Store.Done\n    jmp wait{0}", n);
        t.put("full{0}:\n    free r6\n    send r1, r7, Store.Full\n    jmp wait{0}", n);
        t.put("wait{0}:\n    select r0, 1 {{\n        case 0 Store.Done r8 -> back{0}", n);
        t.put("        case 0 Store.Full r9 -> next{0}\n        case 0 closed -> lost{0}\n    }}",
              n);
        t.put("lost{0}:\n    trap 3\nback{0}:\n    free r8\n    jmp next{0}\nnext{0}:", n);
        if ((n + 1) % kInFunction == 0 || n + 1 == rounds)
            t.put("    trap 4\n}}");
        else
            t.put("    jmp top{}", n + 1);
    }
    t.put("{}", kMain);
    return std::move(t).done();
}

// All 256 registers alive everywhere.
std::string wide(std::size_t instructions) {
    constexpr std::size_t kRound = 40;
    Text t;
    t.put("func f(i32) -> i32 {{");
    for (std::size_t r = 1; r < 256; ++r)
        t.put("    add r{}, r0, {}", r, r);
    const std::size_t rounds = instructions / kRound - 12;
    t.put("    jmp top0");
    for (std::size_t n = 0; n < rounds; ++n) {
        t.put("top{}:", n);
        for (std::size_t k = 0; k + 1 < kRound; ++k)
            t.put("    add r{}, r{}, r{}", (n * 39 + k) % 256, (n * 7 + k * 3) % 256,
                  (n + k * 5) % 256);
        t.put("    brnz r{0}, top{0}, top{1}", n % 256, n + 1);
    }
    t.put("top{}:", rounds);
    for (std::size_t r = 1; r < 256; ++r)
        t.put("    add r0, r0, r{}", r);
    t.put("    ret r0\n}}\n{}", kMain);
    return std::move(t).done();
}

// Tables of sixteen ways that meet again.
std::string switches(std::size_t instructions) {
    constexpr std::size_t kRound = 37, kWays = 16, kInFunction = 128;
    Text t;
    const std::size_t rounds = std::max<std::size_t>(1, instructions / kRound);
    for (std::size_t n = 0; n < rounds; ++n) {
        if (n % kInFunction == 0)
            t.put("func f{}(i32, i32) -> i32 {{\n    ldi r2, 0\n    jmp top{}", n, n);
        std::string targets;
        for (std::size_t k = 0; k < kWays; ++k)
            targets += fmt::format("way{}_{}, ", n, k);
        t.put("top{0}:\n    and r3, r0, 15\n    switch r3, [{1}next{0}]", n, targets);
        for (std::size_t k = 0; k < kWays; ++k)
            t.put("way{0}_{1}:\n    add r2, r2, r1\n    jmp next{0}", n, k);
        t.put("next{}:\n    shr r0, r0, 4\n    xor r2, r2, r0", n);
        const bool last = (n + 1) % kInFunction == 0 || n + 1 == rounds;
        t.put("    {}", last ? "ret r2\n}" : fmt::format("jmp top{}", n + 1));
    }
    t.put("{}", kMain);
    return std::move(t).done();
}

} // namespace

const Shape kShape[kShapes] = {
    {"small", "thousands of functions of 17 instructions", small_functions},
    {"large", "four functions, decisions inside loops", large_functions},
    {"block", "one block", one_block},
    {"joins", "classes and null that meet, interface calls", joins},
    {"channels", "exchange heap, messages, select", channels},
    {"wide", "256 registers alive everywhere", wide},
    {"switches", "tables of sixteen ways", switches},
};

} // namespace singlet::verifier
