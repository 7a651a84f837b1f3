#include "kern/ipc/registry.hh"

#include <algorithm>

namespace singlet::kern {

namespace {

using verifier::Kind;
using verifier::Module;
using verifier::Side;
using verifier::Type;

// Writes a declaration out, and then, one after the other, those that it refers to: not by recursion,
// since they may refer to each other a thousand deep.
class Writer {
public:
    explicit Writer(const Module& module)
        : module_(module), numbers_(module.structs.size() + module.contracts.size()) {}

    std::string structure(std::size_t index) { return all_from({'S', index}); }
    std::string contract(std::size_t index) { return all_from({'C', index}); }

private:
    struct Item {
        char what;
        std::size_t index;
    };

    std::string all_from(Item first) {
        reference(first);
        for (std::size_t n = 0; n < items_.size(); n++) {
            if (items_[n].what == 'S')
                write(module_.structs[items_[n].index]);
            else
                write(module_.contracts[items_[n].index]);
        }
        return std::move(text_);
    }

    void write(const verifier::Struct& s) {
        text_ += '{';
        name(s.name);
        for (const verifier::Field& f : s.fields) {
            name(f.name);
            type(module_.types[f.type]);
        }
        text_ += '}';
    }

    void write(const verifier::Contract& c) {
        text_ += '{';
        name(c.name);
        for (const auto& message : c.messages) {
            text_ += message.direction == verifier::Contract::Direction::In ? '?' : '!';
            name(message.name);
            for (verifier::TypeIndex a : message.args)
                type(module_.types[a]);
        }
        for (const auto& state : c.states) {
            text_ += ';';
            for (const auto& t : state.transitions) {
                number(t.message);
                number(t.next);
            }
        }
        text_ += '}';
    }

    void type(Type t) {
        number(static_cast<std::uint32_t>(t.kind) * 2 + t.nullable);
        if (t.kind == Kind::Vec) return type(module_.types[t.index]); // of scalars
        if (t.kind == Kind::Own) reference({'S', t.index});
        if (t.kind != Kind::Endpoint) return;
        text_ += t.side == Side::Importer ? 'i' : 'e';
        number(t.state);
        reference({'C', t.index});
    }
    // By its number, in order of first mention.
    void reference(Item item) {
        std::uint32_t& known =
            numbers_[item.index + (item.what == 'C' ? module_.structs.size() : 0)];
        if (!known) {
            items_.push_back(item);
            known = static_cast<std::uint32_t>(items_.size());
        }
        text_ += item.what;
        number(known);
    }
    void name(const std::string& n) {
        number(static_cast<std::uint32_t>(n.size()));
        text_ += n;
    }
    void number(std::uint32_t n) {
        char digits[11];
        int length = 0;
        do
            digits[length++] = static_cast<char>('0' + n % 10);
        while (n /= 10);
        while (length)
            text_ += digits[--length];
        text_ += ' ';
    }

    const Module& module_;
    std::vector<std::uint32_t> numbers_; // structs, then contracts; 0: not mentioned yet
    std::vector<Item> items_;            // as they were mentioned
    std::string text_;
};

std::uint32_t size_of(Kind kind) {
    return kind == Kind::U8 ? 1 : kind == Kind::U16 ? 2 : kind == Kind::I64 ? 8 : 4;
}

// <since lab6>
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
// </since>

template <class List>
auto* find(const List& list, const std::string& text) {
    auto found = std::ranges::find_if(list, [&](const auto& k) { return k->text == text; });
    return found == list.end() ? nullptr : found->get();
}

} // namespace

const ExchangeType* TypeRegistry::exchange_type(const Module& module, std::size_t index) {
    std::string text = Writer(module).structure(index);
    if (auto* known = find(types_, text)) return &known->type;
    auto added = std::make_unique<KnownType>();
    added->text = std::move(text);
    std::uint32_t offset = 0; // [lib/rt/layout.hh]
    for (const verifier::Field& field : module.structs[index].fields) {
        Kind kind = module.types[field.type].kind;
        std::uint32_t size = size_of(kind), alignment = std::min(size, 4u);
        offset = (offset + alignment - 1) & ~(alignment - 1);
        if (is_linear(kind)) added->offsets.push_back(static_cast<std::uint16_t>(offset));
        offset += size;
    }
    kept_ += added->text.size();
    added->type = {.size = (offset + 3) & ~3u, .owned = added->offsets};
    types_.push_back(std::move(added));
    return &types_.back()->type;
}

// <since lab6>
const Contract* TypeRegistry::contract(const verifier::Verified& verified, std::size_t index) {
    return contract(verified.module(), index, verified.contract(index));
}

const Contract* TypeRegistry::contract(const Module& module, std::size_t index,
                                       verifier::ContractFacts facts) {
    std::string text = Writer(module).contract(index);
    if (auto* known = find(contracts_, text)) return &known->contract;
    auto added = std::make_unique<KnownContract>();
    added->text = std::move(text);
    added->name = module.contracts[index].name;
    kept_ += added->text.size() + added->name.size();
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
// </since>

std::uint64_t TypeRegistry::most_text(const Module& module) {
    std::uint64_t all = 0, count = module.structs.size() + module.contracts.size();
    constexpr std::uint64_t kName = 11, kType = 64; // with what stands around them
    for (const verifier::Struct& s : module.structs) {
        all += s.name.size() + kName;
        for (const verifier::Field& f : s.fields)
            all += f.name.size() + kName + kType;
    }
    for (const verifier::Contract& c : module.contracts) {
        all += c.name.size() + kName;
        for (const auto& message : c.messages)
            all += message.name.size() + kName + kType * message.args.size();
        for (const auto& state : c.states)
            all += 1 + 2 * kName * state.transitions.size();
    }
    return count * all;
}

bool TypeRegistry::knows_type(const ExchangeType* type) const {
    return std::ranges::any_of(types_, [&](const auto& known) { return &known->type == type; });
}
std::string_view TypeRegistry::name_of(const Contract& contract) const {
    auto known = std::ranges::find_if(
        contracts_, [&](const auto& known) { return &known->contract == &contract; });
    return known == contracts_.end() ? std::string_view() : (*known)->name;
}
bool TypeRegistry::knows_contract(const Contract* contract) const {
    return std::ranges::any_of(contracts_,
                               [&](const auto& known) { return &known->contract == contract; });
}

} // namespace singlet::kern
