// Calls, returns, calls of the kernel. What is lent to a function must be back in place when it returns, and nothing owned
// may be left behind.
#include <algorithm>

#include "verifier/interpret_machine.hh"
#include "verifier/text.hh"

namespace singlet::verifier {

using rt::TrapReason;

// Moves the arguments at `first` into a new frame; `registers` are those of the caller (0 at the start).
void Machine::enter(const Function& f, std::uint8_t first, std::uint8_t result,
                    std::size_t registers) {
    if (frames_.size() >= options_.depth) return trap(TrapReason::StackOverflow);
    std::size_t base = frame_.base + registers, lent = lent_.size();
    stack_.resize(base + f.registers);
    for (std::size_t n = 0; n < f.params.size(); n++) {
        const Type& t = type(f.params[n]);
        Value& from = at(static_cast<std::uint8_t>(first + n));
        Value v = from;
        if (t.lent && v.linear()) {
            v.lent = true; // and stays the caller's
            if (t.kind == Kind::Endpoint || t.kind == Kind::Set)
                lent_.push_back({v.thing, t, static_cast<std::uint8_t>(n)});
        } else if (v.owned()) {
            from = Value{};
        }
        if (!fits(m_, v, t))
            return stuck("argument " + std::to_string(n) + " is " + describe(v) + ", expected " +
                         type_text(m_, t));
        stack_[base + n] = v;
    }
    if (registers) frames_.push_back(frame_);
    frame_ = {&f, 0, base, result, lent};
}

bool Machine::all_given_up() {
    const std::size_t count = frame_.function->registers;
    for (std::size_t n = 0; n < count; n++) {
        const Value& v = stack_[frame_.base + n];
        if (v.owned()) stuck("r" + std::to_string(n) + " still holds " + describe(v));
    }
    for (std::size_t n = frame_.lent; n < lent_.size(); n++) {
        const Lent& l = lent_[n];
        // Closed stands for any state: whatever the lender does next, it may find the channel closed.
        if (l.thing->state == kClosedState) l.thing->state = l.type.state;
        auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(frame_.base);
        auto places =
            std::count_if(begin, begin + static_cast<std::ptrdiff_t>(count), [&](const Value& v) {
                return v.linear() && v.lent && v.thing == l.thing;
            });
        if (l.thing->state == kClosedState)
            l.thing->state = l.type.state; // the lender will find out
        if (places != 1 || l.thing->state != l.type.state)
            stuck("a lent endpoint is not back as " + type_text(m_, l.type));
    }
    return !ended_;
}

void Machine::leave(Value v) {
    const Type& result = type(frame_.function->result);
    if (result.kind == Kind::Void ? v.kind != Kind::Unset : !fits(m_, v, result))
        return stuck("the result is " + describe(v) + ", expected " + type_text(m_, result));
    if (!all_given_up()) return;
    lent_.resize(frame_.lent);
    if (frames_.empty()) {
        // <since lab6>
        if (!is_main_) v = Value::i32(outcome_.status);
        // </since>
        outcome_.status = v.kind == Kind::I32 ? static_cast<std::int32_t>(v.number) : 0;
        // <since lab6>
        if (!line_.empty() || !waiting_.empty()) return pass_turn();
        // </since>
        std::string wrong = heap_.account({});
        if (!wrong.empty()) return stuck(wrong);
        return end(Outcome::What::Exit);
    }
    std::uint8_t to = frame_.result;
    stack_.resize(frame_.base);
    frame_ = frames_.back();
    frames_.pop_back();
    if (result.kind != Kind::Void) write(to, v);
}

void Machine::op_Ret(const Instruction& i) {
    Value v = take(i.a);
    leave(v);
}
void Machine::op_RetVoid(const Instruction&) { leave(Value{}); }

void Machine::op_Call(const Instruction& i) {
    enter(m_.functions[i.imm], i.b, i.a, frame_.function->registers);
}

void Machine::op_CallI(const Instruction& i) {
    Object* receiver = object(i.b, Kind::Ref);
    if (!receiver) return;
    for (const auto& x : m_.classes[receiver->index].implementations)
        if (x.method == i.imm) {
            // The receiver was found by the method's number; the other arguments must fit the method too.
            const Function& f = m_.functions[x.function];
            if (f.params.size() != m_.methods[i.imm].params.size())
                return stuck("the implementation takes other arguments");
            return enter(f, i.b, i.a, frame_.function->registers);
        }
    stuck(describe(at(i.b)) + " does not have this method");
}

void Machine::op_CallK(const Instruction& i) {
    const std::string& name = m_.imports[i.imm].name;
    auto call = std::ranges::find(environment_.kernel_calls, name, &KernelCall::name);
    if (call == environment_.kernel_calls.end()) return stuck("there is no kernel call " + name);
    const std::size_t count = call->params.size();
    if (i.b + count > frame_.function->registers)
        return stuck("the arguments go beyond the last register");
    std::vector<Value> args;
    for (std::size_t n = 0; n < count; n++) {
        const Type& t = kBuiltinTypes[call->params[n]];
        auto r = static_cast<std::uint8_t>(i.b + n);
        Value v = t.lent ? use(r) : take(r);
        if (t.lent) v.lent = true;
        if (!fits(m_, v, t))
            return stuck("argument " + std::to_string(n) + " is " + describe(v) + ", expected " +
                         type_text(m_, t));
        args.push_back(v);
    }
    kernel_call(name, args.data(), i.a);
}

void Machine::print(const Elements& from, std::int64_t at, std::int64_t count) {
    if (count < 0) return trap(TrapReason::OutOfBounds);
    if (!in_bounds(at, static_cast<std::uint64_t>(count), from.bytes.size())) return;
    outcome_.console.append(from.bytes.begin() + at, from.bytes.begin() + at + count);
}

// The calls that need no device. An import that the kernel has and this list has not needs an object that no program can
// have here.
void Machine::kernel_call(std::string_view name, const Value* args, std::uint8_t result) {
    if (name == "print")
        return print(args[0].object->elements, 0,
                     static_cast<std::int64_t>(args[0].object->elements.bytes.size()));
    if (name == "print_bytes")
        return print(args[0].object->elements, args[1].number, args[2].number);
    // <since lab5>
    if (name == "print_vec") return print(args[0].thing->elements, args[1].number, args[2].number);
    // </since>
    if (name == "print_int") {
        outcome_.console += std::to_string(args[0].number);
        return;
    }
    if (name == "exit") { // what it still owns is taken back with it
        outcome_.status = static_cast<std::int32_t>(args[0].number);
        return end(Outcome::What::Exit);
    }
    if (name == "argument") {
        auto n = static_cast<std::uint64_t>(args[0].number);
        return write(result, Value::i32(n < options_.arguments.size() ? options_.arguments[n] : 0));
    }
    // <since lab6>
    if (name == "yield" && !line_.empty()) {
        line_.push_back(put_aside());
        return pass_turn();
    }
    // </since>
    if (name != "yield" && name != "mark" && name != "null")
        stuck("the interpreter has no devices for " + std::string(name));
}

} // namespace singlet::verifier
