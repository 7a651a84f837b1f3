#include "kern/native/rendezvous.hh"

namespace singlet::kern {

namespace {

using Waiting = Process::Waiting;

// From `from` to `to`, if there is room.
bool deliver(Process& from, UserRange message, Process& to, UserRange room) {
    if (message.bytes > room.bytes) return false;
    copy_between(*from.space, message.address, *to.space, room.address, message.bytes);
    return true;
}

Outcome request_from(const Process& caller) {
    return {static_cast<std::int32_t>(caller.request.bytes), caller.id};
}

// Takes the first request that fits; false when nobody calls. Who sent one that does not fit is told
// kTooLong and goes on; who sent the one that is taken waits for the reply to it.
bool take_request(Process& self, UserRange buffer, Outcome& taken) {
    // <lab2:message self, buffer, taken, request_from>
    while (Process* caller = self.callers.pop_front()) {
        if (!deliver(*caller, caller->request, self, buffer)) {
            complete(*caller, {native::kTooLong});
            continue;
        }
        caller->waiting = Waiting::Reply;
        taken = request_from(*caller);
        return true;
    }
    return false;
    // </lab2:message>
}

void await_request(Process& self, UserRange buffer) {
    self.waiting = Waiting::Sender;
    self.buffer = buffer;
}

// The caller who waits for our reply, with the reply delivered; null and why.
Process* answer(Process& self, ProcessId to, UserRange message, native::Error& error) {
    Process* caller = find_process(to);
    error = caller ? native::kNotWaiting : native::kGone;
    if (!caller || caller->waiting != Waiting::Reply || caller->partner != &self) return nullptr;
    error = native::kTooLong;
    return deliver(self, message, *caller, caller->buffer) ? caller : nullptr;
}

} // namespace

// A server that waits gets the request at once, and the processor with it, past the run queue: its own
// outcome is what receive() gives. One that does not wait finds the caller among its callers when it
// receives. Either way the outcome here is the reply's. A request that does not fit where the server waits
// is kTooLong, and then nothing has happened.
Outcome call(Process& self, ProcessId to, UserRange request, UserRange reply) {
    Process* server = find_process(to);
    if (!server || server == &self || !server->thread) return {native::kGone};
    // <lab2:message request, reply>
    self.request = request;
    self.buffer = reply;
    if (server->waiting != Waiting::Sender) {
        self.waiting = Waiting::Receiver;
        self.partner = server;
        server->callers.push_back(self);
        return wait_for_outcome(self);
    }
    if (!deliver(self, request, *server, server->buffer)) return {native::kTooLong};
    self.waiting = Waiting::Reply;
    self.partner = server;
    complete(*server, request_from(self), Wake::No);
    return wait_for_outcome(self, *server);
    // </lab2:message>
}

Outcome receive(Process& self, UserRange buffer) {
    Outcome taken;
    if (take_request(self, buffer, taken)) return taken;
    await_request(self, buffer);
    return wait_for_outcome(self);
}

Outcome reply(Process& self, ProcessId to, std::int32_t status, UserRange message) {
    native::Error error;
    Process* caller = answer(self, to, message, error);
    if (!caller) return {error};
    complete(*caller, {status, message.bytes});
    return {};
}

Outcome reply_receive(Process& self, ProcessId to, std::int32_t status, UserRange message,
                      UserRange buffer) {
    native::Error error;
    Process* caller = answer(self, to, message, error);
    if (!caller) return {error};
    Outcome taken;
    bool more = take_request(self, buffer, taken);
    complete(*caller, {status, message.bytes}, more ? Wake::Yes : Wake::No);
    if (more) return taken;
    await_request(self, buffer);
    return wait_for_outcome(self, *caller);
}

Outcome wait_for_child(Process& self, ProcessId id) {
    Process* child = process_table[id % kMostProcesses];
    if (!child || child->id != id || child->parent != &self) return {native::kGone};
    if (child->state != Process::State::Ended) {
        self.waiting = Waiting::Child;
        self.partner = child;
        wait_for_outcome(self);
    }
    Outcome outcome{static_cast<std::int32_t>(child->end),
                    static_cast<std::uint32_t>(child->status)};
    reap_process(*child);
    return outcome;
}

// Each that waits for this one, as its client or as its parent, goes on with kGone.
void leave_rendezvous(Process& process) {
    process.caller_link.unlink();
    process.waiting = Waiting::Nothing; // nobody wakes it any more
    process.partner = nullptr;
    for_each_process([&](Process& other) {
        if (other.partner != &process) return;
        // <lab2:kill>
        other.caller_link.unlink();
        complete(other, {native::kGone}); // a parent finds the child ended
        // </lab2:kill>
    });
}

} // namespace singlet::kern
