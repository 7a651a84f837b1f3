// A module without an index that leads nowhere. Files are decoded into one, and whoever makes a module in another way, as singc
// and the assembler do, asks for it here. It can be read and not be changed, so nobody has to ask again.
#pragma once

#include "verifier/diagnosis.hh"
#include "verifier/module.hh"

namespace singlet::verifier {

// Every table is within its limit, every opcode exists, unused fields are zero, every index and register exists, and the
// arguments of call, calli, copy and select lie inside the registers (those of send and callk depend on types
// that are not known yet). After it, no pass needs to look twice before it follows an index of the module, but
// for field and message numbers, whose class or contract is known from types only.
Checked<void> check_bounds(const Module& module);

class BoundedModule {
public:
    // Or what check_bounds() finds.
    static Checked<BoundedModule> create(Module module);

    operator const Module&() const { return module_; }
    const Module* operator->() const { return &module_; }
    // To be changed: nothing is known of it any more.
    Module release() && { return std::move(module_); }

private:
    explicit BoundedModule(Module module) : module_(std::move(module)) {}

    Module module_;
};

} // namespace singlet::verifier
