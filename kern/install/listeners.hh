// Where channels between SIPs begin. A SIP whose manifest asks for a *set* of exporting endpoints of
// a contract listens: each SIP started later that asks for the importing endpoint of that contract
// gets one end of a new channel, and the other end goes into the listener's set.
#pragma once
#include "kern/proc/sip.hh"
#include "verifier/module.hh"

namespace singlet::kern {

SipResult<Word> grant_endpoint(Sip& sip, const verifier::Resource& resource);
void drop_listeners(const Sip& sip);

} // namespace singlet::kern
