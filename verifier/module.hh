// A module in memory: what the decoder makes of a .sbc file, the assembler of a .sasm file, singc
// of Sing source. Nothing in it is believed until verify() has returned it as a Verified.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "verifier/isa.hh"
#include "verifier/types.hh"

namespace singlet::verifier {

using TypeIndex = std::uint16_t; // an entry of Module::types

struct Field {
    std::string name;
    // Classes: storage and collected types; structs: storage and (nullable, owned) linear types.
    TypeIndex type;
    friend bool operator==(const Field&, const Field&) = default;
};

// A class or an interface. Classes do not inherit; they implement interfaces.
struct Class {
    struct Implementation {
        std::uint16_t method; // an entry of Module::methods
        // Its first parameter is this class, not null; the others and the result are the method's.
        std::uint16_t function;
        friend bool operator==(const Implementation&, const Implementation&) = default;
    };
    std::string name;
    bool is_interface = false;
    std::vector<Field> fields;
    std::vector<std::uint16_t> interfaces; // entries of Module::classes
    std::vector<Implementation> implementations;
    friend bool operator==(const Class&, const Class&) = default;
};

struct Method { // of an interface
    std::uint16_t interface;
    std::string name;
    std::vector<TypeIndex> params; // the first is the interface, not null
    TypeIndex result;
    friend bool operator==(const Method&, const Method&) = default;
};

struct Struct { // in the exchange heap
    std::string name;
    std::vector<Field> fields;
    friend bool operator==(const Struct&, const Struct&) = default;
};

// Contracts are written from the exporter's view [ES06 2.2]: `In` messages go from importer to
// exporter. A state takes one message, of the side that has it; states the source leaves unnamed (between two arrows) have
// an empty name here. State 0 is the first.
struct Contract {
    enum class Direction : std::uint8_t { In, Out };
    struct Message {
        std::string name;
        Direction direction;
        std::vector<TypeIndex> args; // I32, I64, and owned linear types other than Set
        friend bool operator==(const Message&, const Message&) = default;
    };
    struct Transition {
        std::uint16_t message;
        std::uint16_t next;
        friend bool operator==(const Transition&, const Transition&) = default;
    };
    struct State {
        std::string name;
        std::vector<Transition> transitions; // none: the channel's end
        friend bool operator==(const State&, const State&) = default;
    };
    std::string name;
    std::vector<Message> messages;
    std::vector<State> states;
    friend bool operator==(const Contract&, const Contract&) = default;
};

// One `select`: cases in order; a case matches when all its patterns do.
struct SelectTable {
    static constexpr std::uint16_t kClosed = 0xffff; // the peer has closed and the queue is empty
    // A set: some member has a message or is closed; it is taken out.
    static constexpr std::uint16_t kMember = 0xfffe;
    struct Pattern {
        std::uint8_t operand;  // 0 .. c-1 of the instruction
        std::uint16_t message; // of the operand's contract, or one of the above
        // The message's arguments (or the member) go to registers first, first + 1, ...
        std::uint8_t first;
        friend bool operator==(const Pattern&, const Pattern&) = default;
    };
    struct Case {
        std::vector<Pattern> patterns;
        std::uint16_t block;
        friend bool operator==(const Case&, const Case&) = default;
    };
    std::vector<Case> cases;
    friend bool operator==(const SelectTable&, const SelectTable&) = default;
};

struct Line {
    std::uint32_t pc; // this instruction and those up to the next entry
    std::uint32_t line;
    friend bool operator==(const Line&, const Line&) = default;
};

struct Function {
    std::string name;
    std::vector<TypeIndex> params; // arrive in registers 0, 1, ...
    TypeIndex result = kVoid;
    std::uint16_t registers = 0;       // at most 256
    std::vector<std::uint32_t> blocks; // first instruction of each block, ascending, the first is 0
    std::vector<Instruction> code;
    std::vector<SelectTable> selects;
    std::vector<std::vector<std::uint16_t>> switches; // block numbers; the last is the default
    std::uint16_t source = 0;                         // an entry of Module::sources
    std::vector<Line> lines;                          // of that file
    friend bool operator==(const Function&, const Function&) = default;
};

struct Import { // a kernel call by name; its signature is the kernel's (Environment)
    std::string name;
    friend bool operator==(const Import&, const Import&) = default;
};

// What the SIP is given at its start, in the order of the entry function's parameters. It reaches
// nothing else.
struct Resource {
    enum class What : std::uint8_t {
        Endpoint,  // type: an owned endpoint in its first state, or an owned set that the kernel
                   // feeds (a listener)
        Ports,     // first = port number, count = how many
        Irq,       // first = line
        Dma,       // first = number of the kernel's DMA object
        Processes, // without numbers
    };
    std::string name;
    What what;
    TypeIndex type;
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    friend bool operator==(const Resource&, const Resource&) = default;
};

struct Manifest {
    std::string sip;                // name
    std::uint16_t entry = 0;        // function
    std::uint32_t memory_pages = 0; // most 4 KB pages of its own; 0 = the kernel's default
    // Most 4 KB pages in the exchange heap; 0 = the kernel's default.
    std::uint32_t exchange_pages = 0;
    std::vector<Resource> resources;
    std::vector<std::uint16_t> exports; // contracts it serves, for `sipv manifest`
    friend bool operator==(const Manifest&, const Manifest&) = default;
};

struct Module {
    std::vector<std::string> strings; // literals
    std::vector<Type> types;          // begins with kBuiltinTypes
    std::vector<Class> classes;
    std::vector<Method> methods;
    std::vector<Struct> structs;
    std::vector<Contract> contracts;
    std::vector<Import> imports;
    std::vector<Function> functions;
    Manifest manifest;
    std::vector<std::string> sources; // file names for messages and the debugger; may be none
    friend bool operator==(const Module&, const Module&) = default;

    /// The file that entry `source` stands for; empty where the module names none.
    std::string_view source_name(std::size_t source = 0) const {
        return source < sources.size() ? std::string_view(sources[source]) : std::string_view();
    }
};

} // namespace singlet::verifier
