// Threads take turns, in the order in which the kernel lets them [kern/proc/turns.hh]: one that begins, or for which something
// has come, gets in line, and the first in line goes on when the one whose turn it is waits, yields or ends.
#include <algorithm>
#include <utility>

#include "verifier/interpret_machine.hh"
#include "verifier/text.hh"

namespace singlet::verifier {

Machine::Stacks Machine::stacks() const {
    Stacks all{{stack_}};
    for (const Thread& thread : line_)
        all.stacks[all.count++] = thread.stack;
    for (const Thread& thread : waiting_)
        all.stacks[all.count++] = thread.stack;
    return all;
}

Machine::Thread Machine::put_aside() {
    return {std::move(stack_), std::move(frames_), std::move(lent_), frame_, is_main_, {}};
}

void Machine::go_on_with(Thread thread) {
    stack_ = std::move(thread.stack);
    frames_ = std::move(thread.frames);
    lent_ = std::move(thread.lent);
    frame_ = thread.frame;
    is_main_ = thread.is_main;
}

void Machine::pass_turn() {
    if (line_.empty()) {
        go_on_with(std::move(waiting_.front()));
        frame_.pc++; // the place is that select
        return end(Outcome::What::Deadlock, "nothing can come any more that this select waits for");
    }
    go_on_with(std::move(line_.front()));
    line_.pop_front();
}

// At the select that has just been looked at, which is looked at again when this thread has the turn.
void Machine::wait_for(std::uint8_t first, std::uint8_t count) {
    std::vector<Thing*> awaited;
    for (std::size_t n = 0; n < count; n++) {
        Thing* thing = at(static_cast<std::uint8_t>(first + n)).thing;
        awaited.push_back(thing);
        thing->announced = false;
        for (const Value& member : thing->values)
            if (member.linear()) member.thing->announced = false;
    }
    frame_.pc--;
    waiting_.push_back(put_aside());
    waiting_.back().awaited = std::move(awaited);
    pass_turn();
}

void Machine::wake_waiting() {
    // What a program that was not verified waits for may be something else by now.
    auto announced = [](const Value& member) { return member.linear() && member.thing->announced; };
    for (std::size_t n = 0; n < waiting_.size();) {
        bool woken = std::ranges::any_of(waiting_[n].awaited, [&](const Thing* thing) {
            return thing->announced || std::ranges::any_of(thing->values, announced);
        });
        if (!woken) {
            n++;
            continue;
        }
        line_.push_back(std::move(waiting_[n]));
        waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(n));
    }
}

void Machine::op_Start(const Instruction& i) {
    const Function& f = m_.functions[i.imm];
    if (type(f.result).kind != Kind::Void) return stuck("a thread's function has no result");
    Thread thread{std::vector<Value>(f.registers), {}, {}, {&f, 0, 0, 0, 0}, false, {}};
    for (std::size_t n = 0; n < f.params.size(); n++) {
        const Value& v = use(static_cast<std::uint8_t>(i.b + n));
        if (v.linear() || !fits(m_, v, type(f.params[n])))
            return stuck("argument " + std::to_string(n) + " of a thread is " + describe(v) +
                         ", expected " + type_text(m_, type(f.params[n])));
        thread.stack[n] = v;
    }
    const bool room = 1 + line_.size() + waiting_.size() < options_.threads;
    if (room) line_.push_back(std::move(thread));
    write(i.a, Value::i32(room));
}

} // namespace singlet::verifier
