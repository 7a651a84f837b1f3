// A module in which everything stands once and is right, for tests that change one thing in it.
#pragma once

#include <string>

#include <doctest/doctest.h>

#include "verifier/asm.hh"
#include "verifier/decode.hh"
#include "verifier/limits.hh"

namespace singlet::verifier {

inline constexpr const char* kRight = R"(
source "right.sing"
strings { "text" }
types { ref Node?, Disk.Imp:Start, own Block }
import print
sip Right {
    entry main
    endpoint disk: Disk.Imp:Start
    ports ide: port 0x1f0 + 8
    export Disk
}
class Node : Shape {
    next: ref Node?
    implement Shape.area = area
}
interface Shape {
}
method Shape: area(ref Shape) -> i32
struct Block {
    next: own Block?
}
contract Disk {
    in Read(i32)
    out Done(i32)
    state Start: Read -> Busy
    state Busy: Done -> Start
}
func area(ref Node) -> i32 {
    ldi r1, 0
    ret r1
}
func main(Disk.Imp:Start, port) {
    ldi r2, 0
    add r2, r2, r2
    cmpl.eq r2, r3, r3
    call r2, r0, area
    calli r2, r0, Shape.area
    callk r0, r1, print
    ldstr r2, "text"
    new r2, Node
    xnew r2, Block
    ldfld r2, r0, Node.next
    channel r2, r3, Disk
    send r0, r2, Disk.Read
    ldbytes r2, r0, r1, 4
    in r2, r1, r2, 1
    bris r0, r2, Node, next, end
next:
    switch r2, [next, end]
end:
    select r0, 1 {
        case 0 Disk.Done r2 -> next
        case 0 closed -> end
    }
}
)";

inline Module right() {
    auto module = assemble(kRight, "right.sasm");
    REQUIRE_MESSAGE(module.has_value(), (module ? "" : module.error()));
    return *std::move(module);
}

inline std::string verdict(const Checked<void>& result) {
    if (result) return "accepted";
    return "[" + std::string(info(result.error().rule).id) + "] " + result.error().sentence;
}

inline Function& entry(Module& m) { return m.functions[1]; }

} // namespace singlet::verifier
