#include "verifier/interpret_heap.hh"

#include <algorithm>
#include <utility>

namespace singlet::verifier {

Object* Heap::object(Kind kind, std::uint16_t index, std::uint64_t bytes, Roots roots) {
    if (memory_used_ + bytes > std::min(next_collection_, memory_limit_)) {
        collect(roots);
        next_collection_ = std::max<std::uint64_t>(1 << 20, memory_used_ * 2);
    }
    if (memory_used_ + bytes > memory_limit_) return nullptr;
    memory_used_ += bytes;
    objects_.push_back(std::make_unique<Object>(kind, index));
    return objects_.back().get();
}

Object* Heap::permanent(Kind kind, std::uint16_t index) {
    permanent_.push_back(std::make_unique<Object>(kind, index));
    return permanent_.back().get();
}

void Heap::collect(Roots roots) {
    std::vector<Object*> work;
    auto mark = [&](const Value& v) {
        if (!is_collected(v.kind) || v.object->marked) return;
        v.object->marked = true;
        work.push_back(v.object);
    };
    for (const auto& stack : roots)
        for (const Value& v : stack)
            mark(v);
    while (!work.empty()) {
        Object* o = work.back();
        work.pop_back();
        for (const Value& v : o->values)
            mark(v);
    }
    memory_used_ = 0;
    std::vector<Thing*> lost; // what cells held that nobody can reach
    std::erase_if(objects_, [&](const std::unique_ptr<Object>& o) {
        if (o->marked) memory_used_ += o->size();
        bool keep = std::exchange(o->marked, false);
        if (!keep && o->kind == Kind::Cell && o->values[0].owned())
            lost.push_back(o->values[0].thing);
        return !keep;
    });
    for (Thing* t : lost)
        release(t);
    for (const auto& o : permanent_)
        o->marked = false;
}

Thing* Heap::thing(Kind kind, std::uint16_t index, std::uint64_t bytes, Roots roots) {
    if (exchange_used_ + bytes > exchange_limit_) collect(roots);
    if (exchange_used_ + bytes > exchange_limit_) return nullptr;
    exchange_used_ += bytes;
    if (unused_.empty()) {
        things_.push_back(std::make_unique<Thing>());
        unused_.push_back(things_.back().get());
    }
    Thing* t = unused_.back();
    unused_.pop_back();
    std::uint32_t generation = t->generation;
    *t =
        Thing{.kind = kind, .index = index, .generation = generation, .values = {}, .elements = {}};
    t->charged = bytes;
    return t;
}

void Heap::release(Thing* first) {
    std::vector<Thing*> work{first};
    while (!work.empty()) {
        Thing* t = work.back();
        work.pop_back();
        auto add = [&](const Value& v) {
            if (v.owned()) work.push_back(v.thing);
        };
        for (const Value& v : t->values)
            add(v);
        for (const Message& message : t->queue)
            for (const Value& v : message.args)
                add(v);
        exchange_used_ -= t->charged;
        if (t->peer) t->peer->peer = nullptr, t->peer->announced = true;
        *t = Thing{.generation = t->generation + 1, .values = {}, .elements = {}};
        unused_.push_back(t);
    }
}

std::string Heap::account(Roots registers) {
    std::string wrong;
    auto hold = [&](const Value& v, std::size_t holder) {
        if (!v.owned()) return;
        if (v.thing->generation != v.generation) wrong = "what was freed still has an owner";
        if (v.thing->holder != Thing::kNobody) wrong = "a block has two owners";
        v.thing->holder = holder;
    };
    for (const auto& t : things_)
        t->holder = Thing::kNobody;
    for (const auto& stack : registers)
        for (std::size_t n = 0; n < stack.size(); n++)
            hold(stack[n], &stack == registers.data() ? n : Thing::kElsewhere);
    for (const auto& o : objects_)
        for (const Value& v : o->values)
            hold(v, Thing::kElsewhere);
    for (const auto& t : things_) {
        for (const Value& v : t->values)
            hold(v, Thing::kElsewhere);
        for (const Message& message : t->queue)
            for (const Value& v : message.args)
                hold(v, Thing::kElsewhere);
    }
    for (const auto& t : things_)
        if (t->kind != Kind::Unset && t->holder == Thing::kNobody)
            wrong = "a block, endpoint or set was lost";
    return wrong;
}

} // namespace singlet::verifier
