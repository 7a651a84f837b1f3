// What must hold of every image, over the programs of the test set: deterministic bytes, stack maps in
// order and inside their frames, relocations inside their sections.
#include <doctest/doctest.h>

#include <bit>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "kern/abi/signatures.hh"
#include "verifier/asm.hh"
#include "verifier/compile.hh"

using namespace singlet;
using namespace singlet::verifier;

namespace {

void check(const NativeImage& image) {
    rt::Word last = 0;
    for (const auto& map : image.maps) {
        for (const auto& f : image.functions)
            if (map.return_address > f.begin && map.return_address <= f.end) {
                // Where a function asks for stack it has no frame yet.
                const bool asks = map.return_address > f.cold && map.frame_size == 1;
                CHECK(map.frame_size == (asks ? 1 : f.frame_words));
                CHECK(map.saved_mask == (asks ? 0 : f.saved_mask));
                if (!asks) CHECK(map.argument_mask == 0);
            }
        CHECK(map.return_address > last);
        last = map.return_address;
        CHECK(map.first_slot + map.slot_count <= image.map_slots.size());
    }
    CHECK(last <= image.code.size());
    for (const auto& r : image.relocations) {
        auto size = r.where == Relocation::Where::Code ? image.code.size() : image.data.size();
        CHECK(r.offset + 4 <= size);
        if (r.what == Relocation::What::Code) CHECK(r.value < image.code.size());
        if (r.what == Relocation::What::Data) CHECK(r.value < image.data.size());
    }
    std::uint32_t end = 0;
    for (const auto& f : image.functions) {
        CHECK(f.begin >= end);
        CHECK(f.begin % 16 == 0);
        CHECK(f.cold >= f.begin);
        CHECK(f.cold <= f.end);
        CHECK(f.begin <= f.saves);
        CHECK(f.saves + std::popcount(f.saved_mask) <= f.body); // a push is one byte
        CHECK(f.body <= f.cold);
        CHECK(f.frame_words >= std::popcount(f.saved_mask));
        end = f.end;
    }
    CHECK(image.start >= end);
}

Verified verified(const std::string& text) {
    static const Environment environment{abi::kKernelCalls};
    auto module = assemble(text, "test.sasm");
    REQUIRE(module);
    auto result = verify(std::move(*module), environment);
    REQUIRE(result);
    return std::move(*result);
}

} // namespace

// What both kinds compute is compared with the interpreter by grade/test_native.py, on register_pressure.sasm.
TEST_CASE("a function that runs short of registers is lowered again, and no other") {
    CHECK(compile(verified("func main() {\n ldi r0, 1\n retv\n}"), {}).lowered_again == 0);
    std::string crowded = "func main() {\n ldi r0, 64\n newarr r0, r0, array(u8)\n len r1, r0\n";
    for (int r = 2; r < 12; ++r)
        crowded += " add r" + std::to_string(r) + ", r1, " + std::to_string(r) + "\n";
    crowded += " jmp again\nagain:\n";
    for (int r = 2; r < 12; ++r) {
        const auto n = std::to_string(r);
        crowded += " ldelem r" + n + ", r0, r" + n + "\n stelem r0, r" + n + ", r1\n";
        crowded += " sub r1, r1, r" + n + "\n";
    }
    crowded += " brnz r1, again, end\nend:\n retv\n}";
    auto image = compile(verified(crowded), {});
    CHECK(image.lowered_again == 1);
    check(image);
}

// What they compute is compared with the interpreter by grade/test_native.py, on long_values.sasm.
TEST_CASE(
    "64-bit values pass from one instruction to the next, and stay in registers around a loop") {
    auto shape = [](const char* text) { return compile(verified(text), {}).functions[0]; };
    CHECK(shape("func f(i64, i64) -> i64 {\n addl r2, r0, r1\n mull r3, r0, r2\n xorl r2, r3, r1\n"
                " ret r2\n}\nfunc main() {\n retv\n}")
              .frame_words == 0);
    // On the right of a difference a value cannot come in EDX:EAX.
    CHECK(shape("func f(i64, i64) -> i64 {\n addl r2, r0, r1\n subl r3, r0, r2\n ret r3\n}\n"
                "func main() {\n retv\n}")
              .frame_words == 2);
    auto loop =
        shape("func f(i64) -> i64 {\n ldl r1, 0\n jmp again\nagain:\n addl r1, r1, r0\n"
              " subl r1, r1, r0\n cmpl.ne r2, r0, r1\n brnz r2, again, end\nend:\n ret r1\n}\n"
              "func main() {\n retv\n}");
    CHECK(std::popcount(loop.saved_mask) == 4);
    CHECK(loop.frame_words == 4);
}

// That no other check is left out is shown by checks_sum_*.sasm.
TEST_CASE("behind i + 1 < length, two bytes at i need the test of its sign only") {
    auto size = [](const char* room) {
        const std::string text =
            std::string("func f(array(u8), i32) -> i32 {\n add r2, r1, ") + room +
            "\n len r3, r0\n cmp.ltu r4, r2, r3\n brnz r4, inside, outside\ninside:\n"
            " ldbytes r5, r0, r1, 2\n ret r5\noutside:\n ret r1\n}\nfunc main() {\n retv\n}";
        auto image = compile(verified(text), {});
        return image.functions[0].end - image.functions[0].begin;
    };
    CHECK(size("1") < size("-1")); // of which nothing is known
}

TEST_CASE("images are well-formed, and the same each time") {
    static const Environment environment{abi::kKernelCalls};
    int compiled = 0;
    for (const auto& entry : std::filesystem::directory_iterator("verifier/testdata/programs")) {
        if (entry.path().extension() != ".sasm") continue;
        std::ifstream in(entry.path());
        std::string text{std::istreambuf_iterator<char>(in), {}};
        auto module = assemble(text, entry.path().string());
        REQUIRE(module);
        auto verified = verify(std::move(*module), environment);
        if (!verified) continue;
        CAPTURE(entry.path().string());
        auto image = compile(*verified, {});
        check(image);
        CHECK(image.code == compile(*verified, {}).code);
        CHECK(compile(*verified, {.checks = false}).code.size() <= image.code.size());
        ++compiled;
    }
    CHECK(compiled > 30);
}
