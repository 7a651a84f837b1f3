// From a program to a running SIP, for whoever starts one.
// <since lab6>
// That is the boot, or a SIP that holds Processes. What a manifest asks for is checked before anything
// is made.
// </since>
// <since lab7>
// Where the SIP lives goes by the name under which it is started [policy.hh] and never by what the
// program says of itself.
// </since>
#pragma once
#include "kern/proc/sip.hh"

namespace singlet::kern {

// <since lab7>
/// Compiles the program for the place where a SIP of that name lives, or finds what was compiled.
Installed<ImageRef> image_at_place(const ProgramRef& program, std::string_view name,
                                   Starter starter);
// </since>

/// A SIP with memory of its own, not yet started.
// <since lab6 = SipResult<Sip*> create_instance(const ProgramRef& program, std::string name);>
SipResult<Sip*> create_instance(const ProgramRef& program, std::string name, Starter starter);
// </since>
/// Starts it, with what its manifest asks for. After an error the SIP can only be reaped.
SipResult<void> start_instance(Sip& sip);
// <since lab6>
/// Gives an endpoint that nobody holds to a SIP that was not started, for the first parameter that
/// it fits. False: there is none, and it still belongs to nobody.
bool give_endpoint(Sip& sip, Endpoint& endpoint);
// </since>

/// Takes what has ended off the list of SIPs, but not `keep`.
// <since lab7>
/// Drops domains without a SIP. In the kernel's domain only.
// </since>
void reap_ended(const Sip* keep);

// <since lab7>
/// While it lives, the processor runs in the kernel's own page tables, which reach every SIP: for
/// kernel calls that touch another SIP than the one that called.
class InKernelDomain {
public:
    InKernelDomain() { enter_kernel_domain(); }
    ~InKernelDomain() { running_sip->domain->enter(); }
    InKernelDomain(const InKernelDomain&) = delete;
    InKernelDomain& operator=(const InKernelDomain&) = delete;
};
// </since>

} // namespace singlet::kern
