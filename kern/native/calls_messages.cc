// System calls that send and receive [rendezvous.hh]: what they name is checked here, before anything happens.
#include "kern/native/rendezvous.hh"
#include "kern/native/request.hh"

namespace singlet::kern {

Outcome do_call(const Request& request) {
    UserRange message = request.to_read(1), room = request.to_write(3);
    if (!request.message(1)) return {native::kTooLong};
    return call(request.self, request.process(0), message, room);
}

Outcome do_receive(const Request& request) { return receive(request.self, request.to_write(0)); }

Outcome do_reply(const Request& request) {
    UserRange message = request.to_read(2);
    if (!request.message(2)) return {native::kTooLong};
    return reply(request.self, request.process(0), static_cast<std::int32_t>(request[1]), message);
}

Outcome do_reply_receive(const Request& request) {
    UserRange message = request.to_read(2), buffer = request.to_write(4);
    if (!request.message(2)) return {native::kTooLong};
    return reply_receive(request.self, request.process(0), static_cast<std::int32_t>(request[1]),
                         message, buffer);
}

} // namespace singlet::kern
