// Messages between C++ processes, as microkernels have them: synchronous, and copied. A client calls a
// server and waits for its reply; a server receives one request after the other. Nothing is queued but
// callers, so nothing is allocated, and a message is copied once: from the sender's memory straight to
// the receiver's, when both are there.
//
//   client:  call ----> Receiver ----> Reply ----> goes on       (Process::Waiting)
//                          | received    | replied
//   server:           receive ----> ... reply      receive: Sender while nobody calls
//
// A message is delivered whole or not at all. A processor that a message frees its receiver for goes
// straight to the receiver.
#pragma once
#include "kern/native/process.hh"

namespace singlet::kern {

// Each is its system call [system_calls.def]; the ranges were allowed before.
Outcome call(Process& self, ProcessId to, UserRange request, UserRange reply);
Outcome receive(Process& self, UserRange buffer);
Outcome reply(Process& self, ProcessId to, std::int32_t status, UserRange message);
Outcome reply_receive(Process& self, ProcessId to, std::int32_t status, UserRange message,
                      UserRange buffer);
Outcome wait_for_child(Process& self, ProcessId child);

/// A process has ended: those who wait for it are told.
void leave_rendezvous(Process& process);

} // namespace singlet::kern
