// The explanation as a JSON value, for json.cc and the page.
#pragma once

#include <nlohmann/json.hpp>

#include "verifier/explain/explain.hh"

namespace singlet::verifier::explain {

// Code of blocks that no visit of the record's history came to is left out if `shown_only`.
nlohmann::ordered_json json_value(const Subject& subject, const Report& report, bool shown_only);

} // namespace singlet::verifier::explain
