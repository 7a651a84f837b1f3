// What a manifest asks for and gets, or the sentence why not [Seal]. A SIP is told nothing that it
// did not declare, and nothing is given twice. Ports that would let a driver reach memory or other
// devices behind the verifier's back (interrupt controllers, PCI configuration, bus-master DMA) are
// on no list.
#pragma once
#include "kern/proc/sip.hh"
#include "verifier/verify.hh"

namespace singlet::kern {

/// Grants one resource; the word is the entry function's parameter.
SipResult<Word> grant(Sip& sip, const verifier::Resource& resource);

/// Must there be somebody now who serves what the manifest imports, or is that seen at the start?
enum class Services : bool { Later, Now };
/// Why a SIP with this manifest could not run, before anything is made for it: hardware that others
/// have or that nobody is given, contracts that somebody serves already, or nobody does.
SipResult<void> check_manifest(const verifier::Verified& verified, std::string_view name,
                               Starter starter, Services services);

/// Takes back all that `sip` was granted; called once, as it ends, before its exchange memory goes.
void revoke_grants(Sip& sip);

} // namespace singlet::kern
