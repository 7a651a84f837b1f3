#include "verifier/interpret_machine.hh"

#include "verifier/asm_names.hh"
#include "verifier/diagnosis.hh"
#include "verifier/text.hh"

namespace singlet::verifier {

Outcome interpret(const Module& module, const Environment& environment,
                  const InterpretOptions& options) {
    return Machine(module, environment, options).run();
}

Outcome interpret(const Proof& proof, const InterpretOptions& options) {
    return Machine(proof.program.module, proof.program.environment, options, &proof).run();
}

std::string_view trap_name(rt::TrapReason reason) {
    constexpr std::string_view kNames[] = {
        "None",        "NullReference",  "OutOfBounds", "DivideByZero", "StackOverflow",
        "OutOfMemory", "BadCast",        "BadCell",     "BadLength",    "OutOfRange",
        "Explicit",    "ProcessorFault", "Killed"};
    static_assert(std::size(kNames) == static_cast<std::size_t>(rt::TrapReason::Killed) + 1);
    return kNames[static_cast<std::size_t>(reason)];
}

std::string Outcome::summary() const {
    switch (what) {
    case What::Exit:
        return "exit " + std::to_string(status);
    case What::Trap:
        return "trap " + std::string(trap_name(reason)) +
               (reason == rt::TrapReason::Explicit ? " " + std::to_string(number) : "");
    case What::Stuck:
        return "stuck";
    case What::Deadlock:
        return "deadlock";
    case What::OutOfSteps:
        return "out of steps";
    case What::Mismatch:
        break;
    }
    return "state mismatch";
}

// <since lab6 = #define LATER(name) void Machine::op_##name(const Instruction&) { stuck("there is no " #name " yet"); }>
// </since>
// <since lab5 = LATER(XNew) LATER(XVec) LATER(XSwap) LATER(Free) LATER(CellNew) LATER(CellTake) LATER(CellPut) LATER(CellFull)>
// </since>
// <since lab6 = LATER(Channel) LATER(Send) LATER(Wrap) LATER(Unwrap) LATER(SetNew) LATER(SetAdd) LATER(Start) LATER(Select) LATER(In) LATER(Out)>
// </since>
const std::array<Machine::Handler, static_cast<std::size_t>(Opcode::kCount)> Machine::kHandlers = {
#define OP(name, text, a, b, c, imm, doc) &Machine::op_##name,
#include "verifier/isa.def"
};

Machine::Machine(const Module& m, const Environment& environment, const InterpretOptions& options,
                 const Proof* proof)
    : m_(m), environment_(environment), options_(options),
      heap_(m.manifest.memory_pages ? m.manifest.memory_pages * std::uint64_t{4096}
                                    : options.memory_bytes,
            m.manifest.exchange_pages ? m.manifest.exchange_pages * std::uint64_t{4096}
                                      : options.exchange_bytes) {
    if (proof) types_.emplace(*proof);
    for (const std::string& s : m.strings) {
        Object* o = heap_.permanent(Kind::Str, 0);
        o->elements = {1, {s.begin(), s.end()}};
        literals_.push_back(o);
    }
}

Outcome Machine::run() {
    const Function& entry = m_.functions[m_.manifest.entry];
    if (!entry.params.empty()) {
        outcome_.what = Outcome::What::Stuck;
        outcome_.where = "the entry function wants resources, and the interpreter has none";
        return std::move(outcome_);
    }
    stack_.reserve(1 << 16);
    enter(entry, 0, 0, 0);
    while (!ended_) {
        if (frame_.pc >= frame_.function->code.size()) {
            stuck("the function's code ends here");
            break;
        }
        if (outcome_.steps == options_.steps) {
            end(Outcome::What::OutOfSteps);
            break;
        }
        if (types_ && !as_proven()) break;
        outcome_.steps++;
        const Instruction& i = frame_.function->code[frame_.pc++];
        if (options_.coverage) [[unlikely]]
            outcome_.executed.insert(mnemonic_with_form(i));
        (this->*kHandlers[static_cast<std::size_t>(i.op)])(i);
        // <since lab6>
        if (!waiting_.empty()) [[unlikely]]
            wake_waiting();
        // </since>
    }
    return std::move(outcome_);
}

// The mnemonic, and "/i" behind it where the last operand is a number.
std::string Machine::mnemonic_with_form(const Instruction& i) {
    return mnemonic_of(i) + (info(i.op).c == Role::Sub ? "/i" : "");
}

// ---- ends

void Machine::end(Outcome::What what, std::string why) {
    if (ended_) return;
    ended_ = true;
    outcome_.what = what;
    if (what != Outcome::What::Exit) outcome_.where = place() + (why.empty() ? "" : ": " + why);
}

void Machine::stuck(std::string why) { end(Outcome::What::Stuck, std::move(why)); }

void Machine::trap(rt::TrapReason reason, std::uint32_t number) {
    if (ended_) return;
    outcome_.reason = reason;
    outcome_.number = number;
    end(Outcome::What::Trap);
}

std::string Machine::place() const {
    auto number = static_cast<std::size_t>(frame_.function - m_.functions.data());
    Diagnosis d = diagnose(m_, number, frame_.pc ? frame_.pc - 1 : 0, Rule::Operand, "");
    std::string text =
        d.source.empty() || !d.line ? "" : d.source + ":" + std::to_string(d.line) + ": ";
    text +=
        d.function + ", block " + std::to_string(d.block) + ", instruction " + std::to_string(d.pc);
    return d.instruction.empty() ? text : text + " (" + d.instruction + ")";
}

std::string Machine::describe(const Value& v) const {
    switch (v.kind) {
    case Kind::Unset:
        return "nothing (it was never set, or moved away)";
    case Kind::Null:
        return "null";
    case Kind::Ref:
        return "ref " + m_.classes[v.object->index].name;
    case Kind::Array:
    case Kind::Cell:
        return type_text(m_, Type{.kind = v.kind, .index = v.object->index});
    case Kind::Own:
    case Kind::Vec:
    case Kind::Set:
    case Kind::Endpoint:
        if (v.thing->generation != v.generation) return "something that was freed";
        return type_text(m_, Type{.kind = v.kind,
                                  .lent = v.lent,
                                  .side = v.thing->side,
                                  .index = v.thing->index,
                                  .state = v.thing->state});
    default:
        return type_text(m_, Type{.kind = v.kind});
    }
}

// ---- reading registers

const Value& Machine::use(std::uint8_t r) {
    const Value& v = at(r);
    if (v.kind == Kind::Unset) stuck("r" + std::to_string(r) + " holds nothing");
    return v;
}

std::int32_t Machine::i32(std::uint8_t r) {
    const Value& v = at(r);
    if (v.kind != Kind::I32) [[unlikely]] {
        stuck("r" + std::to_string(r) + " holds " + describe(v) + ", expected i32");
        return 0;
    }
    return static_cast<std::int32_t>(v.number);
}

std::int64_t Machine::i64(std::uint8_t r) {
    const Value& v = at(r);
    if (v.kind != Kind::I64) [[unlikely]] {
        stuck("r" + std::to_string(r) + " holds " + describe(v) + ", expected i64");
        return 0;
    }
    return v.number;
}

bool Machine::is_null(std::uint8_t r) {
    const Value& v = at(r);
    if (v.kind != Kind::Null && !is_collected(v.kind) && !v.linear())
        stuck("r" + std::to_string(r) + " holds " + describe(v) + ", which is never null");
    return v.kind == Kind::Null;
}

Value Machine::take(std::uint8_t r) {
    Value v = use(r);
    if (v.moves()) at(r) = Value{};
    return v;
}

Object* Machine::object(std::uint8_t r, Kind kind) {
    const Value& v = at(r);
    if (v.kind == kind) return v.object;
    if (v.kind == Kind::Null)
        trap(rt::TrapReason::NullReference);
    else
        stuck("r" + std::to_string(r) + " holds " + describe(v) + ", expected a " +
              (kind == Kind::Ref ? "reference" : "cell"));
    return nullptr;
}

Thing* Machine::living(const Value& v, std::uint8_t r) {
    if (v.thing->generation == v.generation) return v.thing;
    stuck("r" + std::to_string(r) + " holds something that was freed");
    return nullptr;
}

Thing* Machine::thing(std::uint8_t r, Kind kind) {
    const Value& v = at(r);
    if (v.kind == kind) return living(v, r);
    if (v.kind == Kind::Null)
        trap(rt::TrapReason::NullReference);
    else
        stuck("r" + std::to_string(r) + " holds " + describe(v) + ", expected " +
              type_text(m_, Type{.kind = kind}).substr(0, 6));
    return nullptr;
}

// ---- writing

void Machine::write(std::uint8_t r, Value v) {
    Value& place = at(r);
    if (place.moves()) [[unlikely]]
        stuck("r" + std::to_string(r) + " would be overwritten while it holds " + describe(place));
    place = v;
}

void Machine::store(Value& place, const Type& type, const Value& v) {
    if (!fits(m_, v, type)) return stuck(describe(v) + " does not fit " + type_text(m_, type));
    place = v;
    if (type.kind == Kind::U8) place.number &= 0xff;
    if (type.kind == Kind::U16) place.number &= 0xffff;
}

} // namespace singlet::verifier
