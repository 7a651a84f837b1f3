// System calls of a process about others: whom there is, children, and how they end.
#include "kern/dev/console.hh"
#include "kern/native/rendezvous.hh"
#include "kern/native/request.hh"

namespace singlet::kern {

namespace {

// A short name that the caller gave.
struct Name {
    char text[32];
    std::uint32_t length = 0;

    explicit Name(const Request& request) {
        UserRange range = request.to_read(0);
        if (range.bytes > sizeof text) return;
        length = range.bytes;
        request.self.space->copy_in(text, range);
    }
    operator std::string_view() const { return {text, length}; }
};

} // namespace

Outcome do_find(const Request& request) {
    Name name(request);
    Process* found = find_process(std::string_view(name));
    return {found ? static_cast<std::int32_t>(found->id) : native::kGone};
}

Outcome do_spawn(const Request& request) {
    Name name(request);
    const BootModule* module = find_module(name);
    if (!module) return {native::kGone};
    auto child = create_process(*module, &request.self);
    if (!child) {
        print("spawn {}: refused: {}\n", module->name, child.error());
        return {native::kRefused};
    }
    if (start_process(**child)) return {static_cast<std::int32_t>((*child)->id)};
    reap_process(**child);
    return {native::kNoMemory};
}

Outcome do_kill(const Request& request) {
    Process* child = find_process(request.process(0));
    if (!child || child->parent != &request.self) return {native::kGone};
    kill_process(*child);
    return {};
}

Outcome do_wait(const Request& request) { return wait_for_child(request.self, request.process(0)); }

} // namespace singlet::kern
