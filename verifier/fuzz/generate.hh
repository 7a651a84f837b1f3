// Whole modules out of choices, nearly all of which the verifier accepts. Each ends by itself: loops count down, calls
// have fuel. Some wait for ever (a deadlock the interpreter sees) or trap; most come to their end and have printed what they
// computed.
#pragma once

#include "verifier/fuzz/choices.hh"
#include "verifier/module.hh"

namespace singlet::fuzz {

verifier::Module generate(Choices& choices);

// Makes one to three small changes to the code or to what it refers to. Most are mistakes.
void spoil(verifier::Module& module, Choices& choices);

} // namespace singlet::fuzz
