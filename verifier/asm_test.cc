#include "verifier/asm.hh"

#include <doctest/doctest.h>

#include "verifier/decode.hh"
#include "verifier/diagnosis.hh"
#include "verifier/dis.hh"
#include "verifier/encode.hh"

using namespace singlet::verifier;

namespace {

constexpr const char* kEverything = R"(
source "everything.sing"
strings { "unused", "a\x00\"b\n" }
types { ref Node?, array(ref Node?), Disk.Imp:Start, Disk.Exp:#1, set(Disk.Imp:Start), own Block, cell(own Block),
        Disk.Imp:closed, lent own Block }
import print
sip Everything {
    entry main
    memory 12
    endpoint disk: Disk.Imp:Start
    ports ide: port 0x1f0 + 8
    irq line: irq 14
    export Disk
}
class Node : Shape {
    next: ref Node?
    size: u8
    implement Shape.area = node_area
}
interface Shape {
}
method Shape: area(ref Shape, i32) -> i32
struct Block {
    data: vec(u8)?
    next: own Block?
}
contract Disk {
    in Read(own Block, i64)
    out Done(i32)
    state Start: Read -> #1
    state -: Done -> Start
}
func node_area(ref Node, i32) -> i32 {
    ldfld r2, r0, Node.size
    add r2, r2, r1
    add r2, r2, -5
    addl r3, r4, r5
    cmp.ltu r2, r2, 'a'
    cmpl.ge r2, r3, r3
    ret r2
}
func main() {
    regs 40
first:
    ldstr r1, "hello"
    callk r0, r1, print
    bris r1, r2, Node, second, first
  line 77
second:
    switch r3, [first, second, third]
third:
    select r4, 2 {
        case 0 Disk.Done r7, 1 member r8 -> first
        case 0 closed -> second
    }
}
)";

Module good(std::string_view text) {
    auto m = assemble(text, "test.sasm");
    REQUIRE_MESSAGE(m.has_value(), (m ? "" : m.error()));
    return *m;
}

std::string error_of(std::string_view text) {
    auto m = assemble(text, "test.sasm");
    REQUIRE(!m.has_value());
    return m.error();
}

} // namespace

TEST_CASE("text, module and file say the same") {
    Module m = good(kEverything);
    REQUIRE(check_bounds(m).has_value());
    CHECK(m.strings.size() == 3);
    CHECK(m.functions[1].lines == std::vector<Line>{{3, 77}});
    std::string text = disassemble(m);
    CAPTURE(text);
    CHECK(good(text) == m);
    CHECK(disassemble(good(text)) == text);

    auto bytes = encode(m);
    auto again = decode(bytes);
    REQUIRE_MESSAGE(again.has_value(), again.error().to_string());
    CHECK(*again == m);
    CHECK(encode(*again) == bytes);
}

TEST_CASE("tables that are not in the order of their use, and names that stand twice, survive") {
    Module m = good(kEverything);
    Function& f = m.functions[1];
    f.selects.push_back(f.selects[0]);
    f.switches.push_back({0, 1});
    std::swap(f.switches[0], f.switches[1]);
    m.functions[0].name = "main";
    m.classes[1].name = "Node";
    m.types.push_back(m.types[kFirstOwnType]);
    m.types.push_back(
        {.kind = Kind::Array, .index = static_cast<std::uint16_t>(m.types.size() + 1)});
    m.types.push_back({.kind = Kind::Array, .index = static_cast<std::uint16_t>(m.types.size())});
    m.strings.push_back(m.strings[0]);
    REQUIRE(check_bounds(m).has_value());
    std::string text = disassemble(m);
    CAPTURE(text);
    CHECK(good(text) == m);
}

TEST_CASE("a function may come from another source than the first") {
    Module m = good("source \"a.sing\", \"b.sing\"\nfunc main() {\n    source 1\n    line 7\n"
                    "    ldi r0, 1\n    mul r0, r1, r1\n    retv\n}\n");
    CHECK(m.functions[0].source == 1);
    CHECK(good(disassemble(m)) == m);
    auto again = decode(encode(m));
    REQUIRE(again.has_value());
    CHECK(*again == m);
    CHECK(diagnose(m, 0, 1, Rule::Format, "r1 is not set").to_string().starts_with("b.sing:7: in"));
    m.functions[0].source = 2;
    CHECK_FALSE(check_bounds(m).has_value());
}

TEST_CASE("without a source, lines are those of the text") {
    Module m = good("func main() {\n    ldi r0, 1\n\n    retv\n}\n");
    CHECK(m.sources == std::vector<std::string>{"test.sasm"});
    CHECK(m.functions[0].lines == std::vector<Line>{{0, 2}, {1, 4}});
    CHECK(m.functions[0].registers == 1);
}

TEST_CASE("an error says where, what was expected and what was found") {
    CHECK(error_of("func main() {\n    add r1, r2\n    retv\n}\n") ==
          "test.sasm:2:15: expected ',', found the end of the line\n"
          "        add r1, r2\n"
          "                  ^");
    CHECK(error_of("func main() { ad r1 }").starts_with("test.sasm:1:15: expected"));
    CHECK(error_of("func main() {\n jmp nowhere\n}\n").find("expected a label of this function") !=
          std::string::npos);
    CHECK(error_of("func main() {\n ldi r256, 1\n}")
              .find("expected a register (r0 to r255), found 'r256'") != std::string::npos);
    CHECK(error_of("func main() {\n ldi r0, 5000000000\n}").find("more than 32 bits") !=
          std::string::npos);
    CHECK(error_of("func main(").find("found the end of the file") != std::string::npos);
    CHECK(error_of("func main() {\n new r0, Nobody\n}").find("found no such name: Nobody") !=
          std::string::npos);
    CHECK(error_of("strings { \"abc }").find("closing quote") != std::string::npos);
    CHECK(error_of("\x01").find("no meaning") != std::string::npos);
    CHECK(error_of("func main() { ldi " + std::string(100'000, 'x') + ", 1 }").size() < 400);
    const std::string words(100'000, ' ');
    const std::string cut = error_of("func main() {" + words + "?" + words + "}");
    CHECK(cut.starts_with("test.sasm:1:100014: "));
    CHECK(cut.ends_with("    ..." + std::string(60, ' ') + "?" + std::string(39, ' ') + "...\n" +
                        std::string(4 + 3 + 60, ' ') + "^"));
    std::string deep;
    for (int k = 0; k < 100'000; ++k)
        deep += "array(";
    CHECK(error_of("func f(" + deep).find("nested no deeper than 64") != std::string::npos);
}

TEST_CASE("a file cut short or changed is refused in one sentence or is another module") {
    auto bytes = encode(good(kEverything));
    for (std::size_t n = 0; n < bytes.size(); n++) {
        auto m = decode(std::span(bytes).first(n));
        REQUIRE(!m.has_value());
        REQUIRE(!m.error().to_string().empty());
    }
    for (std::size_t n = 0; n < bytes.size(); n++)
        for (int change : {0x01, 0x80, 0xff}) {
            auto other = bytes;
            other[n] ^= static_cast<std::uint8_t>(change);
            auto m = decode(other);
            if (m.has_value()) {
                REQUIRE(encode(*m) == other);
                REQUIRE(good(disassemble(*m)) == *m);
            } else {
                REQUIRE(!m.error().to_string().empty());
            }
        }
    bytes.push_back(0);
    CHECK(!decode(bytes).has_value());
}
