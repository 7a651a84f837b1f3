// Pass 2: what a module says outside its code makes sense. Each check is one property; together they give the later
// passes a type table in which equal types are equal indices, layouts whose zeroed fields are valid values, signatures
// that callers and callees read alike, contracts with finite queues, and an entry whose parameters are the manifest's.
#pragma once

#include "verifier/program.hh"

namespace singlet::verifier {

// type.table: inner types come first (so there is no cycle), nesting is limited, nothing stands there twice, elements are
// of a kind that may be inside.
Result check_type_table(const Module& module);

// type.layout: a field or element can be stored where it is, and zero is one of its values.
Result check_layouts(const Module& module);

// type.signature: parameters and results of functions and methods.
Result check_signatures(const Module& module);

// type.interface: methods belong to interfaces, and each class implements those it lists exactly once.
Result check_interfaces(const Module& module);

// <since lab6>
// contract.*: and how long the queues are.
Checked<std::vector<ContractFacts>> check_contracts(const Module& module);
// </since>

// import.kernel: and which kernel call each import is.
Checked<std::vector<std::uint16_t>> check_imports(const Module& module,
                                                  const Environment& environment);

// manifest: the entry function takes what the manifest asks for.
Result check_manifest(const Module& module);

// A value of the type as a register holds it: U8 and U16 are I32 there, and a lent endpoint or set knows its parameter.
Type register_type(const Module& module, TypeIndex type);

} // namespace singlet::verifier
