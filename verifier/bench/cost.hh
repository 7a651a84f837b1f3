// What an installation costs, counted and not timed: work, heap, requests to the heap. Equal on every machine of one word size.
#pragma once

#include <string>

namespace singlet::verifier {

/// One line of JSON on the standard output for a module.
void print_cost(const std::string& path);

} // namespace singlet::verifier
