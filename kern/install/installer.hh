// Installing while others run. To decode, verify and compile a program takes long, and kernel code
// is not preemptible; so a thread of the kernel's does it one program after the other, on a stack
// outside its kernel stack, as SIP code runs: interrupts on, its turn over when the timer says so.
// Whatever it shares with others (the kernel heap) shuts interrupts out for itself; linking and
// sealing, which are short, are done with interrupts off.
#pragma once
#include "kern/install/image.hh"
#include "kern/ipc/owned.hh"
#include "kern/proc/sip.hh"
#include "lib/core/list.hh"

namespace singlet::kern {

struct Installation {
    Installation(std::string program_name, Owned& bytes, Sip& sip)
        : name(std::move(program_name)), file(&bytes), requester(&sip), waiter(sip.thread) {}
    ~Installation(); // gives the file back

    std::string name;
    Owned* file;    // a vector in region 0 that nobody holds
    Sip* requester; // null: it died meanwhile
    Thread* waiter; // the requester's that waits; it lives as long as that
    bool done = false;
    ProgramRef program; // set when done, or else the refusal is
    ImageRef image;
    std::string refusal;
    ListLink link;
};

/// Queues it; the requester is woken when it is done, and deletes it.
void begin_installation(Installation& installation);
/// Its requester is gone: it is dropped now, or when the installer is through with it.
void abandon_installation(Installation& installation);
/// Waits until the installer has nothing left to do. Not for SIPs.
void finish_installing();

} // namespace singlet::kern
