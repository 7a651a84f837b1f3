// contract.handover: endpoints where they may be sent, in messages and in the fields of structs. What `wrap` makes an `any` is
// transfer_channels.cc's business. A struct is checked whether it is ever sent or not.
#include "lib/core/try.hh"
#include "verifier/contracts.hh"
#include "verifier/text.hh"

namespace singlet::verifier {
namespace {

// What is wrong with it, as the end of a sentence that says what must be; empty if nothing is.
std::string hand_over_problem(const Module& module, const std::vector<ContractFacts>& facts,
                              Type type, const char* because) {
    if (safe_to_hand_over(facts, type)) return {};
    const std::string text = type_text(module, type);
    if (!sends_next(module, type) || receives_next(module, type))
        return " must be an endpoint that " +
               std::string(sends_next(module, type) ? "only sends" : "sends") + " next" + because +
               ", but " + text + " can " + next_steps_text(module, type);
    return " must be an endpoint that nothing waits for" + std::string(because) +
           ", but there may be messages for " + text;
}

Result check_messages(const Module& module, const std::vector<ContractFacts>& facts) {
    for (const Contract& contract : module.contracts)
        for (const auto& message : contract.messages)
            for (std::size_t i = 0; i < message.args.size(); ++i) {
                auto problem = hand_over_problem(module, facts, module.types[message.args[i]], "");
                if (!problem.empty())
                    return refuse(Rule::ContractHandover,
                                  "argument " + number_text(i) + " of message " + message.name +
                                      " of contract " + contract.name + problem);
            }
    return {};
}

Result check_fields(const Module& module, const std::vector<ContractFacts>& facts) {
    for (const Struct& s : module.structs)
        for (const Field& field : s.fields) {
            auto problem = hand_over_problem(module, facts, module.types[field.type],
                                             ", because the struct can be sent");
            if (!problem.empty())
                return refuse(Rule::ContractHandover,
                              "field " + field.name + " of struct " + s.name + problem);
        }
    return {};
}

} // namespace

bool safe_to_hand_over(const std::vector<ContractFacts>& contracts, Type type) {
    if (type.kind != Kind::Endpoint) return true; // whatever `any` is, wrap has looked at it
    return contracts[type.index].hand_over[static_cast<std::size_t>(type.side)][type.state];
}

Result check_handover(const Module& module, const std::vector<ContractFacts>& facts) {
    TRY(check_messages(module, facts));
    return check_fields(module, facts);
}

} // namespace singlet::verifier
