#include "verifier/dis.hh"

#include "verifier/asm_names.hh"

namespace singlet::verifier {

namespace {

// Whether the tables stand in the order in which the code uses them, each once: then they can be written at the
// instructions, and the assembler will number them the same.
bool in_order(const Function& f, Immediate role, std::size_t tables) {
    std::size_t next = 0;
    for (const Instruction& i : f.code)
        if (info(i.op).imm == role && i.imm != next++) return false;
    return next == tables;
}

class Disassembler {
public:
    explicit Disassembler(const Module& m) : m_(m) {}

    std::string run() {
        out_ += "source ";
        if (m_.sources.empty()) out_ += "\"\"";
        commas(m_.sources, [&](const std::string& s) { out_ += quoted(s); });
        out_ += "\n";
        list("strings", m_.strings.size(), 0, [&](std::size_t i) { return quoted(m_.strings[i]); });
        list("types", m_.types.size(), kFirstOwnType,
             [&](std::size_t i) { return type_entry(m_, static_cast<TypeIndex>(i)); });
        for (const Import& i : m_.imports)
            out_ += "import " + i.name + "\n";
        manifest();
        for (const Class& c : m_.classes)
            klass(c);
        for (const Method& x : m_.methods) {
            out_ += "method " + class_name(x.interface) + ": " + x.name;
            signature(x.params, x.result);
            out_ += "\n";
        }
        for (const Struct& s : m_.structs) {
            out_ += "\nstruct " + s.name + " {\n";
            fields(s.fields);
            out_ += "}\n";
        }
        for (const Contract& c : m_.contracts)
            contract(c);
        for (const Function& f : m_.functions)
            function(f);
        return std::move(out_);
    }

private:
    template <class Each>
    void list(const char* what, std::size_t count, std::size_t from, Each each) {
        if (count <= from) return;
        out_ += std::string(what) + " {\n";
        for (std::size_t i = from; i < count; i++)
            out_ += "    " + each(i) + (i + 1 < count ? ",\n" : "\n");
        out_ += "}\n";
    }
    template <class List, class Each>
    void commas(const List& items, Each each) {
        bool first = true;
        for (const auto& item : items) {
            if (!first) out_ += ", ";
            first = false;
            each(item);
        }
    }

    std::string class_name(std::uint16_t i) {
        return find_class(m_, m_.classes[i].name) == i ? m_.classes[i].name : hash(i);
    }
    std::string function_name(std::uint16_t i) {
        return find_function(m_, m_.functions[i].name) == i ? m_.functions[i].name : hash(i);
    }
    std::string contract_name(std::uint16_t i) {
        return find_contract(m_, m_.contracts[i].name) == i ? m_.contracts[i].name : hash(i);
    }

    void manifest() {
        constexpr const char* kWhat[] = {"endpoint", "ports", "irq", "dma", "processes"};
        const Manifest& x = m_.manifest;
        out_ += "\nsip " + x.sip + " {\n    entry " + function_name(x.entry) + "\n";
        if (x.memory_pages) out_ += "    memory " + std::to_string(x.memory_pages) + "\n";
        if (x.exchange_pages) out_ += "    exchange " + std::to_string(x.exchange_pages) + "\n";
        for (const Resource& r : x.resources) {
            out_ += std::string("    ") + kWhat[static_cast<int>(r.what)] + " " + r.name + ": " +
                    type_name(m_, r.type);
            if (r.first || r.count) out_ += " " + std::to_string(r.first);
            if (r.count) out_ += " + " + std::to_string(r.count);
            out_ += "\n";
        }
        for (auto e : x.exports)
            out_ += "    export " + contract_name(e) + "\n";
        out_ += "}\n";
    }

    void klass(const Class& c) {
        out_ += std::string("\n") + (c.is_interface ? "interface " : "class ") + c.name;
        if (!c.interfaces.empty()) out_ += ": ";
        commas(c.interfaces, [&](auto i) { out_ += class_name(i); });
        out_ += " {\n";
        fields(c.fields);
        for (const auto& i : c.implementations) {
            const Method& x = m_.methods[i.method];
            std::string name = m_.classes[x.interface].name + "." + x.name;
            out_ += "    implement " + (find_method(m_, name) == i.method ? name : hash(i.method)) +
                    " = " + function_name(i.function) + "\n";
        }
        out_ += "}\n";
    }

