// Functions in .sasm: labels, line numbers, and instructions by the roles that isa.def gives their fields.
#include <unordered_map>

#include "lib/core/try.hh"
#include "verifier/asm_parser.hh"

namespace singlet::verifier {

Parsed<void> Parser::function(Function& f) {
    f_ = &f;
    labels_.clear();
    fixups_.clear();
    f.params = TRY(type_list());
    f.result = TRY(result());
    highest_register_ = f.params.empty() ? 0 : static_cast<std::uint32_t>(f.params.size()) - 1;
    TRY(expect("{"));
    bool counted = false;
    while (!take("}")) {
        if (!peek().begins_line) return expected("the end of the line");
        if (peek(1).text == ":" && peek(1).kind == Token::Kind::Punctuation) {
            begin_block(TRY(name("a label")));
            at_++;
        } else if (take_word("regs")) {
            f.registers =
                static_cast<std::uint16_t>(TRY(number("a number of registers", 0, 0xffff)));
            counted = true;
        } else if (take_word("line")) {
            auto line = static_cast<std::uint32_t>(TRY(number("a line number", 0, 0xffffffff)));
            f.lines.push_back({static_cast<std::uint32_t>(f.code.size()), line});
        } else if (take_word("source")) {
            f.source = static_cast<std::uint16_t>(TRY(number("the number of a source", 0, 0xffff)));
        } else if (take_word("table")) {
            TRY(at("{") ? select_table() : switch_table());
        } else {
            TRY(instruction());
        }
    }
    if (!counted) f.registers = static_cast<std::uint16_t>(highest_register_ + 1);
    return resolve_labels();
}

Number Parser::function_called(const std::string& name) const {
    const auto found = functions_.find(name);
    return found == functions_.end() ? Number{} : Number{found->second};
}

void Parser::begin_block(std::string name) {
    labels_.push_back({std::move(name), static_cast<std::uint16_t>(f_->blocks.size())});
    f_->blocks.push_back(static_cast<std::uint32_t>(f_->code.size()));
}

Parsed<void> Parser::instruction() {
    if (f_->blocks.empty()) begin_block(""); // the first block needs no label
    if (own_lines_) {
        std::uint32_t line = peek().line;
        if (f_->lines.empty() || f_->lines.back().line != line)
            f_->lines.push_back({static_cast<std::uint32_t>(f_->code.size()), line});
    }
    const auto known = mnemonics_.find(peek().text);
    if (peek().kind != Token::Kind::Name || known == mnemonics_.end())
        return expected("an instruction");
    const Mnemonic& mnemonic = known->second;
    at_++;
    Instruction i{.op = mnemonic.op, .a = 0, .b = 0, .c = 0, .imm = 0};
    const OpcodeInfo* op = &info(i.op);
    if (op->imm == Immediate::Alu || op->imm == Immediate::Cond) i.imm = mnemonic.sub;
    bool first = true;
    TRY(operand(op->a, i.a, first, i));
    TRY(operand(op->b, i.b, first, i));
    if (mnemonic.with_number && at(",") && peek(1).kind == Token::Kind::Number) {
        i = {.op = *mnemonic.with_number, .a = i.a, .b = i.b, .c = mnemonic.sub, .imm = 0};
        op = &info(i.op);
    }
    TRY(operand(op->c, i.c, first, i));
    TRY(immediate(i, first));
    f_->code.push_back(i);
    return {};
}

Parsed<void> Parser::comma(bool& first) {
    if (!std::exchange(first, false)) return expect(",");
    return {};
}

Parsed<std::uint8_t> Parser::reg() {
    const Token& t = peek();
    std::uint32_t n = 0;
    bool good = t.kind == Token::Kind::Name && t.text[0] == 'r' && t.text.size() > 1 &&
                t.text.size() < 5 && (t.text[1] != '0' || t.text.size() == 2);
    for (std::size_t i = 1; good && i < t.text.size(); i++) {
        good = t.text[i] >= '0' && t.text[i] <= '9';
        n = n * 10 + static_cast<std::uint32_t>(t.text[i] - '0');
    }
    if (!good || n > 255) return expected("a register (r0 to r255)");
    at_++;
    highest_register_ = std::max(highest_register_, n);
    return static_cast<std::uint8_t>(n);
}

Parsed<void> Parser::operand(Role role, std::uint8_t& value, bool& first, Instruction& i) {
    if (role == Role::_ || role == Role::Sub) return {};
    TRY(comma(first));
    if (role != Role::N) {
        value = TRY(reg());
    } else if (i.op == Opcode::BrIs) {
        std::uint32_t offset = peek().offset;
        auto n = TRY(reference("a class", [&](auto c) { return find_class(m_, c); }));
        if (n > 255) return error(offset, "expected one of the first 256 classes");
        value = static_cast<std::uint8_t>(n);
    } else {
        value = static_cast<std::uint8_t>(TRY(number("a number", 0, 255)));
    }
    return {};
}

Parsed<void> Parser::immediate(Instruction& i, bool& first) {
    const Immediate role = info(i.op).imm;
    if (role == Immediate::_ || role == Immediate::Alu || role == Immediate::Cond) return {};
    const std::size_t pc = f_->code.size();
    if (role != Immediate::Select || !at("{")) TRY(comma(first));
    switch (role) {
    case Immediate::_:
    case Immediate::Alu:
    case Immediate::Cond:
        break;
    case Immediate::Int:
        i.imm = static_cast<std::uint32_t>(TRY(number("a number", -0x80000000ll, 0xffffffff)));
        break;
    case Immediate::Width:
    case Immediate::Trap:
        i.imm = static_cast<std::uint32_t>(TRY(number("a number", 0, 0xffffffff)));
        break;
    case Immediate::Block:
        return label(Use::Block, pc);
    case Immediate::Targets:
        TRY(label(Use::True, pc));
        TRY(expect(","));
        return label(Use::False, pc);
    case Immediate::Str:
        if (peek().kind == Token::Kind::String) {
            const std::string& text = tokens_[at_++].text;
            Number n = find_string(m_, text);
            if (!n) m_.strings.push_back(text);
            i.imm = n.value_or(static_cast<std::uint32_t>(m_.strings.size() - 1));
        } else {
            i.imm = TRY(reference("a string", [](auto) { return Number{}; }));
        }
        break;
    case Immediate::Type:
        i.imm = TRY(type());
        break;
    case Immediate::Class:
        i.imm = TRY(reference("a class", [&](auto n) { return find_class(m_, n); }));
        break;
    case Immediate::Struct:
        i.imm = TRY(reference("a struct", [&](auto n) { return find_struct(m_, n); }));
        break;
    case Immediate::Field:
        i.imm = TRY(reference("a field as Class.field", [&](auto n) { return find_field(m_, n); }));
        break;
    case Immediate::Func:
        i.imm = TRY(reference("a function", [&](auto n) { return function_called(n); }));
        break;
    case Immediate::Import:
        if (peek().kind == Token::Kind::Name && !find_import(m_, peek().text))
            m_.imports.push_back({peek().text}); // used is imported
        i.imm = TRY(reference("a kernel call", [&](auto n) { return find_import(m_, n); }));
        break;
    case Immediate::Method:
        i.imm = TRY(
            reference("a method as Interface.method", [&](auto n) { return find_method(m_, n); }));
        break;
    case Immediate::Contract:
        i.imm = TRY(reference("a contract", [&](auto n) { return find_contract(m_, n); }));
        break;
    case Immediate::Msg:
        i.imm = TRY(reference("a message as Contract.Message",
                              [&](auto n) { return find_message(m_, n); }));
        break;
    case Immediate::Select:
        i.imm = TRY(select_table());
        break;
    case Immediate::Switch:
        i.imm = TRY(switch_table());
        break;
    }
    return {};
}

// { case 0 Contract.Message r1, 1 closed -> label ... }, or #number of a table written before.
Parsed<std::uint32_t> Parser::select_table() {
    if (take("#")) return static_cast<std::uint32_t>(TRY(number("a table's number", 0, 0xffff)));
    TRY(expect("{"));
    const std::size_t number = f_->selects.size();
    SelectTable table;
    while (!take("}")) {
        if (!take_word("case")) return expected("case or '}'");
        SelectTable::Case c{.patterns = {}, .block = 0};
        if (!at("->")) do
                c.patterns.push_back(TRY(pattern()));
            while (take(","));
        TRY(expect("->"));
        TRY(label(Use::Select, number, table.cases.size()));
        table.cases.push_back(std::move(c));
    }
    f_->selects.push_back(std::move(table));
    return static_cast<std::uint32_t>(number);
}

Parsed<SelectTable::Pattern> Parser::pattern() {
    SelectTable::Pattern p{};
    p.operand = static_cast<std::uint8_t>(TRY(number("an operand's number", 0, 255)));
    const std::string name = peek().text;
    if (take_word("closed"))
        p.message = SelectTable::kClosed;
    else if (take_word("member"))
        p.message = SelectTable::kMember;
    else
        p.message = TRY(reference("closed, member, or a message as Contract.Message",
                                  [&](auto n) { return find_message(m_, n); }));
    if (p.message != SelectTable::kClosed && peek().kind == Token::Kind::Name) p.first = TRY(reg());
    for (const Contract& c : m_.contracts) // the message's arguments take the registers that follow
        if (name.starts_with(c.name + ".") &&
            find_message_of(c, name.substr(c.name.size() + 1)) == p.message)
            highest_register_ = std::max<std::uint32_t>(
                highest_register_,
                static_cast<std::uint32_t>(
                    p.first + std::max<std::size_t>(c.messages[p.message].args.size(), 1)) -
                    1);
    return p;
}

// [label, ..., label], or #number of a table written before.
Parsed<std::uint32_t> Parser::switch_table() {
    if (take("#")) return static_cast<std::uint32_t>(TRY(number("a table's number", 0, 0xffff)));
    TRY(expect("["));
    const std::size_t number = f_->switches.size();
    std::vector<std::uint16_t> table;
    if (!at("]")) do {
            TRY(label(Use::Switch, number, table.size()));
            table.push_back(0);
        } while (take(","));
    TRY(expect("]"));
    f_->switches.push_back(std::move(table));
    return static_cast<std::uint32_t>(number);
}

Parsed<void> Parser::label(Use use, std::size_t at, std::size_t entry) {
    std::uint32_t offset = peek().offset;
    fixups_.push_back({TRY(name("a label")), offset, use, at, entry});
    return {};
}

Parsed<void> Parser::resolve_labels() {
    struct Named {
        std::uint16_t block;
        bool once;
    };
    std::unordered_map<std::string_view, Named> by_name;
    for (const Label& l : labels_) {
        auto [known, is_new] = by_name.try_emplace(l.name, Named{l.block, true});
        if (!is_new) known->second.once = false;
    }
    for (const Fixup& x : fixups_) {
        const auto found = by_name.find(x.name);
        if (found == by_name.end())
            return error(x.offset, "expected a label of this function, found " + x.name);
        if (!found->second.once)
            return error(x.offset, "the label " + x.name + " stands twice in this function");
        const std::uint16_t block = found->second.block;
        switch (x.use) {
        case Use::Block:
            f_->code[x.at].imm = block;
            break;
        case Use::True:
            f_->code[x.at].imm |= std::uint32_t{block} << 16;
            break;
        case Use::False:
            f_->code[x.at].imm |= block;
            break;
        case Use::Switch:
            f_->switches[x.at][x.entry] = block;
            break;
        case Use::Select:
            f_->selects[x.at].cases[x.entry].block = block;
            break;
        }
    }
    return {};
}

} // namespace singlet::verifier
