#include "verifier/fuzz/world.hh"

#include <algorithm>

#include "verifier/contracts.hh"
#include "verifier/meet.hh"

namespace singlet::fuzz {
namespace {

// Kernel calls that any program may make.
constexpr const char* kImports[] = {"print", "print_bytes", "print_vec", "print_int",
                                    "yield", "argument",    "null",      "exit"};

Type nullable(Type type) {
    type.nullable = true;
    return type;
}

Type object(std::size_t cls) {
    return {.kind = Kind::Ref, .index = static_cast<std::uint16_t>(cls)};
}

std::string numbered(const char* name, std::size_t number) { return name + std::to_string(number); }

// A thing that is filled later.
template <class Thing>
Thing named(std::string name) {
    Thing thing{};
    thing.name = std::move(name);
    return thing;
}

} // namespace

World::World(Choices& from) : choices(from) {
    module.types.assign(std::begin(kBuiltinTypes), std::end(kBuiltinTypes));
    module.manifest.sip = "generated";
    module.manifest.memory_pages = 256;
    module.manifest.exchange_pages = 256;
    module.strings = {"", "text", "longer text\n"};
    for (const char* name : kImports)
        module.imports.push_back({name});
    name_things();
    for (std::size_t c = 0; c < module.contracts.size(); ++c)
        fill_contract(module.contracts[c], c);
    fill_types();
    fill_classes();
    fill_structs();
    declare_functions();
    declare_methods();
}

TypeIndex World::intern(Type type) {
    const auto known = std::ranges::find(module.types, type);
    if (known == module.types.end()) {
        module.types.push_back(type);
        return static_cast<TypeIndex>(module.types.size() - 1);
    }
    return static_cast<TypeIndex>(known - module.types.begin());
}

bool World::implements(std::uint16_t cls, std::uint16_t interface) const {
    return cls == interface || std::ranges::count(module.classes[cls].interfaces, interface) != 0;
}

std::optional<std::uint16_t> World::class_for(std::uint16_t cls) {
    if (!module.classes[cls].is_interface) return cls;
    std::vector<std::uint16_t> all;
    for (std::uint16_t c = 0; c < module.classes.size(); ++c)
        if (!module.classes[c].is_interface && implements(c, cls)) all.push_back(c);
    if (all.empty()) return {};
    return choices.of(all);
}

bool World::suits(const Type& value, const Type& slot) const {
    if (slot.kind == Kind::U8 || slot.kind == Kind::U16) return value.kind == Kind::I32;
    if (value.kind == Kind::Null) return slot.nullable;
    if (value.kind == Kind::Unset || value.kind == Kind::Conflict) return false;
    if ((value.nullable && !slot.nullable) || (value.lent && !slot.lent)) return false;
    if (same_thing(value, slot)) return true;
    return value.kind == Kind::Ref && slot.kind == Kind::Ref && implements(value.index, slot.index);
}

bool World::sends(const Type& endpoint) const { return sends_next(module, endpoint); }
bool World::receives(const Type& endpoint) const { return receives_next(module, endpoint); }

// ---- types to choose

Type World::plain() {
    switch (choices.below(8)) {
    case 0:
    case 1:
    case 2:
        return {.kind = Kind::I32};
    case 3:
        return {.kind = Kind::I64};
    case 4:
        return {.kind = Kind::Str, .nullable = choices.chance(50)};
    case 5:
        return nullable(type(choices.of(arrays)));
    case 6:
        return nullable(type(choices.of(cells)));
    default: {
        Type ref = object(choices.below(module.classes.size()));
        ref.nullable = choices.chance(60);
        return ref;
    }
    }
}

Type World::owned() {
    switch (choices.below(5)) {
    case 0:
        return {.kind = Kind::Own,
                .index = static_cast<std::uint16_t>(choices.below(module.structs.size()))};
    case 1:
        return type(choices.of(vectors));
    case 2:
        return type(choices.of(endpoints));
    case 3:
        return {.kind = Kind::Any};
    default:
        return type(choices.of(sets));
    }
}

Type World::passable() {
    if (choices.chance(60)) return plain();
    Type type = owned();
    if (type.kind != Kind::Endpoint && type.kind != Kind::Set) type.nullable = choices.chance(20);
    if (choices.chance(50)) type.lent = 1;
    return type;
}

Type World::storable() {
    constexpr Type kSmall[] = {{.kind = Kind::U8}, {.kind = Kind::U16}};
    if (choices.chance(25)) return choices.of(kSmall);
    Type type = plain();
    if (is_collected(type.kind)) type.nullable = true;
    return type;
}

Type World::sendable(std::size_t contracts) {
    switch (choices.below(5)) {
    case 0:
        return {.kind = Kind::I32};
    case 1:
        return {.kind = Kind::I64};
    case 2:
        return {.kind = Kind::Own,
                .index = static_cast<std::uint16_t>(choices.below(module.structs.size()))};
    case 3:
        return {.kind = Kind::Vec, .index = kU8};
    default:
        break;
    }
    if (contracts == 0) return {.kind = Kind::I32};
    Type endpoint{.kind = Kind::Endpoint,
                  .side = choices.chance(50) ? Side::Exporter : Side::Importer,
                  .index = static_cast<std::uint16_t>(choices.below(contracts))};
    if (sends(endpoint)) return endpoint;
    return {.kind = Kind::Any};
}

// ---- tables

// Everything that types refer to has its number before there are types.
void World::name_things() {
    for (std::uint32_t n = choices.below(3); n > 0; --n) {
        module.classes.push_back(named<Class>(numbered("I", n)));
        module.classes.back().is_interface = true;
    }
    for (std::uint32_t n = choices.between(1, 3); n > 0; --n)
        module.classes.push_back(named<Class>(numbered("C", n)));
    for (std::uint32_t n = choices.between(1, 2); n > 0; --n)
        module.structs.push_back(named<Struct>(numbered("S", n)));
    for (std::uint32_t n = choices.between(1, 3); n > 0; --n)
        module.contracts.push_back(named<Contract>(numbered("K", n)));
}

// A state sends or receives; messages of one direction lead on, so that no cycle has one direction only, and each state can be
// reached from the one before.
void World::fill_contract(Contract& contract, std::size_t number) {
    using Direction = Contract::Direction;
    const std::uint32_t states = choices.between(1, 4);
    std::vector<Direction> directions;
    for (std::uint32_t s = 0; s < states; ++s) {
        contract.states.push_back({numbered("Z", s), {}});
        directions.push_back(choices.chance(50) ? Direction::Out : Direction::In);
    }
    for (std::uint32_t s = 0; s < states; ++s) {
        std::vector<std::uint16_t> targets;
        for (std::uint16_t t = 0; t < states; ++t)
            if (t > s || directions[t] != directions[s]) targets.push_back(t);
        const bool last = s + 1 == states;
        for (std::uint32_t n = last ? choices.below(3) : choices.between(1, 3); n > 0; --n) {
            const bool onward = !last && contract.states[s].transitions.empty();
            if (targets.empty()) break;
            const std::uint16_t next =
                onward ? static_cast<std::uint16_t>(s + 1) : choices.of(targets);
            Contract::Message message{.name = numbered("m", contract.messages.size()),
                                      .direction = directions[s],
                                      .args = {}};
            for (std::uint32_t args = choices.below(4); args > 0; --args)
                message.args.push_back(intern(sendable(number)));
            contract.states[s].transitions.push_back(
                {static_cast<std::uint16_t>(contract.messages.size()), next});
            contract.messages.push_back(std::move(message));
        }
    }
}

void World::fill_types() {
    for (const TypeIndex element :
         {TypeIndex{kU8}, TypeIndex{kU16}, TypeIndex{kI32}, TypeIndex{kI64}}) {
        arrays.push_back(intern({.kind = Kind::Array, .index = element}));
        vectors.push_back(intern({.kind = Kind::Vec, .index = element}));
    }
    const TypeIndex refs = intern(nullable(object(choices.below(module.classes.size()))));
    arrays.push_back(intern({.kind = Kind::Array, .index = refs}));
    arrays.push_back(intern({.kind = Kind::Array, .index = kBytesOrNull}));
    for (std::uint16_t c = 0; c < module.contracts.size(); ++c)
        for (const Side side : {Side::Importer, Side::Exporter})
            for (std::uint16_t s = 0; s < module.contracts[c].states.size(); ++s) {
                const Type endpoint{.kind = Kind::Endpoint, .side = side, .index = c, .state = s};
                endpoints.push_back(intern(endpoint));
                if (receives(endpoint))
                    sets.push_back(intern({.kind = Kind::Set, .index = endpoints.back()}));
            }
    if (sets.empty()) sets.push_back(kVecU8); // no contract has a message
    for (std::uint32_t n = choices.between(1, 3); n > 0; --n)
        cells.push_back(intern({.kind = Kind::Cell, .index = intern(owned())}));
}

void World::fill_classes() {
    for (Class& c : module.classes) {
        if (c.is_interface) continue;
        for (std::uint32_t n = choices.below(5); n > 0; --n)
            c.fields.push_back({numbered("f", n), intern(storable())});
        for (std::uint16_t i = 0; module.classes[i].is_interface; ++i)
            if (choices.chance(70)) c.interfaces.push_back(i);
    }
}

void World::fill_structs() {
    for (Struct& s : module.structs)
        for (std::uint32_t n = choices.between(1, 5); n > 0; --n) {
            Type type = sendable(module.contracts.size());
            if (is_linear(type.kind))
                type.nullable = true;
            else if (choices.chance(30))
                type = {.kind = choices.chance(50) ? Kind::U8 : Kind::U16};
            s.fields.push_back({numbered("f", n), intern(type)});
        }
}

// Behind what is there already, fuel comes first: how deep calls may still go.
std::vector<TypeIndex> World::signature(std::vector<TypeIndex> params) {
    params.push_back(kI32);
    for (std::uint32_t n = choices.below(6); n > 0; --n)
        params.push_back(intern(passable()));
    return params;
}

void World::declare_functions() {
    module.functions.push_back(named<Function>("main"));
    for (std::uint32_t n = choices.below(4); n > 0; --n) {
        auto f = named<Function>(numbered("g", n));
        if (choices.chance(30)) { // what a thread can begin with
            f.params = {kI32, intern(plain()), intern(plain())};
            module.functions.push_back(std::move(f));
            continue;
        }
        f.params = signature({});
        Type result = passable();
        result.lent = 0;
        f.result = choices.chance(30) ? TypeIndex{kVoid} : intern(result);
        module.functions.push_back(std::move(f));
    }
}

// Each class that lists an interface gets a function of its own for each of its methods.
void World::declare_methods() {
    for (std::uint16_t i = 0; module.classes[i].is_interface; ++i)
        for (std::uint32_t n = choices.below(3); n > 0; --n) {
            const auto number = static_cast<std::uint16_t>(module.methods.size());
            Method method{.interface = i,
                          .name = numbered("m", n),
                          .params = signature({intern(object(i))}),
                          .result = choices.chance(50) ? TypeIndex{kI32} : intern(plain())};
            for (std::uint16_t c = 0; c < module.classes.size(); ++c) {
                if (module.classes[c].is_interface || !implements(c, i)) continue;
                auto f = named<Function>(numbered("h", module.functions.size()));
                f.params = method.params;
                f.result = method.result;
                f.params[0] = intern(object(c));
                module.classes[c].implementations.push_back(
                    {number, static_cast<std::uint16_t>(module.functions.size())});
                module.functions.push_back(std::move(f));
            }
            module.methods.push_back(std::move(method));
        }
}

} // namespace singlet::fuzz
