// check_bounds() on modules that no compiler makes: one that is right, and one thing in it changed.
#include "verifier/decode_fixture.hh"

using namespace singlet::verifier;

namespace {

// The instruction of the entry function that has this opcode.
Instruction& at(Module& m, Opcode op) {
    for (Instruction& i : entry(m).code)
        if (i.op == op) return i;
    FAIL("no such instruction");
    return entry(m).code[0];
}

struct Change {
    void (*make)(Module&);
    std::string verdict;
};

} // namespace

TEST_CASE("what a module names has to exist, and what it does not use has to be zero") {
    const Change changes[] = {
        // ---- types
        {[](Module& m) { m.types[0].kind = Kind::I32; },
         "[type.table] the type table does not begin with the built-in types"},
        {[](Module& m) { m.types.resize(kFirstOwnType - 1); },
         "[type.table] the type table does not begin with the built-in types"},
        {[](Module& m) { m.types.push_back({.kind = Kind::Conflict}); },
         "[type.table] a type of kind 20 cannot stand in the type table"},
        {[](Module& m) { m.types.push_back({.kind = Kind::Null}); },
         "[type.table] null cannot stand in the type table"},
        {[](Module& m) { m.types.push_back({.kind = Kind::I32, .nullable = true}); },
         "[type.table] a type without null is marked nullable"},
        {[](Module& m) { m.types.push_back({.kind = Kind::Own, .lent = 2}); },
         "[type.table] a type that cannot be lent is marked lent"},
        {[](Module& m) { m.types.push_back({.kind = Kind::Ref, .lent = 1}); },
         "[type.table] a type that cannot be lent is marked lent"},
        {[](Module& m) { m.types.push_back({.kind = Kind::Endpoint, .side = Side{2}}); },
         "[type.table] an endpoint has a side that does not exist"},
        {[](Module& m) { m.types.push_back({.kind = Kind::Endpoint, .index = 1}); },
         "[code.index] an endpoint type names number 1 of the contracts, but there are 1"},
        {[](Module& m) { m.types.push_back({.kind = Kind::Endpoint, .state = 2}); },
         "[code.index] an endpoint type names number 2 of the contract's states, but there are 2"},
        {[](Module& m) { m.types.push_back({.kind = Kind::Own, .state = 1}); },
         "[type.table] a type other than an endpoint has a side or state"},
        {[](Module& m) { m.types.push_back({.kind = Kind::Own, .side = Side::Exporter}); },
         "[type.table] a type other than an endpoint has a side or state"},
        {[](Module& m) { m.types.push_back({.kind = Kind::Ref, .index = 2}); },
         "[code.index] a reference type names number 2 of the classes, but there are 2"},
        {[](Module& m) { m.types.push_back({.kind = Kind::Own, .index = 1}); },
         "[code.index] an exchange type names number 1 of the structs, but there are 1"},
        {[](Module& m) { m.types.push_back({.kind = Kind::Vec, .index = 99}); },
         "[code.index] a type names number 99 of the types, but there are 24"},
        {[](Module& m) { m.types.push_back({.kind = Kind::Str, .index = 1}); },
         "[type.table] a type's unused index is not zero"},
        // ---- classes, methods, structs, contracts
        {[](Module& m) { m.classes[0].name = ""; },
         "[module.format] the name of a class is not a letter followed by letters, digits, _, $ or "
         "."},
        {[](Module& m) { m.classes[0].fields[0].name = "9"; },
         "[module.format] the name of a field is not a letter followed by letters, digits, _, $ or "
         "."},
        {[](Module& m) { m.classes[0].fields[0].type = 99; },
         "[code.index] next names number 99 of the types, but there are 23"},
        {[](Module& m) { m.classes[0].interfaces[0] = 2; },
         "[code.index] Node names number 2 of the classes, but there are 2"},
        {[](Module& m) { m.classes[0].implementations[0].method = 1; },
         "[code.index] Node names number 1 of the methods, but there are 1"},
        {[](Module& m) { m.classes[0].implementations[0].function = 2; },
         "[code.index] Node names number 2 of the functions, but there are 2"},
        {[](Module& m) { m.methods[0].name = "a..b"; },
         "[module.format] the name of a method is not a letter followed by letters, digits, _, $ "
         "or ."},
        {[](Module& m) { m.methods[0].interface = 2; },
         "[code.index] area names number 2 of the classes, but there are 2"},
        {[](Module& m) { m.methods[0].params[0] = 99; },
         "[code.index] area names number 99 of the types, but there are 23"},
        {[](Module& m) { m.methods[0].result = 99; },
         "[code.index] area names number 99 of the types, but there are 23"},
        {[](Module& m) { m.structs[0].name = "a b"; },
         "[module.format] the name of a struct is not a letter followed by letters, digits, _, $ "
         "or ."},
        {[](Module& m) { m.structs[0].fields[0].type = 99; },
         "[code.index] next names number 99 of the types, but there are 23"},
        {[](Module& m) { m.contracts[0].name = "{"; },
         "[module.format] the name of a contract is not a letter followed by letters, digits, _, $ "
         "or ."},
        {[](Module& m) { m.contracts[0].messages[0].name = "["; },
         "[module.format] the name of a message is not a letter followed by letters, digits, _, $ "
         "or ."},
        {[](Module& m) { m.contracts[0].messages[0].direction = Contract::Direction{2}; },
         "[module.format] Read has a direction that does not exist"},
        {[](Module& m) { m.contracts[0].messages[0].args[0] = 99; },
         "[code.index] Read names number 99 of the types, but there are 23"},
        {[](Module& m) { m.contracts.push_back({.name = "Empty", .messages = {}, .states = {}}); },
         "[code.index] Empty names number 0 of the states, but there are 0"},
        {[](Module& m) { m.contracts[0].states.clear(); },
         "[code.index] an endpoint type names number 0 of the contract's states, but there are 0"},
        {[](Module& m) { m.contracts[0].states[0].name = "@"; },
         "[module.format] the name of a state is not a letter followed by letters, digits, _, $ or "
         "."},
        {[](Module& m) { m.contracts[0].states[0].transitions[0].message = 2; },
         "[code.index] Disk names number 2 of the messages, but there are 2"},
        {[](Module& m) { m.contracts[0].states[0].transitions[0].next = 2; },
         "[code.index] Disk names number 2 of the states, but there are 2"},
        // ---- imports, sources, manifest
        {[](Module& m) { m.imports[0].name = ":"; },
         "[module.format] the name of a import is not a letter followed by letters, digits, _, $ "
         "or ."},
        {[](Module& m) { m.sources[0] = ""; }, "[module.format] a source has no name"},
        {[](Module& m) { m.sources[0] = "a\n"; },
         "[module.format] a source's name has a character that is not printable"},
        {[](Module& m) { m.sources[0] = "a\x7f"; },
         "[module.format] a source's name has a character that is not printable"},
        {[](Module& m) { entry(m).source = 1; },
         "[code.index] main names number 1 of the sources, but there are 1"},
        {[](Module& m) { m.manifest.sip = "/"; }, "[module.format] the name of a SIP is not a "
                                                  "letter followed by letters, digits, _, $ or ."},
        {[](Module& m) { m.manifest.entry = 2; },
         "[code.index] the manifest names number 2 of the functions, but there are 2"},
        {[](Module& m) { m.manifest.resources[0].name = "`"; },
         "[module.format] the name of a resource is not a letter followed by letters, digits, _, $ "
         "or ."},
        {[](Module& m) { m.manifest.resources[0].what = Resource::What{5}; },
         "[module.format] disk is of a kind of resource that does not exist"},
        {[](Module& m) { m.manifest.resources[0].first = 1; },
         "[module.format] disk is an endpoint and has numbers"},
        {[](Module& m) { m.manifest.resources[0].count = 1; },
         "[module.format] disk is an endpoint and has numbers"},
        {[](Module& m) { m.manifest.resources[0].type = 99; },
         "[code.index] disk names number 99 of the types, but there are 23"},
        {[](Module& m) { m.manifest.exports[0] = 1; },
         "[code.index] the manifest's export names number 1 of the contracts, but there are 1"},
        // ---- functions
        {[](Module& m) { entry(m).name = "a."; }, "[module.format] the name of a function is not a "
                                                  "letter followed by letters, digits, _, $ or ."},
        {[](Module& m) { entry(m).params[0] = 99; },
         "[code.index] main names number 99 of the types, but there are 23"},
        {[](Module& m) { entry(m).result = 99; },
         "[code.index] main names number 99 of the types, but there are 23"},
        {[](Module& m) { m.functions[0].params.clear(), m.functions[0].registers = 0; },
         "[code.index] area has no registers (one at least)"},
        {[](Module& m) { entry(m).registers = 1; },
         "[code.index] main has more parameters than registers"},
        {[](Module& m) { entry(m).blocks.clear(); },
         "[code.index] main has no block that begins at instruction 0"},
        {[](Module& m) { entry(m).blocks[0] = 1; },
         "[code.index] main has no block that begins at instruction 0"},
        {[](Module& m) { entry(m).blocks[1] = 99; }, "[code.index] main has blocks out of order"},
        {[](Module& m) { entry(m).blocks[2] = 99; },
         "[code.index] main has a block behind its last instruction"},
        {[](Module& m) { entry(m).lines = {{99, 1}}; },
         "[module.format] main has line numbers out of order"},
        {[](Module& m) { entry(m).lines = {{1, 1}, {1, 2}}; },
         "[module.format] main has line numbers out of order"},
        {[](Module& m) { entry(m).switches[0].clear(); },
         "[code.index] main has an empty switch table"},
        {[](Module& m) { entry(m).switches[0][0] = 3; },
         "[code.index] main names number 3 of the blocks, but there are 3"},
        {[](Module& m) { entry(m).selects[0].cases[0].block = 3; },
         "[code.index] main names number 3 of the blocks, but there are 3"},
        {[](Module& m) { entry(m).selects[0].cases[0].patterns[0].operand = 1; },
         "[code.index] it names number 1 of the select's operands, but there are 1"},
        {[](Module& m) { entry(m).selects[0].cases[0].patterns[0].first = 99; },
         "[code.index] main names number 99 of the registers, but there are 4"},
        {[](Module& m) { entry(m).selects[0].cases[0].patterns[0].message = 64; },
         "[code.index] main names number 64 of the messages, but there are 64"},
        {[](Module& m) { entry(m).selects[0].cases[1].patterns[0].first = 1; },
         "[code.encoding] main has a select pattern `closed` with a register"},
        // ---- instructions
        {[](Module& m) { at(m, Opcode::LdI).op = Opcode::kCount; },
         "[code.encoding] there is no operation 57"},
        {[](Module& m) { at(m, Opcode::LdI).a = 99; },
         "[code.index] it names r99, but the function has 4 registers"},
        {[](Module& m) { at(m, Opcode::Alu).b = 99; },
         "[code.index] it names r99, but the function has 4 registers"},
        {[](Module& m) { at(m, Opcode::Alu).c = 99; },
         "[code.index] it names r99, but the function has 4 registers"},
        {[](Module& m) { at(m, Opcode::New).b = 1; },
         "[code.encoding] its unused second operand is 1, expected 0"},
        {[](Module& m) { at(m, Opcode::New).c = 1; },
         "[code.encoding] its unused third operand is 1, expected 0"},
        {[](Module& m) { at(m, Opcode::Switch).b = 1; },
         "[code.encoding] its unused second operand is 1, expected 0"},
        {[](Module& m) { at(m, Opcode::Alu).imm = 99; },
         "[code.encoding] its sub-operation 99 does not exist"},
        {[](Module& m) { at(m, Opcode::CmpL).imm = 99; },
         "[code.encoding] its sub-operation 99 does not exist"},
        {[](Module& m) { at(m, Opcode::BrIs).imm = 3; },
         "[code.index] it names number 3 of the blocks, but there are 3"},
        {[](Module& m) { at(m, Opcode::BrIs).imm = 3u << 16; },
         "[code.index] it names number 3 of the blocks, but there are 3"},
        {[](Module& m) { at(m, Opcode::BrIs).c = 2; },
         "[code.index] it names number 2 of the classes, but there are 2"},
        {[](Module& m) { at(m, Opcode::LdStr).imm = 1; },
         "[code.index] it names number 1 of the strings, but there are 1"},
        {[](Module& m) { at(m, Opcode::New).imm = 2; },
         "[code.index] it names number 2 of the classes, but there are 2"},
        {[](Module& m) { at(m, Opcode::XNew).imm = 1; },
         "[code.index] it names number 1 of the structs, but there are 1"},
        {[](Module& m) { at(m, Opcode::LdFld).imm = limits::kFields; },
         "[code.index] it names number 256 of the fields, but there are 256"},
        {[](Module& m) { at(m, Opcode::Call).imm = 2; },
         "[code.index] it names number 2 of the functions, but there are 2"},
        {[](Module& m) { at(m, Opcode::Call) = {Opcode::Start, 2, 0, 0, 2}; },
         "[code.index] it names number 2 of the functions, but there are 2"},
        {[](Module& m) { at(m, Opcode::CallI).imm = 1; },
         "[code.index] it names number 1 of the methods, but there are 1"},
        {[](Module& m) { at(m, Opcode::CallK).imm = 1; },
         "[code.index] it names number 1 of the imports, but there are 1"},
        {[](Module& m) { at(m, Opcode::Channel).imm = 1; },
         "[code.index] it names number 1 of the contracts, but there are 1"},
        {[](Module& m) { at(m, Opcode::Send).imm = limits::kMessages; },
         "[code.index] it names number 64 of the messages, but there are 64"},
        {[](Module& m) { at(m, Opcode::LdBytes).imm = 1; },
         "[code.encoding] its width is 1, expected 2 or 4"},
        {[](Module& m) { at(m, Opcode::In).imm = 3; },
         "[code.encoding] its width is 3, expected 1, 2 or 4"},
        {[](Module& m) { at(m, Opcode::Switch).imm = 1; },
         "[code.index] it names number 1 of the switch tables, but there are 1"},
        {[](Module& m) { at(m, Opcode::Select).imm = 1; },
         "[code.index] it names number 1 of the select tables, but there are 1"},
        {[](Module& m) { at(m, Opcode::Select).c = 0; },
         "[module.limit] it has 0 operands, expected 1 to 8"},
        {[](Module& m) { at(m, Opcode::Select).c = 9; },
         "[module.limit] it has 9 operands, expected 1 to 8"},
        {[](Module& m) { at(m, Opcode::Call).imm = 1, at(m, Opcode::Call).b = 3; },
         "[code.index] its 2 arguments from r3 go beyond the 4 registers"},
        {[](Module& m) { at(m, Opcode::Select) = {Opcode::RetVoid, 0, 0, 0, 1}; },
         "[code.encoding] its unused immediate is 1, expected 0"},
    };
    for (const Change& change : changes) {
        Module m = right();
        change.make(m);
        CHECK(verdict(check_bounds(m)) == change.verdict);
    }
}

TEST_CASE("a name is parts of letters, digits, _ and $, each of which begins with no digit") {
    for (const char* name : {"a", "Z", "_", "$x", "a1", "main.loop", "A.b.c", "az.AZ09_$"})
        CHECK(valid_name(name));
    for (const char* name :
         {"", "1", ".", "a.", ".a", "a..b", "a.1", "a b", "@a", "[a", "`a", "{a", "a/", "a:"})
        CHECK_FALSE(valid_name(name));
    CHECK_FALSE(valid_name(std::string_view("a", 0)));
}
