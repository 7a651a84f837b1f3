// The grader's stage: what it costs to verify n diamonds behind each other in a loop. One arm of each makes a text of its
// own null, and all texts are read behind the loop. So the order of the work counts: who walks all that lies behind a
// diamond for its one arm, and then for the other, does that for each diamond. The code lies backwards, the last diamond
// first, so the blocks' numbers are a bad order too. There are as many texts whatever n is: a block costs the same.
//
//     0: begin  1: end  2: again? -> first, end  3: last diamond, its arms 4 and 5  ...  3n: first diamond
#include "kern/abi/signatures.hh"
#include "kern/boot/test.hh"
#include "kern/dev/console.hh"
#include "lib/core/clock_page.hh"
#include "verifier/verify.hh"

namespace singlet::kern {

namespace {

using namespace verifier;

Module diamonds(std::uint32_t n) {
    constexpr std::uint8_t kTexts = 96;
    constexpr std::uint32_t kEnd = 1, kAgain = 2;
    const std::uint32_t first = 3 * n;
    Module module;
    module.types.assign(std::begin(kBuiltinTypes), std::end(kBuiltinTypes));
    module.strings = {"x"};
    module.manifest.sip = "test";
    Function& f = module.functions.emplace_back();
    f.name = "main";
    f.registers = kTexts + 1;
    auto block = [&](const std::vector<Instruction>& code) {
        f.blocks.push_back(static_cast<std::uint32_t>(f.code.size()));
        f.code.insert(f.code.end(), code.begin(), code.end());
    };
    auto jump = [](std::uint32_t to) { return Instruction{Opcode::Jmp, 0, 0, 0, to}; };
    auto branch = [](std::uint32_t to, std::uint32_t other) {
        return Instruction{Opcode::BrNz, 0, 0, 0, to << 16 | other};
    };
    std::vector<Instruction> begin{{Opcode::LdI, 0, 0, 0, 1}}, end;
    for (std::uint8_t r = 1; r <= kTexts; ++r) {
        begin.push_back({Opcode::LdStr, r, 0, 0, 0});
        end.push_back({Opcode::IsNull, 0, r, 0, 0});
    }
    begin.push_back(jump(first));
    end.push_back({Opcode::RetVoid, 0, 0, 0, 0});
    block(begin);
    block(end);
    block({branch(first, kEnd)});
    for (std::uint32_t i = n; i > 0; --i) {
        const std::uint32_t head = 3 * (n - i) + 3, next = i < n ? head - 3 : kAgain;
        block({branch(head + 1, head + 2)});
        block({{Opcode::Null, static_cast<std::uint8_t>(i), 0, 0, 0}, jump(next)});
        block({jump(next)});
    }
    return module;
}

} // namespace

KERNEL_TEST_AFTER(320, verify_cost) {
    auto measure = [](std::uint32_t n, std::uint16_t mark) {
        Module module = diamonds(n);
        clock_page.set_mark(mark);
        auto verified = verify(std::move(module), {abi::kKernelCalls});
        clock_page.set_mark(mark + 1);
        if (!verified) print("{} diamonds: {}\n", n, verified.error().sentence);
        CHECK(verified.has_value());
    };
    measure(6, 11); // what comes into the caches comes now
    measure(6, 1);
    measure(24, 3);
    measure(96, 5);
    Module wrong = diamonds(6);
    wrong.functions[0].code[0].op = Opcode::LdStr; // what decides is a text
    CHECK(
        !verify(std::move(wrong), {abi::kKernelCalls}).has_value()); // who is quick has looked, too
}

} // namespace singlet::kern
