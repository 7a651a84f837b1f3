// The layout of a .sbc file, said once: encode() and decode() are the same walk with a different archive, so the two
// cannot drift apart. Integers are little-endian and of fixed width; a count is 32-bit, a name or string a 16-bit
// length and its bytes. After the magic and the version come all sections, in this order, each a four-letter tag and
// the length of its contents in bytes.
//
// An archive has u8, u16, u32, flag (a bool), text, list (a count and so many elements) and section.
#pragma once

#include <cstdint>

#include "verifier/limits.hh"
#include "verifier/module.hh"

namespace singlet::verifier::format {

inline constexpr std::uint32_t kMagic = 0x1a434253; // "SBC\x1a"
inline constexpr std::uint32_t kVersion = 2;

// M is Module or const Module; the same below for its parts.
template <class A, class T>
void type_list(A& a, T& types, std::uint32_t limit) {
    a.list(types, limit, "types", [&](auto& t) { a.u16(t); });
}

template <class A, class T>
void fields(A& a, T& fields) {
    a.list(fields, limits::kFields, "fields", [&](auto& f) {
        a.text(f.name, limits::kNameBytes);
        a.u16(f.type);
    });
}

template <class A, class T>
void type(A& a, T& t) {
    a.u8(t.kind);
    a.flag(t.nullable);
    a.u8(t.lent);
    a.u8(t.side);
    a.u16(t.index);
    a.u16(t.state);
}

template <class A, class T>
void klass(A& a, T& c) {
    a.text(c.name, limits::kNameBytes);
    a.flag(c.is_interface);
    fields(a, c.fields);
    a.list(c.interfaces, limits::kClasses, "interfaces", [&](auto& i) { a.u16(i); });
    a.list(c.implementations, limits::kMethods, "implementations", [&](auto& i) {
        a.u16(i.method);
        a.u16(i.function);
    });
}

template <class A, class T>
void method(A& a, T& m) {
    a.u16(m.interface);
    a.text(m.name, limits::kNameBytes);
    type_list(a, m.params, limits::kParameters);
    a.u16(m.result);
}

template <class A, class T>
void contract(A& a, T& c) {
    a.text(c.name, limits::kNameBytes);
    a.list(c.messages, limits::kMessages, "messages", [&](auto& m) {
        a.text(m.name, limits::kNameBytes);
        a.u8(m.direction);
        type_list(a, m.args, limits::kMessageArguments);
    });
    a.list(c.states, limits::kStates, "states", [&](auto& s) {
        a.text(s.name, limits::kNameBytes);
        a.list(s.transitions, limits::kMessages, "transitions", [&](auto& t) {
            a.u16(t.message);
            a.u16(t.next);
        });
    });
}

template <class A, class T>
void select_table(A& a, T& s) {
    a.list(s.cases, limits::kSelectCases, "select cases", [&](auto& c) {
        a.list(c.patterns, limits::kSelectOperands, "select patterns", [&](auto& p) {
            a.u8(p.operand);
            a.u16(p.message);
            a.u8(p.first);
        });
        a.u16(c.block);
    });
}

template <class A, class T>
void function(A& a, T& f) {
    a.text(f.name, limits::kNameBytes);
    type_list(a, f.params, limits::kParameters);
    a.u16(f.result);
    a.u16(f.registers);
    a.list(f.blocks, limits::kBlocks, "blocks", [&](auto& b) { a.u32(b); });
    a.list(f.code, limits::kInstructions, "instructions", [&](auto& i) {
        a.u8(i.op);
        a.u8(i.a);
        a.u8(i.b);
        a.u8(i.c);
        a.u32(i.imm);
    });
    a.list(f.selects, limits::kBlocks, "select tables", [&](auto& s) { select_table(a, s); });
    a.list(f.switches, limits::kBlocks, "switch tables", [&](auto& s) {
        a.list(s, limits::kSwitchEntries, "switch entries", [&](auto& b) { a.u16(b); });
    });
}

template <class A, class T>
void manifest(A& a, T& m) {
    a.text(m.sip, limits::kNameBytes);
    a.u16(m.entry);
    a.u32(m.memory_pages);
    a.u32(m.exchange_pages);
    a.list(m.resources, limits::kResources, "resources", [&](auto& r) {
        a.text(r.name, limits::kNameBytes);
        a.u8(r.what);
        a.u16(r.type);
        a.u32(r.first);
        a.u32(r.count);
    });
    a.list(m.exports, limits::kContracts, "exports", [&](auto& e) { a.u16(e); });
}

template <class A, class M>
void module(A& a, M& m) {
    a.section("STRS", [&] {
        a.list(m.strings, limits::kStrings, "strings",
               [&](auto& s) { a.text(s, limits::kStringBytes); });
    });
    a.section("TYPE",
              [&] { a.list(m.types, limits::kTypes, "types", [&](auto& t) { type(a, t); }); });
    a.section("CLAS", [&] {
        a.list(m.classes, limits::kClasses, "classes", [&](auto& c) { klass(a, c); });
    });
    a.section("METH", [&] {
        a.list(m.methods, limits::kMethods, "methods", [&](auto& x) { method(a, x); });
    });
    a.section("STRU", [&] {
        a.list(m.structs, limits::kStructs, "structs", [&](auto& s) {
            a.text(s.name, limits::kNameBytes);
            fields(a, s.fields);
        });
    });
    a.section("CONT", [&] {
        a.list(m.contracts, limits::kContracts, "contracts", [&](auto& c) { contract(a, c); });
    });
    a.section("IMPO", [&] {
        a.list(m.imports, limits::kImports, "imports",
               [&](auto& i) { a.text(i.name, limits::kNameBytes); });
    });
    a.section("FUNC", [&] {
        a.list(m.functions, limits::kFunctions, "functions", [&](auto& f) { function(a, f); });
    });
    a.section("MANI", [&] { manifest(a, m.manifest); });
    a.section("LINE", [&] { // one list for each function
        a.list(m.sources, limits::kSources, "sources",
               [&](auto& s) { a.text(s, limits::kNameBytes); });
        for (auto& f : m.functions) {
            a.u16(f.source);
            a.list(f.lines, limits::kInstructions, "lines", [&](auto& l) {
                a.u32(l.pc);
                a.u32(l.line);
            });
        }
    });
}

} // namespace singlet::verifier::format
