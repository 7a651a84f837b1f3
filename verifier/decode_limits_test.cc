// Every table of a module at its limit, and one above.
#include "verifier/decode_fixture.hh"

using namespace singlet::verifier;

TEST_CASE("a table may be as long as its limit, and no longer") {
    struct Limit {
        std::uint32_t most;
        void (*make)(Module&, std::size_t);
        std::string verdict; // of one more
    };
    const Limit limits[] = {
        {limits::kStrings, [](Module& m, std::size_t n) { m.strings.resize(n); },
         "[module.limit] the module has 8193 strings, more than the limit of 8192"},
        {limits::kStringBytes, [](Module& m, std::size_t n) { m.strings[0].resize(n); },
         "[module.limit] a string has 65536 bytes, more than the limit of 65535"},
        {limits::kTypes, [](Module& m, std::size_t n) { m.types.resize(n, m.types[kI32]); },
         "[module.limit] the module has 4097 types, more than the limit of 4096"},
        {limits::kClasses, [](Module& m, std::size_t n) { m.classes.resize(n, m.classes[0]); },
         "[module.limit] the module has 1025 classes, more than the limit of 1024"},
        {limits::kFields,
         [](Module& m, std::size_t n) { m.classes[0].fields.resize(n, m.classes[0].fields[0]); },
         "[module.limit] Node has 257 fields, more than the limit of 256"},
        {limits::kClasses, [](Module& m, std::size_t n) { m.classes[0].interfaces.resize(n); },
         "[module.limit] Node has 1025 interfaces, more than the limit of 1024"},
        {limits::kMethods, [](Module& m, std::size_t n) { m.classes[0].implementations.resize(n); },
         "[module.limit] Node has 1025 implementations, more than the limit of 1024"},
        {limits::kMethods, [](Module& m, std::size_t n) { m.methods.resize(n, m.methods[0]); },
         "[module.limit] the module has 1025 methods, more than the limit of 1024"},
        {limits::kParameters,
         [](Module& m, std::size_t n) { m.methods[0].params.resize(n), entry(m).registers = 256; },
         "[module.limit] area has 33 parameters, more than the limit of 32"},
        {limits::kStructs, [](Module& m, std::size_t n) { m.structs.resize(n, m.structs[0]); },
         "[module.limit] the module has 1025 structs, more than the limit of 1024"},
        {limits::kFields,
         [](Module& m, std::size_t n) { m.structs[0].fields.resize(n, m.structs[0].fields[0]); },
         "[module.limit] Block has 257 fields, more than the limit of 256"},
        {limits::kContracts,
         [](Module& m, std::size_t n) { m.contracts.resize(n, m.contracts[0]); },
         "[module.limit] the module has 257 contracts, more than the limit of 256"},
        {limits::kMessages,
         [](Module& m, std::size_t n) {
             m.contracts[0].messages.resize(n, m.contracts[0].messages[0]);
         },
         "[module.limit] Disk has 65 messages, more than the limit of 64"},
        {limits::kMessageArguments,
         [](Module& m, std::size_t n) { m.contracts[0].messages[0].args.resize(n); },
         "[module.limit] Read has 7 arguments, more than the limit of 6"},
        {limits::kStates, [](Module& m, std::size_t n) { m.contracts[0].states.resize(n); },
         "[module.limit] Disk has 257 states, more than the limit of 256"},
        {limits::kMessages,
         [](Module& m, std::size_t n) { m.contracts[0].states[0].transitions.resize(n); },
         "[module.limit] Disk has 65 transitions, more than the limit of 64"},
        {limits::kImports, [](Module& m, std::size_t n) { m.imports.resize(n, m.imports[0]); },
         "[module.limit] the module has 257 imports, more than the limit of 256"},
        {limits::kSources, [](Module& m, std::size_t n) { m.sources.resize(n, m.sources[0]); },
         "[module.limit] the module has 257 sources, more than the limit of 256"},
        {limits::kNameBytes, [](Module& m, std::size_t n) { m.sources[0].assign(n, 's'); },
         "[module.limit] a source's name has 256 bytes, more than the limit of 255"},
        {limits::kNameBytes, [](Module& m, std::size_t n) { m.imports[0].name.assign(n, 'i'); },
         "[module.format] the name of a import is not a letter followed by letters, digits, _, $ "
         "or ."},
        {limits::kResources,
         [](Module& m, std::size_t n) { m.manifest.resources.resize(n, m.manifest.resources[0]); },
         "[module.limit] the manifest has 17 resources, more than the limit of 16"},
        {limits::kContracts, [](Module& m, std::size_t n) { m.manifest.exports.resize(n); },
         "[module.limit] the manifest has 257 exports, more than the limit of 256"},
        {limits::kFunctions,
         [](Module& m, std::size_t n) { m.functions.resize(n, m.functions[0]); },
         "[module.limit] the module has 4097 functions, more than the limit of 4096"},
        {limits::kParameters,
         [](Module& m, std::size_t n) { entry(m).params.resize(n), entry(m).registers = 256; },
         "[module.limit] main has 33 parameters, more than the limit of 32"},
        {limits::kRegisters,
         [](Module& m, std::size_t n) { entry(m).registers = static_cast<std::uint16_t>(n); },
         "[module.limit] main has 257 registers, more than the limit of 256"},
        {limits::kBlocks,
         [](Module& m, std::size_t n) { entry(m).blocks.resize(n, entry(m).blocks[2]); },
         "[module.limit] main has 16385 blocks, more than the limit of 16384"},
        {limits::kBlocks, [](Module& m, std::size_t n) { entry(m).selects.resize(n); },
         "[module.limit] main has 16385 select tables, more than the limit of 16384"},
        {limits::kBlocks, [](Module& m, std::size_t n) { entry(m).switches.resize(n, {0}); },
         "[module.limit] main has 16385 switch tables, more than the limit of 16384"},
        {limits::kSwitchEntries, [](Module& m, std::size_t n) { entry(m).switches[0].resize(n); },
         "[module.limit] main has 4097 switch entries, more than the limit of 4096"},
        {limits::kSelectCases,
         [](Module& m, std::size_t n) { entry(m).selects[0].cases.resize(n); },
         "[module.limit] main has 257 select cases, more than the limit of 256"},
        {limits::kSelectOperands,
         [](Module& m, std::size_t n) { entry(m).selects[0].cases[0].patterns.resize(n); },
         "[module.limit] main has 9 select patterns, more than the limit of 8"},
        {limits::kInstructions,
         [](Module& m, std::size_t n) {
             entry(m).code.resize(n - m.functions[0].code.size(), {Opcode::RetVoid, 0, 0, 0, 0});
         },
         "[module.limit] the module has 65537 instructions, more than the limit of 65536"},
    };
    for (const Limit& limit : limits) {
        Module m = right();
        limit.make(m, limit.most);
        CHECK(verdict(check_bounds(m)) == "accepted");
        limit.make(m, limit.most + 1);
        CHECK(verdict(check_bounds(m)) == limit.verdict);
    }
}
