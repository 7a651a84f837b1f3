#include "kern/ipc/registry.hh"

#include <algorithm>

namespace singlet::kern {

namespace {

using verifier::Kind;
using verifier::Module;
using verifier::Side;
using verifier::Type;

// Writes declarations out; each struct and contract in full where it first occurs.
class Writer {
public:
    explicit Writer(const Module& module) : module_(module) {}

    void structure(std::size_t index) {
        if (!once('S', index)) return;
        const verifier::Struct& s = module_.structs[index];
        name(s.name);
        for (const verifier::Field& f : s.fields) {
            name(f.name);
            type(module_.types[f.type]);
        }
        text += '}';
    }

    void contract(std::size_t index) {
        if (!once('C', index)) return;
        const verifier::Contract& c = module_.contracts[index];
        name(c.name);
        for (const auto& message : c.messages) {
            text += message.direction == verifier::Contract::Direction::In ? '?' : '!';
            name(message.name);
            for (verifier::TypeIndex a : message.args)
                type(module_.types[a]);
        }
        for (const auto& state : c.states) {
            text += ';';
            for (const auto& t : state.transitions) {
                number(t.message);
                number(t.next);
            }
        }
        text += '}';
    }

    std::string text;

private:
    void type(const Type& t) {
        number(static_cast<std::uint32_t>(t.kind) * 2 + t.nullable);
        if (t.kind == Kind::Own) structure(t.index);
        if (t.kind == Kind::Vec) type(module_.types[t.index]);
        if (t.kind != Kind::Endpoint) return;
        text += t.side == Side::Importer ? 'i' : 'e';
        number(t.state);
        contract(t.index);
    }
    bool once(char what, std::size_t index) {
        std::pair<char, std::size_t> item(what, index);
        auto found = std::ranges::find(seen_, item);
        text += what;
        if (found != seen_.end()) {
            text += '#';
            number(static_cast<std::uint32_t>(found - seen_.begin()));
            return false;
        }
        seen_.push_back(item);
        text += '{';
        return true;
    }
    void name(const std::string& n) {
        number(static_cast<std::uint32_t>(n.size()));
        text += n;
    }
    void number(std::uint32_t n) {
        char digits[11];
        int length = 0;
        do
            digits[length++] = static_cast<char>('0' + n % 10);
        while (n /= 10);
        while (length)
            text += digits[--length];
        text += ' ';
    }

    const Module& module_;
    std::vector<std::pair<char, std::size_t>> seen_;
};

std::uint32_t size_of(Kind kind) {
    return kind == Kind::U8 ? 1 : kind == Kind::U16 ? 2 : kind == Kind::I64 ? 8 : 4;
}

Contract::Message message_form(const Module& module, const verifier::Contract::Message& message) {
    Contract::Message form;
    form.to_exporter = message.direction == verifier::Contract::Direction::In;
    for (verifier::TypeIndex a : message.args) {
        const Type& type = module.types[a];
        if (is_linear(type.kind)) form.owned |= static_cast<std::uint16_t>(1u << form.words);
        form.words += type.kind == Kind::I64 ? 2 : 1;
    }
    return form;
}

template <class List>
auto* find(const List& list, const std::string& text) {
    auto found = std::ranges::find_if(list, [&](const auto& k) { return k->text == text; });
    return found == list.end() ? nullptr : found->get();
}

} // namespace

const ExchangeType* TypeRegistry::exchange_type(const Module& module, std::size_t index) {
    Writer writer(module);
    writer.structure(index);
    if (auto* known = find(types_, writer.text)) return &known->type;
    auto added = std::make_unique<KnownType>();
    added->text = std::move(writer.text);
    std::uint32_t offset = 0; // [lib/rt/layout.hh]
    for (const verifier::Field& field : module.structs[index].fields) {
        Kind kind = module.types[field.type].kind;
        std::uint32_t size = size_of(kind), alignment = std::min(size, 4u);
        offset = (offset + alignment - 1) & ~(alignment - 1);
        if (is_linear(kind)) added->offsets.push_back(static_cast<std::uint16_t>(offset));
        offset += size;
    }
    added->type = {.size = (offset + 3) & ~3u, .owned = added->offsets};
    types_.push_back(std::move(added));
    return &types_.back()->type;
}

const Contract* TypeRegistry::contract(const verifier::Verified& verified, std::size_t index) {
    return contract(verified.module(), index, verified.contract(index));
}

const Contract* TypeRegistry::contract(const Module& module, std::size_t index,
                                       verifier::ContractFacts facts) {
    Writer writer(module);
    writer.contract(index);
    if (auto* known = find(contracts_, writer.text)) return &known->contract;
    auto added = std::make_unique<KnownContract>();
    added->text = std::move(writer.text);
    Contract& contract = added->contract;
    for (const auto& message : module.contracts[index].messages) {
        Contract::Message form = message_form(module, message);
        std::uint8_t& most = contract.slot_words[form.to_exporter];
        most = std::max(most, form.words);
        added->messages.push_back(form);
    }
    contract.messages = added->messages;
    contract.bound[0] = facts.bound_to_importer;
    contract.bound[1] = facts.bound_to_exporter;
    contracts_.push_back(std::move(added));
    return &contracts_.back()->contract;
}

bool TypeRegistry::knows_type(const ExchangeType* type) const {
    return std::ranges::any_of(types_, [&](const auto& known) { return &known->type == type; });
}
bool TypeRegistry::knows_contract(const Contract* contract) const {
    return std::ranges::any_of(contracts_,
                               [&](const auto& known) { return &known->contract == contract; });
}

} // namespace singlet::kern
