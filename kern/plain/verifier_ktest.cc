// The verifier's parts, each on its own, on modules made by hand: what lab 3's grader asks the kernel. Whole programs are
// shown to `sipv verify`.
#include "kern/abi/signatures.hh"
#include "kern/boot/test.hh"
#include "verifier/edges.hh"
#include "verifier/fixpoint.hh"
#include <algorithm>

namespace singlet::kern {

namespace {

using namespace verifier;

constexpr Type kInt{.kind = Kind::I32}, kLong{.kind = Kind::I64}, kNone{.kind = Kind::Null};
constexpr Type kText{.kind = Kind::Str}, kTextOrNull{.kind = Kind::Str, .nullable = true};
constexpr Type kByteArray{.kind = Kind::Array, .index = kU8};
constexpr Type kNothing{.kind = Kind::Unset}, kMixed{.kind = Kind::Conflict};

// Classes 0 to 3 are interfaces, the others implement: 4 the first, 5 the first and the second, 6 the third, 7 the first two.
constexpr std::uint16_t kFirstInterface = 0, kFourth = 4, kFifth = 5, kSixth = 6, kSeventh = 7;
constexpr Type object(std::uint16_t c, bool nullable = false) {
    return {.kind = Kind::Ref, .nullable = nullable, .index = c};
}

// A module of one function, and what the passes look up in it.
struct World {
    World() : environment{abi::kKernelCalls} {
        module.types.assign(std::begin(kBuiltinTypes), std::end(kBuiltinTypes));
        module.types.push_back({.kind = Kind::Array, .index = kI32}); // kInts
        module.classes.resize(8);
        for (std::size_t c = 0; c < 4; ++c)
            module.classes[c].is_interface = true;
        module.classes[kFourth].interfaces = {0};
        module.classes[kFifth].interfaces = {0, 1};
        module.classes[kSixth].interfaces = {2};
        module.classes[kSeventh].interfaces = {0, 1};
        module.functions.resize(1);
        subtypes = Subtypes(module);
    }
    Function& f() { return module.functions[0]; }
    Program program() const {
        // <since lab6 = return {module, subtypes, environment, calls};>
        return {module, subtypes, environment, calls, contracts};
        // </since>
    }

