// From a program to a running SIP, for whoever starts one: the boot, or a SIP that holds Processes.
// Where the SIP lives goes by the name under which it is started [policy.hh] and never by what the
// program says of itself. What its manifest asks for is checked before anything is made.
#pragma once
#include "kern/proc/sip.hh"

namespace singlet::kern {

/// Compiles the program for the place where a SIP of that name lives, or finds what was compiled.
Installed<ImageRef> image_at_place(const ProgramRef& program, std::string_view name,
                                   Starter starter);

/// A SIP with memory of its own, not yet started and granted nothing.
SipResult<Sip*> create_instance(const ProgramRef& program, std::string name, Starter starter);
/// Grants what is not given yet and starts it. After an error the SIP can only be reaped.
SipResult<void> start_instance(Sip& sip);
/// Gives an endpoint that nobody holds to a SIP that was not started, for the first parameter that
/// it fits. False: there is none, and it still belongs to nobody.
bool give_endpoint(Sip& sip, Endpoint& endpoint);

/// Takes what has ended off the list of SIPs, but not `keep`, and drops domains without a SIP.
/// In the kernel's domain only.
void reap_ended(const Sip* keep);

/// While it lives, the processor runs in the kernel's own page tables, which reach every SIP: for
/// kernel calls that touch another SIP than the one that called.
class InKernelDomain {
public:
    InKernelDomain() { enter_kernel_domain(); }
    ~InKernelDomain() { running_sip->domain->enter(); }
    InKernelDomain(const InKernelDomain&) = delete;
    InKernelDomain& operator=(const InKernelDomain&) = delete;
};

} // namespace singlet::kern
