// Where channels between SIPs begin. A SIP whose manifest asks for a *set* of exporting endpoints of
// a contract listens: each SIP started later that asks for the importing endpoint of that contract
// gets one end of a new channel, and the other end goes into the listener's set.
#pragma once
#include "kern/install/grants.hh"

namespace singlet::kern {

SipResult<Word> grant_endpoint(Sip& sip, const verifier::Resource& resource);
/// What can be said of an endpoint before the SIP exists, and with Services::Now whether somebody
/// serves it: listens for clients, or exports the contract and announces itself elsewhere.
SipResult<void> check_endpoint(const Sip& sip, const verifier::Verified& verified,
                               const verifier::Resource& resource, Services services);
/// Is `endpoint` of the contract and the side that `resource` asks for?
bool is_endpoint_for(const verifier::Verified& verified, const verifier::Resource& resource,
                     const Endpoint& endpoint);

} // namespace singlet::kern
