// From one function's bytecode to x86, an instruction at a time. Each lowering reads its operands
// where the allocator put them, works in the result's register where it can, and borrows a free
// register for a moment where it must. Checks jump forward to the function's cold end. The parts are
// by instruction family: lower_*.cc.
#pragma once

#include <optional>

#include "verifier/x86/allocate.hh"
#include "verifier/x86/image.hh"

namespace singlet::verifier::x86 {

// One object serves many functions, one after the other: what it has of the heap, it keeps.
class Lowering {
public:
    Lowering(ImageBuilder& builder, const CompileOptions& options);
    void run(std::size_t function); // adds it to the image

private:
    // ---- lower.cc: blocks, places, registers for a moment
    struct Cold {
        Label at;
        rt::TrapReason reason;
        std::uint32_t line;
    };
    struct Point { // where the collector may find this function
        std::uint32_t at;
        std::uint32_t first_slot; // in slots_, up to the next one's
        std::uint8_t registers;
        std::uint8_t arguments = 0; // in registers, while there is no frame yet
        bool has_frame = true;
    };
    struct Move {
        Reg to;
        Operand from;
    };

    void lower();
    void find_entries();
    void emit_block(std::uint32_t k);
    void emit_instructions(const Block& block);
    void settle(std::uint32_t pc);          // what the instruction defines has been defined
    void instruction(const Instruction& i); // lower_instruction.cc
    void emit_cold();
    void finish();
    std::uint32_t line_of(std::uint32_t pc); // 0: none
    void note_line(std::uint32_t line);

    Operand place(WebIndex web) const; // of its low word
    Operand value(unsigned r) const { return place(cursor_.web(r)); }
    Operand high_place(WebIndex web) const; // of an I64
    Operand high(unsigned r) const { return high_place(cursor_.web(r)); }
    Operand half(unsigned r, unsigned which) const { return which == 0 ? value(r) : high(r); }
    Operand define(unsigned r) { return place(cursor_.define(r)); }
    const Web& web(unsigned r) const { return webs_.all()[cursor_.web(r)]; }
    const Type& type(unsigned r) const; // of an operand that is read
    bool is_wide(unsigned r) const { return web(r).wide; }
    static std::uint32_t words_of(const Module& module, std::span<const TypeIndex> types);

    // Registers for a moment: until the end of the instruction.
    Reg take(RegMask among = 0xff);
    bool any_free() const;
    Reg temporary(); // one borrowed register, the same each time
    void reserve(RegMask regs) { taken_ |= regs; }
    void give_back();
    // The operand itself if it is a suitable register, else a borrowed one that holds it.
    Reg in_register(Operand o, RegMask among = 0xff);
    // To memory or register, through a borrowed register if need be.
    void move(Operand to, Operand from);
    // Where to compute a result for `to`: its own register unless `avoid` still needs that.
    Reg target(Operand to, std::initializer_list<Operand> avoid, RegMask among = 0xff);
    void move_all(std::span<Move> moves);

    Label cold(rt::TrapReason reason);

    // ---- lower_frame.cc
    void measure();
    void prologue();
    void ask_for_stack();
    void parameters();
    void epilogue();
    Operand frame(std::uint32_t word) const {
        return Operand::memory(Reg::ESP, static_cast<std::int32_t>(4 * word));
    }
    std::uint32_t frame_words() const; // from ESP up to the return address
    NativeFunction shape(std::uint32_t begin, std::uint32_t end) const;
    void collector_point(std::span<const std::uint16_t> references = {});
    void write_maps();

    // ---- lower_flow.cc
    void branch(Cc cc, std::uint16_t if_true, std::uint16_t if_false);
    void go_to(std::uint16_t block);
    void jump(const Instruction& i);
    void branch_on_value(const Instruction& i);
    void branch_on_null(const Instruction& i);
    void branch_on_class(const Instruction& i);
    void switch_on(const Instruction& i);
    Operand table_entry(Reg selector, std::span<const Label> cases);
    void jump_through(Reg selector, std::span<const Label> cases);
    void return_value(const Instruction& i);
    void explicit_trap(const Instruction& i);
    bool worth_repeating(const Block& block) const;

