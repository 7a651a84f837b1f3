// The module's tables while functions are being lowered: types, strings and imports are entered as they are met, so that the module
// holds what the program uses and nothing else changes its order.
#pragma once

#include <map>

#include "user/singc/symbols.hh"
#include "verifier/module.hh"
#include "verifier/verify.hh"

namespace singlet::singc {

class ModuleBuilder {
public:
    ModuleBuilder(const Program& program, verifier::Environment environment);

    // Everything but the functions' code: classes, contracts, the manifest ...
    void declarations(const std::vector<std::string>& files);

    verifier::TypeIndex type(const Type& type,
                             bool lent = false);   // of a register, parameter, result
    verifier::TypeIndex storage(const Type& type); // of a field or element
    std::uint32_t string(const std::string& bytes);
    std::uint32_t import(std::uint32_t kernel_call);

    verifier::Module& module() { return module_; }
    const Program& program() const { return program_; }

private:
    verifier::TypeIndex enter(const verifier::Type& type);
    verifier::Type plain(const Type& type);
    void sources(const std::vector<std::string>& files);
    void classes();
    void contracts();
    void manifest();

    const Program& program_;
    verifier::Environment environment_;
    verifier::Module module_;
    std::map<std::string, std::uint32_t> strings_;
    std::map<std::uint32_t, std::uint32_t> imports_;
    std::vector<std::uint16_t> source_of_file_; // file of the program -> entry of Module::sources
};

} // namespace singlet::singc
