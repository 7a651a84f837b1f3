// Channels. Messages and the operands of a select lie in the frame's outgoing words; the kernel gets
// their address.
#include "verifier/x86/lower.hh"

namespace singlet::verifier::x86 {

std::uint32_t Lowering::pattern_words(const SelectTable::Pattern& pattern,
                                      const ChannelTypes& channel) const {
    std::uint32_t words = 0;
    for (const auto& t : pattern_types(module_, pattern, channel))
        words += t.kind == Kind::I64 ? 2 : 1;
    return words;
}

// Argument `word` <- the address of outgoing word `of`. By EAX, which the call destroys anyway: all
// that was to be passed is in memory by now.
void Lowering::address_of(std::uint32_t word, std::uint32_t of) {
    as_.lea(Reg::EAX, frame(of));
    as_.mov(frame(word), Reg::EAX);
}

void Lowering::channel(const Instruction& i) {
    address_of(1, 2);
    as_.mov(frame(0), Operand::constant(0, {true, Relocation::What::Contract, i.imm}));
    give_back();
    insist(Service::Channel);
    auto importer = define(i.a), exporter = define(i.b);
    // What lives in memory first, through ECX, which the other may take afterwards.
    for (bool to_memory : {true, false})
        for (auto [to, word] : {std::pair{importer, 2u}, {exporter, 3u}}) {
            if (to.is_memory() != to_memory) continue;
            auto by = to_memory ? Reg::ECX : to.reg;
            as_.mov(by, frame(word));
            as_.mov(to, by);
        }
}

void Lowering::send(const Instruction& i) {
    null_check(i.b);
    const auto& channel = webs_.channel(pc_);
    const auto& message = module_.contracts[channel[0].index].messages[i.imm];
    argument(0, value(i.b));
    std::uint32_t word = 3;
    for (unsigned k = 0; k < message.args.size(); ++k) {
        auto r = i.c + k;
        argument(word++, value(r));
        if (module_.types[message.args[k]].kind == Kind::I64) argument(word++, high(r));
    }
    address_of(2, 3);
    as_.mov(frame(1), Operand::constant(static_cast<std::int32_t>(i.imm)));
    give_back();
    service(Service::Send);
}

void Lowering::unwrap(const Instruction& i) {
    const auto& type = module_.types[i.imm];
    argument(0, value(i.b));
    as_.mov(frame(1), Operand::constant(0, {true, Relocation::What::Contract, type.index}));
    as_.mov(frame(2), Operand::constant(static_cast<std::int32_t>(type.side)));
    give_back();
    service(Service::Unwrap);
    result(i.a);
}

void Lowering::set_new(const Instruction& i) {
    insist(Service::SetNew);
    result(i.a);
}

void Lowering::set_add(const Instruction& i) {
    null_check(i.a);
    argument(0, value(i.a));
    argument(1, value(i.b));
    give_back();
    service(Service::SetAdd);
}

std::uint32_t Lowering::select_table(const SelectTable& table, const ChannelTypes& channel) {
    auto at = builder_.data_size();
    auto add = [&](SelectEntry entry) { builder_.data_bytes(&entry, sizeof entry); };
    for (const auto& c : table.cases) {
        add({static_cast<std::uint16_t>(c.patterns.size()), 0, 0});
        std::uint32_t out = 0;
        for (const auto& p : c.patterns) {
            add({p.message, p.operand, static_cast<std::uint8_t>(out)});
            out += pattern_words(p, channel);
        }
    }
    add({kSelectEnd, 0, 0});
    return at;
}

void Lowering::select(const Instruction& i) {
    const auto& channel = webs_.channel(pc_);
    const auto& table = function_->selects[i.imm];
    for (unsigned k = 0; k < i.c; ++k) {
        null_check(i.b + k);
        argument(4 + k, value(i.b + k));
    }
    std::uint32_t out = 4u + i.c;
    address_of(2, 4);
    address_of(3, out);
    as_.mov(frame(0), Operand::constant(0, ImageBuilder::data(select_table(table, channel))));
    as_.mov(frame(1), Operand::constant(i.c));
    give_back();
    insist(Service::Select, kNoRoom);
    std::vector<Label> labels;
    for (std::size_t k = 0; k < table.cases.size(); ++k)
        labels.push_back(as_.label());
    if (labels.size() > 4) {
        jump_through(Reg::EAX, labels);
    } else {
        for (std::size_t k = 1; k < labels.size(); ++k) {
            as_.alu(Op::Cmp, Reg::EAX, Operand::constant(static_cast<std::int32_t>(k)));
            as_.jcc(Cc::E, labels[k]);
        }
    }
    auto next = next_;
    for (std::size_t k = 0; k < labels.size(); ++k) {
        if (k + 1 < labels.size())
            next_ = kNoBlock;
        else
            next_ = next;
        as_.bind(labels[k]);
        select_case(table.cases[k], channel, out);
        go_to(table.cases[k].block);
    }
}

// What the case brings goes to its block's registers: through ECX to those in memory, then to those in
// processor registers, one of which may be ECX.
void Lowering::select_case(const SelectTable::Case& c, const ChannelTypes& channel,
                           std::uint32_t out) {
    const auto& block = webs_.blocks()[webs_.position(c.block)];
    for (bool to_memory : {true, false}) {
        std::uint32_t word = out;
        for (const auto& pattern : c.patterns) {
            std::uint8_t r = pattern.first;
            for (const auto& t : pattern_types(module_, pattern, channel)) {
                auto web = webs_.at_entry(block, r++);
                std::uint32_t words = t.kind == Kind::I64 ? 2 : 1;
                auto from = word;
                word += words;
                if (web == kNoWeb) continue;
                if (place(web).is_memory() != to_memory) continue;
                for (std::uint32_t half = 0; half < words; ++half) {
                    auto to = half == 0 ? place(web) : high_place(web);
                    auto by = to_memory ? Reg::ECX : to.reg;
                    as_.mov(by, frame(from + half));
                    as_.mov(to, by);
                }
            }
        }
    }
}

} // namespace singlet::verifier::x86
