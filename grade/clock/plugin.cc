// The model clock as a QEMU TCG plugin: connects what QEMU translates and executes to the Model.
//
// Until the guest executes its first mark only marks are looked for, so booting costs almost
// nothing; then all translations are dropped (qemu_plugin_reset) and made again with full
// instrumentation. What goes where is decided once per translation: an instruction's class is one
// inline addition, and calls remain for each access, each new line of code, the first instruction
// of a block (which settles the branch before it) and the few instructions that change the model's
// state. Counting is by instruction, not by block, since QEMU may leave a block early and start
// anew in its middle. What IRET pops goes through the caches; what INT or an interrupt pushes is
// not seen and belongs into their costs. Run QEMU with -icount, or blocks and interrupts will
// differ between two runs.
#include "grade/clock/options.hh"
#include "grade/clock/qemu_plugin_api.hh"
#include "grade/clock/report.hh"
#include "lib/core/clock_page.hh"
#include "lib/core/mark.hh"

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <map>
#include <memory>

extern "C" [[gnu::visibility("default")]] int qemu_plugin_version;
int qemu_plugin_version = singlet::clock::kApiVersion;

namespace singlet::clock {
namespace {

// What a block's first instruction has to know.
struct Block {
    std::uint32_t start = 0;
    std::uint32_t branch = 0;       // the conditional branch at the block's end ...
    std::uint32_t fall_through = 0; // ... and where it leads when not taken; 0: the end is none
};

struct Plugin {
    Options options;
    Params params;
    std::FILE* out = nullptr;
    GuestMemory memory;
    std::unique_ptr<Model> model; // null when only instructions are counted
    std::uint64_t instructions =
        0; // for that case, and where they were executed if that was asked for
    std::map<std::uint32_t, std::uint64_t> executed; // by address
    bool started = false;                            // the first mark has been executed
    qemu_plugin_id_t id = 0;
    std::deque<Block> blocks;        // addresses are given to QEMU, so they must not move
    const Block* previous = nullptr; // the block that ran last, while its branch is open
    std::uint32_t repeating = 0;     // the repeated instruction that is running, if one is
};
Plugin plugin;

void* number_as_pointer(std::uint32_t n) { return reinterpret_cast<void*>(std::uintptr_t{n}); }
std::uint32_t pointer_as_number(void* p) {
    return std::uint32_t(reinterpret_cast<std::uintptr_t>(p));
}

void write_record(const std::string& line) {
    std::fputs(line.c_str(), plugin.out);
    std::fflush(plugin.out); // the guest may end QEMU at any instruction
}

std::uint32_t clock_page_word(std::size_t offset) {
    if (plugin.options.clock_page == 0) return 0;
    return plugin.memory.word(plugin.options.clock_page + std::uint32_t(offset));
}

void publish() {
    if (plugin.options.clock_page == 0) return;
    plugin.memory.store(plugin.options.clock_page + offsetof(ClockPage, cycles),
                        totals(*plugin.model).total / 100);
}

// --- While the guest runs ------------------------------------------------------------------------

void on_mark(unsigned, void* number) {
    auto mark = std::uint16_t(pointer_as_number(number));
    if (plugin.model) publish();
    if (mark == kMarkPublish) return;
    if (mark == kMarkWritten) {
        if (plugin.model)
            plugin.model->device_wrote(clock_page_word(offsetof(ClockPage, written)),
                                       clock_page_word(offsetof(ClockPage, written_bytes)));
        return;
    }
    if (mark == kMarkNumbered) mark = std::uint16_t(clock_page_word(offsetof(ClockPage, mark)));
    if (plugin.model) {
        write_record(record(mark, *plugin.model));
        return;
    }
    write_record(record(mark, plugin.instructions, plugin.executed));
}

void on_block(unsigned, void* data) {
    const auto* block = static_cast<const Block*>(data);
    if (const Block* before = plugin.previous; before && before->fall_through != 0)
        plugin.model->branch(before->branch, block->start != before->fall_through);
    plugin.previous = block;
    if (block->start != plugin.repeating) plugin.repeating = 0;
    plugin.model->fetch(block->start);
}

void on_fetch(unsigned, void* address) { plugin.model->fetch(pointer_as_number(address)); }

void on_access(unsigned, qemu_plugin_meminfo_t info, std::uint64_t address, void*) {
    constexpr std::uint32_t kLine = 1u << kLineShift, kLargestAccess = 16;
    const bool may_cross = (address & (kLine - 1)) > kLine - kLargestAccess;
    plugin.model->access(std::uint32_t(address),
                         may_cross ? 1u << qemu_plugin_mem_size_shift(info) : 1);
}

// QEMU runs a repeated string instruction as a loop to itself, once an element and once more.
void on_repeat(unsigned, void* data) {
    const auto address = pointer_as_number(data);
    if (plugin.repeating == address) {
        ++plugin.model->counts[std::size_t(Class::RepStep)];
        return;
    }
    plugin.repeating = address;
    ++plugin.model->counts[std::size_t(Class::RepStart)];
}
void on_repeat_io(unsigned cpu, void* data) {
    const auto before = plugin.model->counts[std::size_t(Class::RepStep)];
    on_repeat(cpu, data);
    plugin.model->counts[std::size_t(Class::PortIo)] +=
        plugin.model->counts[std::size_t(Class::RepStep)] - before;
}

void on_load_cr3(unsigned, void*) {
    plugin.model->load_cr3(clock_page_word(offsetof(ClockPage, cr3)));
}
void on_load_cr0(unsigned, void*) {
    plugin.model->flush_all(clock_page_word(offsetof(ClockPage, cr3)));
}
void on_invalidate(unsigned, void*) {
    plugin.model->invalidate(clock_page_word(offsetof(ClockPage, invalidated)));
}
void on_read_counter(unsigned, void*) { publish(); }

// --- While QEMU translates -----------------------------------------------------------------------

struct Instruction {
    qemu_plugin_insn* handle;
    std::uint32_t address, size;
    Decoded decoded;