    // ---- lower_integer.cc
    void alu(const Instruction& i);
    void alu_operands(AluOp op, Operand to, Operand b, Operand c);
    void shift(AluOp op, Operand to, Operand b, Operand c);
    unsigned rotation(const Block& block);
    void multiply(Operand to, Operand b, Operand c);
    void divide(AluOp op, Operand to, Operand b, Operand c);
    bool divide_by_constant(AluOp op, Operand to, Operand b, std::uint32_t c);
    Cc compare(Condition condition, Operand b, Operand c);
    void set_result(Cc cc, unsigned a, bool eax_is_free = false);
    void compare(const Instruction& i);
    void copy(const Instruction& i);
    void constant(const Instruction& i);

    // ---- lower_long.cc
    void long_alu(const Instruction& i);
    void long_halves(Op low, Op top, unsigned c); // EDX:EAX with c
    void long_multiply(unsigned c);
    void long_shift(AluOp op, Operand by);
    void long_divide(AluOp op, const Instruction& i);
    void load_pair(unsigned r);
    void long_result(unsigned a); // EDX:EAX to a
    Cc long_compare(const Instruction& i);
    void extend(const Instruction& i);
    void low_word(const Instruction& i);

    // ---- lower_checks.cc
    struct Fact { // the object is not null; if it is an array, index + room <= its length
        WebIndex object, index;
        std::uint64_t room;
        bool if_positive = false; // only if the index is not negative
    };
    void forget(WebIndex w); // it gets another value
    void learn(Fact fact);
    void facts_at_entry(std::uint32_t k);
    void learn_from_branch(const Block& before, const Block& block);
    bool must_check_null(unsigned r);
    bool must_check_bounds(unsigned array, WebIndex index, std::uint64_t room,
                           bool is_positive = false);
    Reg object(unsigned r); // the reference in a register, checked for null where it may be
    void null_check(unsigned r);
    Operand element(unsigned array, unsigned index, unsigned size);
    Operand bytes_in(unsigned array, unsigned index, unsigned width);

    // ---- lower_object.cc
    static constexpr std::int32_t kLengthOffset = 4; // of an array or string
    bool fold(unsigned a, Operand from);
    void load(unsigned a, Operand from, Kind kind);
    void store(Operand to, unsigned from, Kind kind);
    Kind element_kind(unsigned array) const;
    static unsigned storage_bytes(Kind kind);
    void load_field(const Instruction& i);
    void store_field(const Instruction& i);
    void length(const Instruction& i);
    void is_null(const Instruction& i);
    void same_object(const Instruction& i);
    void test_class(Reg object, std::uint32_t cls, Label yes);
    void is_instance(const Instruction& i);
    void cast(const Instruction& i);
    void port_in(const Instruction& i);
    void port_out(const Instruction& i);
    void port_address(unsigned range, unsigned offset, unsigned width);

    // ---- lower_call.cc
    // Words below the homes that a call needs; -1 if the instruction calls nothing.
    std::int32_t outgoing_words(const Instruction& i, std::uint32_t pc) const;
    void argument(std::uint32_t word, Operand value);
    void result(unsigned a); // EAX (EDX:EAX) to a
    void call(const Instruction& i);
    void kernel_call(const Instruction& i);
    void new_object(const Instruction& i);
    void new_array(const Instruction& i);
    void copy_bytes(const Instruction& i);

