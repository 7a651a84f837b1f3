// What a manifest asks for and gets, or the sentence why not [Seal]. A SIP is told nothing that it
// did not declare, and nothing is given twice. Ports that would let a driver reach memory or other
// devices behind the verifier's back (interrupt controllers, PCI configuration, bus-master DMA) are
// on no list.
#pragma once
#include "kern/proc/sip.hh"
#include "verifier/module.hh"

namespace singlet::kern {

/// Grants one resource; the word is the entry function's parameter.
SipResult<Word> grant(Sip& sip, const verifier::Resource& resource);

/// Takes back all that `sip` was granted; called once, as it ends, before its exchange memory goes.
void revoke_grants(Sip& sip);

} // namespace singlet::kern