    explicit Instruction(qemu_plugin_insn* insn)
        : handle(insn), address(std::uint32_t(qemu_plugin_insn_vaddr(insn))),
          size(std::uint32_t(qemu_plugin_insn_size(insn))),
          decoded(decode({static_cast<const std::uint8_t*>(qemu_plugin_insn_data(insn)), size})) {}

    void call(qemu_plugin_vcpu_udata_cb_t callback, void* data = nullptr) const {
        qemu_plugin_register_vcpu_insn_exec_cb(handle, callback, QEMU_PLUGIN_CB_NO_REGS, data);
    }
    void add_one(std::uint64_t& counter) const {
        qemu_plugin_register_vcpu_insn_exec_inline(handle, QEMU_PLUGIN_INLINE_ADD_U64, &counter, 1);
    }
};

void instrument(const Instruction& i) {
    const Decoded& d = i.decoded;
    if (d.mark) return i.call(on_mark, number_as_pointer(*d.mark));
    for (const std::uint32_t entry : plugin.options.trap_entries)
        if (entry == i.address) i.add_one(plugin.model->deliveries);
    qemu_plugin_register_vcpu_mem_cb(i.handle, on_access, QEMU_PLUGIN_CB_NO_REGS,
                                     QEMU_PLUGIN_MEM_RW, nullptr);
    if (d.repeated)
        return i.call(d.kind == Class::PortIo ? on_repeat_io : on_repeat,
                      number_as_pointer(i.address));
    i.add_one(plugin.model->counts[std::size_t(d.kind)]);
    switch (d.kind) {
    case Class::LoadCr3:
        return i.call(on_load_cr3);
    case Class::LoadCr0:
        return i.call(on_load_cr0);
    case Class::InvalidatePage:
        return i.call(on_invalidate);
    case Class::ReadCounter:
        return i.call(on_read_counter);
    default:
        return;
    }
}

void translate(qemu_plugin_id_t, qemu_plugin_tb* tb) {
    const std::size_t n = qemu_plugin_tb_n_insns(tb);
    Block& block = plugin.blocks.emplace_back();
    std::uint32_t line = 0; // of code, the last one that is known to be fetched
    for (std::size_t k = 0; k < n; ++k) {
        const Instruction i(qemu_plugin_tb_get_insn(tb, k));
        if (k == 0) {
            block.start = i.address;
            line = i.address >> kLineShift;
            i.call(on_block, &block);
        }
        for (const std::uint32_t at : {i.address, i.address + i.size - 1}) {
            if (at >> kLineShift == line) continue;
            line = at >> kLineShift;
            i.call(on_fetch, number_as_pointer(at));
        }
        if (i.decoded.conditional && k + 1 == n) {
            block.branch = i.address;
            block.fall_through = i.address + i.size;
        }
        instrument(i);
    }
}

void count(const Instruction& i) {
    i.add_one(plugin.instructions);
    if (plugin.options.profile) i.add_one(plugin.executed[i.address]);
}

void translate_counting(qemu_plugin_id_t, qemu_plugin_tb* tb) {
    for (std::size_t k = 0; k < qemu_plugin_tb_n_insns(tb); ++k) {
        const Instruction i(qemu_plugin_tb_get_insn(tb, k));
        if (i.decoded.mark)
            i.call(on_mark, number_as_pointer(*i.decoded.mark));
        else
            count(i);
    }
}

// --- Before the first mark -----------------------------------------------------------------------

void begin(qemu_plugin_id_t id) {
    qemu_plugin_register_vcpu_tb_trans_cb(id, plugin.model ? translate : translate_counting);
}

std::expected<Params, std::string> read_params(const std::string& path) {
    std::ifstream file(path);
    if (!file) return std::unexpected("cannot read the parameters '" + path + "'");
    auto params = Params::read(file);
    if (!params) return std::unexpected(path + ": " + params.error());
    return params;
}

// QEMU has made the memory's file by now, the guest has filled in its ClockPage.
std::expected<void, std::string> start_counting() {
    if (!plugin.options.memory.empty()) {
        const auto mapped = GuestMemory::map(plugin.options.memory);
        if (!mapped) return std::unexpected(mapped.error());
        plugin.memory = *mapped;
    }
    if (plugin.options.clock_page != 0 &&
        clock_page_word(offsetof(ClockPage, magic)) != ClockPage::kMagic)
        return std::unexpected("the guest has no ClockPage at the address that was given");
    if (plugin.options.count_only) return {};
    plugin.model = std::make_unique<Model>(plugin.params, plugin.memory);
    plugin.model->load_cr3(clock_page_word(offsetof(ClockPage, cr3)));
    return {};
}

void on_early_mark(unsigned, void* number) {
    const auto mark = std::uint16_t(pointer_as_number(number));
    if (!plugin.started) {
        if (mark == kMarkPublish || mark == kMarkWritten) return; // nothing is counted yet
        plugin.started = true;
        if (const auto ready = start_counting(); !ready) {
            std::fprintf(stderr, "model clock: %s\n", ready.error().c_str());
            std::_Exit(2); // no run without its clock
        }
        qemu_plugin_reset(plugin.id, begin);
    }
    on_mark(0, number);
}

void translate_looking_for_marks(qemu_plugin_id_t, qemu_plugin_tb* tb) {
    for (std::size_t k = 0; k < qemu_plugin_tb_n_insns(tb); ++k) {
        const Instruction i(qemu_plugin_tb_get_insn(tb, k));
        if (i.decoded.mark) i.call(on_early_mark, number_as_pointer(*i.decoded.mark));
    }
}

} // namespace
} // namespace singlet::clock

extern "C" [[gnu::visibility("default")]] int
qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t* info, int argc, char** argv) {
    using namespace singlet::clock;
    const auto refuse = [](const std::string& why) {
        std::fprintf(stderr, "model clock: %s\n", why.c_str());
        return 1;
    };
    const std::string problem =
        why_unusable(info->version.min, info->version.cur, info->target_name,
                     info->system_emulation, info->system.smp_vcpus);
    if (!problem.empty()) return refuse(problem);
    auto options = Options::parse({argv, std::size_t(argc)});
    if (!options) return refuse(options.error());
    plugin.options = std::move(*options);
    if (!plugin.options.count_only) {
        const auto params = read_params(plugin.options.params);
        if (!params) return refuse(params.error());
        plugin.params = *params;
    }
    plugin.id = id;
    plugin.out = std::fopen(plugin.options.out.c_str(), "w");
    if (!plugin.out) return refuse("cannot write '" + plugin.options.out + "'");
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate_looking_for_marks);
    return 0;
}