    Module module;
    Environment environment;
    std::vector<std::uint16_t> calls;
    // <since lab6>
    std::vector<ContractFacts> contracts;
    // </since>
    Subtypes subtypes{module};
};
constexpr std::uint16_t kInts = kFirstOwnType;
constexpr Type kIntArray{.kind = Kind::Array, .index = kI32};
constexpr Type kLongArray{.kind = Kind::Array, .index = kI64};

// One instruction on registers that hold these types.
struct Step {
    Step(Instruction i, std::initializer_list<Type> before) : registers(before) {
        world.f().code = {i, {Opcode::RetVoid, 0, 0, 0, 0}};
        world.f().blocks = {0, 1, 1};
        world.f().registers = static_cast<std::uint16_t>(registers.size());
    }
    // Accepted, and register `r` is this after it.
    bool makes(std::size_t r, Type type) {
        const Program program = world.program();
        Meter meter(1000);
        Transfer transfer(program, 0, registers, meter);
        return transfer.step(0) && registers[r] == type;
    }
    bool refused(Rule rule) {
        const Program program = world.program();
        Meter meter(1000);
        Transfer transfer(program, 0, registers, meter);
        return !transfer.step(0) && transfer.diagnosis().rule == rule;
    }
    World world;
    Registers registers;
};

// What a terminator's edges bring in register 0.
struct Edges final : EdgeVisitor {
    explicit Edges(Type before) : registers{before} {
        world.f().code = {{Opcode::BrNull, 0, 0, 0, 1u << 16 | 2}};
        world.f().blocks = {0};
        world.f().registers = 1;
        const Program program = world.program();
        Meter meter(1000);
        Transfer transfer(program, 0, registers, meter);
        accepted = transfer.finish(0, *this);
    }
    bool edge(std::uint16_t target) override {
        (target == 1 ? null : other) = registers[0];
        return ++count <= 2;
    }
    World world;
    Registers registers;
    Type null, other;
    int count = 0;
    bool accepted = false;
};

// block 0: r0 <- 1; r1 <- 0; jmp 1        block 1: brnz r0 ? 2 : 3
// block 2: r1 <- `first`; jmp 1           block 3: retv, after reading r1 if `reads`
World loop(Instruction first, bool reads) {
    World world;
    Function& f = world.f();
    f.registers = 3;
    f.code = {{Opcode::LdI, 0, 0, 0, 1},
              {Opcode::LdI, 1, 0, 0, 0},
              {Opcode::Jmp, 0, 0, 0, 1},
              {Opcode::BrNz, 0, 0, 0, 2u << 16 | 3},
              first,
              {Opcode::Jmp, 0, 0, 0, 1}};
    f.blocks = {0, 3, 4, 6};
    if (reads) f.code.push_back({Opcode::Mov, 2, 1, 0, 0});
    f.code.push_back({Opcode::RetVoid, 0, 0, 0, 0});
    return world;
}

struct Found {
    explicit Found(const World& world) {
        const Program program = world.program();
        const Reads reads(program);
        Meter meter(1u << 20);
        Workspace workspace;
        Flow flow = *check_flow(world.module, 0, workspace);
        auto live = *find_liveness(program, reads, 0, flow, meter, workspace);
        auto states = find_states(program, 0, flow, live, meter, workspace);
        found = states.has_value();
        if (found) entry = std::move(*states);
        if (!found) rule = states.error().rule;
    }
    bool found = false;
    Rule rule{};
    BlockStates entry;
};

bool met(Type a, Type b, Type expected) {
    World world;
    const Program program = world.program();
    return meet(program, a, b).type == expected && meet(program, b, a).type == expected;
}

bool fit(Type value, Type slot) {
    World world;
    return fits(world.program(), value, slot);
}

} // namespace

KERNEL_TEST_AFTER(320, fits) {
    for (Type same : {kInt, kLong, kText, kTextOrNull, kByteArray, object(kFourth)})
        CHECK(fit(same, same));
    CHECK(fit(kInt, {.kind = Kind::U8}) && fit(kInt, {.kind = Kind::U16}));
    CHECK(!fit(kLong, {.kind = Kind::U8}) && !fit(kText, {.kind = Kind::U16}));
    CHECK(!fit(kInt, kLong) && !fit(kInt, kByteArray) && !fit(kInt, object(kFourth)));
    CHECK(fit(kNone, kTextOrNull) && fit(kNone, object(kFourth, true)));
    CHECK(!fit(kNone, kText) && !fit(kNone, kInt));
    CHECK(fit(kText, kTextOrNull) && !fit(kTextOrNull, kText));
    CHECK(!fit(kText, kByteArray) && !fit(kIntArray, kByteArray));
    CHECK(fit(object(kFourth), object(kFirstInterface)) && fit(object(kFifth), object(1)));
    CHECK(!fit(object(kFourth), object(1)) && !fit(object(kFourth), object(kFifth)));
    CHECK(!fit(object(kFirstInterface), object(kFourth)));
    CHECK(!fit(object(kFourth, true), object(kFirstInterface)));
    CHECK(!fit(kNothing, kInt) && !fit(kMixed, kInt));
}

KERNEL_TEST_AFTER(320, transfer_arrays) {
    CHECK(Step({Opcode::NewArr, 0, 1, 0, kInts}, {kNothing, kInt}).makes(0, kIntArray));
    CHECK(Step({Opcode::NewArr, 0, 1, 0, kInts}, {kNothing, kLong}).refused(Rule::Operand));
    CHECK(Step({Opcode::NewArr, 0, 1, 0, kI32}, {kNothing, kInt}).refused(Rule::Operand));
    CHECK(Step({Opcode::Len, 0, 1, 0, 0}, {kNothing, kText}).makes(0, kInt));
    CHECK(Step({Opcode::Len, 0, 1, 0, 0}, {kNothing, kInt}).refused(Rule::Operand));
    CHECK(Step({Opcode::LdElem, 0, 1, 2, 0}, {kNothing, kIntArray, kInt}).makes(0, kInt));
    CHECK(Step({Opcode::LdElem, 0, 1, 2, 0}, {kLong, kByteArray, kInt}).makes(0, kInt));
    CHECK(Step({Opcode::LdElem, 0, 1, 2, 0}, {kLong, kText, kInt}).makes(0, kInt));
    CHECK(Step({Opcode::LdElem, 0, 1, 2, 0}, {kLong, kIntArray, kLong}).refused(Rule::Operand));
    CHECK(Step({Opcode::LdElem, 0, 1, 2, 0}, {kLong, kNone, kInt}).refused(Rule::NullOperand));
    CHECK(Step({Opcode::LdElem, 0, 1, 2, 0}, {kLong, kNothing, kInt}).refused(Rule::UnsetUse));
    CHECK(Step({Opcode::LdElem, 0, 1, 2, 0}, {kLong, kLongArray, kInt}).makes(0, kLong));
    CHECK(Step({Opcode::StElem, 0, 1, 2, 0}, {kIntArray, kInt, kInt}).makes(0, kIntArray));
    CHECK(Step({Opcode::StElem, 0, 1, 2, 0}, {kIntArray, kInt, kText}).refused(Rule::Operand));
    CHECK(Step({Opcode::StElem, 0, 1, 2, 0}, {kIntArray, kLong, kInt}).refused(Rule::Operand));
    CHECK(Step({Opcode::StElem, 0, 1, 2, 0}, {kLongArray, kInt, kLong}).makes(0, kLongArray));
    CHECK(Step({Opcode::StElem, 0, 1, 2, 0}, {kLongArray, kInt, kInt}).refused(Rule::Operand));
    CHECK(Step({Opcode::StElem, 0, 1, 2, 0}, {kByteArray, kInt, kInt}).makes(0, kByteArray));
    CHECK(Step({Opcode::StElem, 0, 1, 2, 0}, {kText, kInt, kInt}).refused(Rule::ReadOnly));
    CHECK(Step({Opcode::LdBytes, 0, 1, 2, 4}, {kNothing, kByteArray, kInt}).makes(0, kInt));
    CHECK(Step({Opcode::LdBytes, 0, 1, 2, 4}, {kNothing, kIntArray, kInt}).refused(Rule::Operand));
    CHECK(Step({Opcode::LdBytes, 0, 1, 2, 4}, {kNothing, kText, kLong}).refused(Rule::Operand));
    CHECK(Step({Opcode::StBytes, 0, 1, 2, 4}, {kByteArray, kInt, kInt}).makes(0, kByteArray));
    CHECK(Step({Opcode::StBytes, 0, 1, 2, 4}, {kText, kInt, kInt}).refused(Rule::ReadOnly));
    CHECK(Step({Opcode::StBytes, 0, 1, 2, 4}, {kIntArray, kInt, kInt}).refused(Rule::Operand));
    CHECK(Step({Opcode::StBytes, 0, 1, 2, 4}, {kByteArray, kLong, kInt}).refused(Rule::Operand));
    CHECK(Step({Opcode::StBytes, 0, 1, 2, 4}, {kByteArray, kInt, kLong}).refused(Rule::Operand));
    // What was read through is not null behind it.
    constexpr Type kMaybe{.kind = Kind::Array, .nullable = true, .index = kI32};
    CHECK(Step({Opcode::Len, 0, 1, 0, 0}, {kNothing, kMaybe}).makes(1, kIntArray));
    // copy: to, at, from, at, how many. Each operand is looked at.
    CHECK(Step({Opcode::Copy, 0, 0, 0, 0}, {kByteArray, kInt, kText, kInt, kInt}).makes(1, kInt));
    CHECK(
        Step({Opcode::Copy, 0, 0, 0, 0}, {kText, kInt, kText, kInt, kInt}).refused(Rule::ReadOnly));
    for (std::size_t wrong = 0; wrong < 5; ++wrong) {
        Step copy({Opcode::Copy, 0, 0, 0, 0}, {kByteArray, kInt, kText, kInt, kInt});
        copy.registers[wrong] = kLong;
        CHECK(copy.refused(Rule::Operand));
    }
}

KERNEL_TEST_AFTER(320, transfer_null) {
    const Edges maybe(kTextOrNull), sure(kText), null(kNone), number(kInt);
    CHECK(maybe.accepted && maybe.count == 2 && maybe.null == kNone && maybe.other == kText);
    CHECK(maybe.registers[0] == kTextOrNull); // each edge has its own
    CHECK(sure.accepted && sure.null == kNone && sure.other == kText);
    CHECK(null.accepted && null.count == 2 && null.null == kNone);
    CHECK(!number.accepted && number.count == 0);
}

KERNEL_TEST_AFTER(320, meets) {
    for (Type same : {kInt, kLong, kNone, kText, kByteArray, object(kFourth), kMixed})
        CHECK(met(same, same, same));
    CHECK(met(kInt, kLong, kMixed) && met(kInt, kText, kMixed) && met(kInt, kNone, kMixed));
    CHECK(met(kMixed, kInt, kMixed) && met(kMixed, kNone, kMixed));
    CHECK(met(kText, kNone, kTextOrNull) && met(kTextOrNull, kNone, kTextOrNull));
    CHECK(met(kText, kTextOrNull, kTextOrNull));
    CHECK(met(kByteArray, kText, kMixed) && met(kByteArray, kIntArray, kMixed));
    CHECK(met(object(kFourth), object(kFourth, true), object(kFourth, true)));
    CHECK(met(object(kFourth), object(kFifth), object(kFirstInterface))); // what both implement
    CHECK(met(object(kFourth, true), object(kFifth), object(kFirstInterface, true)));
    CHECK(met(object(kFourth), object(kFirstInterface), object(kFirstInterface)));
    CHECK(met(object(kFourth), object(kSixth), kMixed));  // nothing
    CHECK(met(object(kFifth), object(kSeventh), kMixed)); // two things: which?
}

KERNEL_TEST_AFTER(320, states_of_a_loop) {
    const Found same(loop({Opcode::LdI, 1, 0, 0, 5}, true));
    CHECK(same.found && same.entry[1][0] == kInt && same.entry[1][1] == kInt);
    CHECK(same.entry[3][1] == kInt && same.entry[3][0] == kNothing); // r0 is read no more
    // The second time around r1 is something else: block 1 has to be looked at again.
    const Found other(loop({Opcode::LdL, 1, 0, 0, 5}, false));
    CHECK(other.found);
    const Found read(loop({Opcode::LdL, 1, 0, 0, 5}, true));
    CHECK(!read.found && read.rule == Rule::ConflictUse);
    const Found null(loop({Opcode::Null, 1, 0, 0, 0}, true));
    CHECK(!null.found && null.rule == Rule::ConflictUse);
}

KERNEL_TEST_AFTER(320, edges_checked) {
    const World world = loop({Opcode::LdI, 1, 0, 0, 5}, true);
    const Program program = world.program();
    auto right = [] {
        BlockStates states(4, 3);
        for (std::size_t block = 1; block < 4; ++block)
            states[block][0] = states[block][1] = kInt;
        return states;
    };
    auto verdict = [&](const BlockStates& states) {
        Meter meter(1u << 20);
        Workspace workspace;
        return check_edges(program, 0, states, meter, workspace).has_value();
    };
    auto forged = [&](std::size_t block, std::size_t r, Type type) {
        BlockStates states = right();
        states[block][r] = type;
        return verdict(states);
    };
    CHECK(verdict(right()));
    CHECK(forged(2, 1, kNothing));  // less is known than could be: true all the same
    CHECK(!forged(2, 0, kNothing)); // but the next time around it is needed
    CHECK(forged(2, 1, kMixed));
    CHECK(!forged(3, 1, kNothing)); // it is read there
    CHECK(!forged(1, 1, kText) && !forged(2, 1, kText) && !forged(3, 1, kLong));
    CHECK(!forged(1, 2, kInt)); // nothing was ever put there
    CHECK(!forged(0, 2, kInt)); // nor by who calls
    CHECK(!forged(1, 2, kMixed));
    CHECK(!verdict(BlockStates(4, 3))); // nothing is known anywhere, and something is read

    // block 0: r0 <- `first`; jmp 1        block 1: jmp 2        block 2: retv
    auto handed_on = [](Instruction first, Type one, Type two) {
        constexpr Instruction kEnd{Opcode::RetVoid, 0, 0, 0, 0};
        World straight;
        straight.module.strings = {"x"};
        Function& f = straight.f();
        f.registers = 1;
        f.code = {first, {Opcode::Jmp, 0, 0, 0, 1}, {Opcode::Jmp, 0, 0, 0, 2}, kEnd};
        f.blocks = {0, 2, 3};
        BlockStates states(3, 1);
        states[1][0] = one;
        states[2][0] = two;
        Meter meter(1u << 20);
        Workspace workspace;
        return check_edges(straight.program(), 0, states, meter, workspace).has_value();
    };
    constexpr Instruction kMakeNull{Opcode::Null, 0, 0, 0, 0}, kMakeText{Opcode::LdStr, 0, 0, 0, 0},
        kMakeObject{Opcode::New, 0, 0, 0, kFourth};
    constexpr Type kObject = object(kFourth), kObjectOrNull = object(kFourth, true),
                   kFace = object(kFirstInterface), kFaceOrNull = object(kFirstInterface, true);
    for (Type maybe : {kNone, kTextOrNull, kObjectOrNull, kFaceOrNull})
        CHECK(handed_on(kMakeNull, maybe, maybe));
    for (Type sure : {kText, kByteArray, kObject, kFace, kInt})
        CHECK(!handed_on(kMakeNull, sure, sure));
    CHECK(handed_on(kMakeText, kText, kTextOrNull) && !handed_on(kMakeText, kTextOrNull, kText));
    CHECK(!handed_on(kMakeText, kTextOrNull, kNone) && !handed_on(kMakeText, kText, kByteArray));
    CHECK(handed_on(kMakeObject, kObject, kFace) && handed_on(kMakeObject, kObject, kFaceOrNull));
    CHECK(handed_on(kMakeObject, kObjectOrNull, kFaceOrNull));
    CHECK(!handed_on(kMakeObject, kObjectOrNull, kFace));
    CHECK(!handed_on(kMakeObject, kFace, kObject)); // not any more
    CHECK(!handed_on(kMakeObject, kObject, object(2)) &&
          !handed_on(kMakeObject, kObject, object(kFifth)));
    CHECK(handed_on(kMakeObject, kMixed, kMixed) && !handed_on(kMakeObject, kMixed, kObject));
    CHECK(!handed_on(kMakeObject, kNothing, kMixed)); // nothing is no value
}

} // namespace singlet::kern