    // <since lab5>
    // ---- lower_exchange.cc
    void service(Service s);
    void ask(Service s, rt::Word refusal);
    [[nodiscard]] Label ask_twice(Service s, rt::Word refusal,
                                  std::span<const std::uint16_t> references = {});
    void insist(Service s, rt::Word refusal = 0);
    void exchange_new(const Instruction& i);
    void exchange_vector(const Instruction& i);
    void exchange_swap(const Instruction& i);
    void free(const Instruction& i);
    void new_cell(const Instruction& i);
    void cell_take(const Instruction& i);
    void cell_put(const Instruction& i);
    void cell_full(const Instruction& i);
    // </since>

    // <since lab6>
    // ---- lower_channel.cc
    std::uint32_t pattern_words(const SelectTable::Pattern& pattern,
                                const ChannelTypes& channel) const;
    void channel(const Instruction& i);
    void send(const Instruction& i);
    void unwrap(const Instruction& i);
    void set_new(const Instruction& i);
    void set_add(const Instruction& i);
    void select(const Instruction& i);
    std::uint32_t select_table(const SelectTable& table, const ChannelTypes& channel);
    void select_case(const SelectTable::Case& c, const ChannelTypes& channel, std::uint32_t out);
    void address_of(std::uint32_t word, std::uint32_t of);

    // ---- lower_thread.cc
    void start(const Instruction& i);
    void waiting_point();
    // </since>

    ImageBuilder& builder_;
    const Verified& verified_;
    const Module& module_;
    const Function* function_ = nullptr;
    const FunctionFacts* verified_facts_ = nullptr;
    CompileOptions options_;
    Webs webs_;
    Allocator allocator_;
    Allocation allocation_;
    Cursor cursor_;
    Assembler as_;

    std::uint32_t outgoing_ = 0;       // words at the frame's bottom
    std::uint32_t borrowed_words_ = 0; // then room for registers that are borrowed though busy
    bool ran_short_ = false;     // of that room or of registers: what was lowered is of no use
    bool may_save_more_ = false; // of the registers that the caller wants back
    bool is_leaf_ = true;

    RegisterSet collected_; // bytecode registers that hold a collected reference now

    // The instruction at hand.
    std::uint32_t pc_ = 0, number_ = 0;
    RegMask taken_ = 0, borrowed_ = 0, operands_ = 0;
    static constexpr int kMostBorrowed = 4; // stbytes: object, index, bound and value
    Reg borrow_order_[kMostBorrowed] = {};
    bool has_temporary_ = false;
    Reg temporary_ = Reg::EAX;
    struct Folded { // a load that this instruction makes, as a memory operand
        WebIndex web = kNoWeb;
        Operand from;
    } folded_;
    // Whose 64-bit value EDX:EAX hold, before this instruction and before the next one of the block.
    WebIndex pair_ = kNoWeb, next_pair_ = kNoWeb;
    bool has_pending_ = false; // the comparison before left its result in the flags
    Cc pending_ = Cc::E;
    std::uint16_t next_ = 0; // the block that is laid out behind this one; kNoBlock at the end
    static constexpr std::uint16_t kNoBlock = 0xffff;
    std::uint32_t block_end_ = 0;
    bool repeating_ = false; // a loop's test at a jump back to it
    bool repeated_ = false;  // the block before ended so
    std::vector<Fact> facts_;
    static constexpr std::uint32_t kManyEntries = 0xffffffff;
    std::vector<std::uint32_t> entered_from_; // the one block with an edge there, by position

    std::vector<Label> block_labels_; // by position
    std::optional<Label> no_room_;    // where the stack test goes, and where it is passed
    Label has_room_ = 0;
    std::vector<Cold> cold_;
    std::array<std::size_t, 16> last_cold_; // of each reason
    std::uint32_t cold_begin_ = 0, saves_ = 0, body_ = 0;
    std::vector<Point> points_;
    std::vector<std::uint16_t> slots_;
    std::vector<NativeLine> lines_;
    std::size_t line_ = 0; // in the function's lines: the one looked at last
    struct TableEntry {
        std::uint32_t offset; // of a data word that holds a label's address
        Label label;
    };
    std::vector<TableEntry> tables_;
};

} // namespace singlet::verifier::x86
