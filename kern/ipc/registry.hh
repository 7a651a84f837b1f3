// Modules are compiled apart, but a struct or a contract that two of them declare alike must be the
// same thing to the kernel, or they could not talk. A declaration is written out as text, with all
// that it refers to behind it, each by its number (types may be recursive); equal texts are one
// ExchangeType or Contract. They are never freed, since a block may outlive the program that declared
// it; so what is kept of all programs together is bounded, and who would be beyond it is not installed.
#pragma once
#include "kern/ipc/channel.hh"
#include "verifier/verify.hh"
#include <memory>
#include <string>
#include <vector>

namespace singlet::kern {

class TypeRegistry {
public:
    static constexpr std::uint64_t kMostKept = 32u << 20; // bytes written out

    const ExchangeType* exchange_type(const verifier::Module& module, std::size_t index);
    // <since lab6>
    const Contract* contract(const verifier::Verified& verified, std::size_t index);
    /// The same from bare parts, for tests.
    const Contract* contract(const verifier::Module& module, std::size_t index,
                             verifier::ContractFacts facts);
    // </since>

    /// No more than this many bytes are written out for all declarations of the module.
    static std::uint64_t most_text(const verifier::Module& module);
    /// Can all of them be kept, if none was known before?
    bool has_room_for(const verifier::Module& module) const {
        return kept_ + most_text(module) <= kMostKept;
    }

    /// Is this one of ours? For callers at CPL 3.
    bool knows_type(const ExchangeType* type) const;
    bool knows_contract(const Contract* contract) const;
    /// Its name; empty if it is not ours.
    std::string_view name_of(const Contract& contract) const;

private:
    struct KnownType {
        std::string text;
        std::vector<std::uint16_t> offsets;
        ExchangeType type;
    };
    struct KnownContract {
        std::string text, name;
        std::vector<Contract::Message> messages;
        Contract contract;
    };
    std::uint64_t kept_ = 0; // bytes written out
    std::vector<std::unique_ptr<KnownType>> types_;
    std::vector<std::unique_ptr<KnownContract>> contracts_;
};

} // namespace singlet::kern