    void fields(const std::vector<Field>& fields) {
        for (const Field& f : fields)
            out_ += "    " + f.name + ": " + type_name(m_, f.type) + "\n";
    }

    void signature(const std::vector<TypeIndex>& params, TypeIndex result) {
        out_ += "(";
        commas(params, [&](TypeIndex t) { out_ += type_name(m_, t); });
        out_ += ")";
        if (result != kVoid) out_ += " -> " + type_name(m_, result);
    }

    void contract(const Contract& c) {
        out_ += "\ncontract " + c.name + " {\n";
        for (const auto& message : c.messages) {
            out_ += message.direction == Contract::Direction::In ? "    in " : "    out ";
            out_ += message.name;
            signature(message.args, kVoid);
            out_ += "\n";
        }
        for (const auto& state : c.states) {
            out_ += "    state " + (state.name.empty() ? "-" : state.name);
            if (!state.transitions.empty()) out_ += ": ";
            commas(state.transitions, [&](const auto& t) {
                const std::string& name = c.messages[t.message].name;
                out_ += (find_message_of(c, name) == t.message ? name : hash(t.message)) + " -> " +
                        state_name(c, t.next);
            });
            out_ += "\n";
        }
        out_ += "}\n";
    }

    void function(const Function& f) {
        out_ += "\nfunc " + f.name;
        signature(f.params, f.result);
        out_ += " {\n    regs " + std::to_string(f.registers) + "\n";
        if (f.source) out_ += "    source " + std::to_string(f.source) + "\n";
        bool selects = in_order(f, Immediate::Select, f.selects.size());
        bool switches = in_order(f, Immediate::Switch, f.switches.size());
        if (!selects)
            for (const auto& s : f.selects) {
                out_ += "    table ";
                select_table(s);
            }
        if (!switches)
            for (const auto& s : f.switches) {
                out_ += "    table ";
                switch_table(s);
            }
        std::size_t block = 0, line = 0;
        auto labels = [&](std::uint32_t pc) {
            while (block < f.blocks.size() && f.blocks[block] == pc)
                out_ += "b" + std::to_string(block++) + ":\n";
        };
        for (std::uint32_t pc = 0; pc < f.code.size(); pc++) {
            labels(pc);
            if (line < f.lines.size() && f.lines[line].pc == pc)
                out_ += "  line " + std::to_string(f.lines[line++].line) + "\n";
            instruction(f, f.code[pc], selects, switches);
        }
        labels(static_cast<std::uint32_t>(f.code.size()));
        out_ += "}\n";
    }

    void instruction(const Function& f, const Instruction& i, bool selects, bool switches) {
        std::string text = instruction_text(m_, f, i);
        const Immediate role = info(i.op).imm;
        bool with_table =
            (role == Immediate::Select && selects) || (role == Immediate::Switch && switches);
        if (with_table) text.resize(text.rfind('#')); // the table stands in place of its number
        if (with_table && role == Immediate::Select) text.replace(text.rfind(','), 2, " ");
        out_ += "    " + text;
        if (!with_table)
            out_ += "\n";
        else if (role == Immediate::Select)
            select_table(f.selects[i.imm]);
        else
            switch_table(f.switches[i.imm]);
    }

    void select_table(const SelectTable& s) {
        out_ += "{\n";
        for (const auto& c : s.cases) {
            out_ += "        case ";
            commas(c.patterns, [&](const SelectTable::Pattern& p) {
                out_ += std::to_string(p.operand) + " ";
                if (p.message == SelectTable::kClosed)
                    out_ += "closed";
                else
                    out_ += (p.message == SelectTable::kMember ? "member" : hash(p.message)) +
                            " r" + std::to_string(p.first);
            });
            out_ += " -> b" + std::to_string(c.block) + "\n";
        }
        out_ += "    }\n";
    }

    void switch_table(const std::vector<std::uint16_t>& blocks) {
        out_ += "[";
        commas(blocks, [&](auto b) { out_ += "b" + std::to_string(b); });
        out_ += "]\n";
    }

    const Module& m_;
    std::string out_;
};

} // namespace

std::string disassemble(const Module& module) { return Disassembler(module).run(); }

} // namespace singlet::verifier
