// Kernel calls from CPL 3. The code that calls was verified, but the kernel does not rely on it:
// every argument is checked against what the SIP owns, and copied first, so that what was checked
// is what is used. A caller that gives anything else is killed.
#include "kern/abi/binding.hh"
#include "kern/abi/calls.hh"
#include "kern/boot/init.hh"
#include "kern/boot/options.hh"
#include "kern/cpu/segments.hh"
#include "kern/dev/console.hh"
#include "kern/ipc/registry.hh"
#include "kern/ipc/select.hh"
#include <algorithm>
#include <array>
#include <optional>

namespace singlet::kern {

extern "C" Word (*const kernel_functions[])(const Word*);

namespace {

using verifier::BuiltinType;
using verifier::SelectEntry;
using verifier::Service;

constexpr std::uint32_t kMostArguments = 5;
constexpr std::uint32_t kSelect = kFirstService + static_cast<std::uint32_t>(Service::Select);
constexpr std::uint32_t kMessageWords = 2 * verifier::limits::kMessageArguments;
constexpr std::uint32_t kMostReceived = kMessageWords * verifier::limits::kSelectOperands;

Sip& sip() { return *running_sip; }

bool writable(Word address, std::uint32_t size) { return sip().in_memory(address, size); }
bool readable(Word address, std::uint32_t size) {
    return sip().in_memory(address, size) || sip().image->in_data(address, size);
}
bool whole_bytes(Word array) {
    return readable(array, rt::kDataOffset) &&
           readable(array + rt::kDataOffset, *pointer<const Word>(array + 4));
}
// What another thread waits for is in its hands.
bool is_awaited(const Owned& owned) {
    if (owned.kind == OwnedKind::Endpoint) return static_cast<const Endpoint&>(owned).waiter;
    return owned.kind == OwnedKind::Set && static_cast<const EndpointSet&>(owned).waiter;
}
Owned* root(Word address) {
    Owned* owned = exchange_heap().owned_by(sip(), address);
    return owned && !is_awaited(*owned) ? owned : nullptr;
}
Owned* root(Word address, OwnedKind kind) {
    Owned* owned = root(address);
    return owned && owned->kind == kind ? owned : nullptr;
}
bool granted(std::uint32_t bits, Word number) { return number < 32 && (bits >> number & 1); }

bool fits(BuiltinType type, Word word) {
    switch (type) {
    case BuiltinType::kI32:
        return true;
    case BuiltinType::kStr:
    case BuiltinType::kBytes:
        return whole_bytes(word);
    case BuiltinType::kVecU8:
    case BuiltinType::kLentVecU8:
        return root(word, OwnedKind::Vector);
    case BuiltinType::kIrq:
        return granted(sip().grants.irqs, word);
    case BuiltinType::kDma:
        return granted(sip().grants.dmas, word);
    case BuiltinType::kProcesses:
        return sip().grants.processes;
    case BuiltinType::kAny:
        return root(word, OwnedKind::Endpoint);
    default:
        return false;
    }
}

bool fits_call(const verifier::KernelCall& call, const Word* words) {
    for (std::size_t i = 0; i < call.params.size(); i++)
        if (!fits(call.params[i], words[i])) return false;
    return true;
}

// The addresses of types and contracts come from the image's relocations; any other is a lie.
bool fits_swap(const Word* words) {
    auto* block = static_cast<Block*>(root(words[0], OwnedKind::Struct));
    if (!block || std::ranges::find(block->type->owned, words[1]) == block->type->owned.end())
        return false;
    Owned* value = words[2] ? root(words[2]) : nullptr;
    return !words[2] || (value && value != block);
}

bool fits_send(const Word* words) {
    auto* endpoint = static_cast<Endpoint*>(root(words[0], OwnedKind::Endpoint));
    if (!endpoint || words[1] >= endpoint->contract->messages.size()) return false;
    const Contract::Message& form = endpoint->contract->messages[words[1]];
    if (form.to_exporter != (endpoint->side == 0)) return false;
    if (endpoint->peer && endpoint->peer->count == endpoint->peer->capacity) return false;
    if (!readable(words[2], form.words * 4u)) return false;
    const Word* arguments = pointer<const Word>(words[2]);
    for (std::uint32_t i = 0; i < form.words; i++) {
        if (!(form.owned >> i & 1) || !arguments[i]) continue;
        Owned* given = root(arguments[i]);
        if (!given || arguments[i] == words[0]) return false;
        if (endpoint->peer && holds(*given, *endpoint->peer)) return false; // into its own queue
        if (std::find(arguments, arguments + i, arguments[i]) != arguments + i) return false;
    }
    return true;
}

// Words that a select writes for a pattern on this operand.
std::uint32_t words_of(const SelectEntry& pattern, Word operand) {
    Owned& owned = *root(operand);
    if (owned.kind == OwnedKind::Set) return 1;
    auto messages = static_cast<const Endpoint&>(owned).contract->messages;
    std::uint32_t message = pattern.message_or_count;
    return message < messages.size() ? messages[message].words : 0;
}

bool are_ends(std::span<const Word> operands) {
    return std::ranges::all_of(operands, [](Word operand) {
        Owned* owned = root(operand);
        return owned && !owned->is_block();
    });
}

bool are_distinct(std::span<const Word> operands) {
    for (auto next = operands.begin(); next != operands.end(); ++next)
        if (std::find(operands.begin(), next, *next) != next) return false;
    return true;
}

// Words that a select of these operands may write; none if it does not fit.
std::optional<std::uint32_t> words_received(Word table, std::span<const Word> operands) {
    if (!are_ends(operands) || !are_distinct(operands)) return {};
    std::uint32_t out = 0;
    for (Word at = table;; at += sizeof(SelectEntry)) {
        if (!sip().image->in_data(at, sizeof(SelectEntry))) return {};
        std::uint32_t patterns = pointer<const SelectEntry>(at)->message_or_count;
        if (patterns == verifier::kSelectEnd) break;
        std::uint32_t named = 0; // in this case; each brings one message at a time
        for (; patterns; patterns--) {
            at += sizeof(SelectEntry);
            if (!sip().image->in_data(at, sizeof(SelectEntry))) return {};
            auto* pattern = pointer<const SelectEntry>(at);
            if (pattern->operand >= operands.size() || named >> pattern->operand & 1) return {};
            named |= 1u << pattern->operand;
            out = std::max(out, pattern->out + words_of(*pattern, operands[pattern->operand]));
        }
    }
    if (out > kMostReceived) return {};
    return out;
}

bool fits_service(Service service, const Word* words) {
    switch (service) {
    case Service::XNew:
        return type_registry().knows_type(pointer<const ExchangeType>(words[0]));
    case Service::XVec:
        return true;
    case Service::XSwap:
        return fits_swap(words);
    case Service::Free:
        return root(words[0]);
    case Service::Channel:
        return type_registry().knows_contract(pointer<const Contract>(words[0])) &&
               writable(words[1], 8);
    case Service::Send:
        return fits_send(words);
    case Service::Select:
        return true; // ring3_select() looks at what it has copied
    case Service::Unwrap:
        return root(words[0], OwnedKind::Endpoint);
    case Service::SetNew:
        return true;
    case Service::Start: // code of the SIP's is run at its own level
        return words[1] <= 2 * verifier::limits::kParameters && sip().image->in_code(words[0]) &&
               readable(words[2], words[1] * 4);
    case Service::SetAdd:
        return root(words[0], OwnedKind::Set) && root(words[1], OwnedKind::Endpoint);
    default:
        return false;
    }
}

constexpr std::array<std::uint8_t, std::size_t(Service::kCount)> kServiceArguments = {
    1, 2, 3, 1, 2, 3, 4, 3, 0, 2, 3};

constexpr std::array<std::uint8_t, std::size_t(Runtime::kCount)> kRuntimeArguments = {3, 1, 1, 1,
                                                                                      1};

// What a SIP began with it keeps, and what the kernel still writes to.
bool fits_runtime(Runtime function, const Word* words) {
    if (function != Runtime::give_pages) return true;
    return sip().pages.is_run(words[0]) && words[0] != sip().control &&
           !(sip().threads && sip().threads->keep(words[0]));
}

std::uint32_t argument_count(std::uint32_t number) {
    if (number < kFirstService)
        return static_cast<std::uint32_t>(abi::kKernelCalls[number].params.size());
    if (number < kFirstRuntime) return kServiceArguments[number - kFirstService];
    return kRuntimeArguments[number - kFirstRuntime];
}

bool fits_function(std::uint32_t number, const Word* words) {
    if (number < kFirstService) return fits_call(abi::kKernelCalls[number], words);
    if (number < kFirstRuntime)
        return fits_service(static_cast<Service>(number - kFirstService), words);
    return fits_runtime(static_cast<Runtime>(number - kFirstRuntime), words);
}

[[noreturn]] void refuse(std::uint32_t number, const Word* words) {
    print("sip {}: gave kernel function {} what it does not have, at ", sip().name, number);
    print_place(sip(), words[0], Place::ReturnAddress);
    print("\n");
    trap_sip(rt::TrapReason::ProcessorFault, number, words + 1);
}

// Called by gates.S with a function's number and the address of its arguments, of which none can be believed. They are copied
// first, with the return address below them, for trap_sip; then looked at; then used. A caller that names no function, or whose
// arguments do not lie in its memory or do not fit, is refused. Returns what the function does.
extern "C" Word ring3_call(std::uint32_t number, Word address) {
    // <lab7:call number, address, kMostArguments, fits_function, refuse, argument_count>
    Word words[1 + kMostArguments] = {};
    std::uint32_t count = number < kFunctionCount ? 1 + argument_count(number) : 0;
    bool good = count && sip().in_memory(address - 4, 4 * count);
    if (good) {
        std::copy_n(pointer<const Word>(address - 4), count, words);
        good = fits_function(number, words + 1);
    }
    if (!good) [[unlikely]]
        refuse(number, words);
    return kernel_functions[number](words + 1);
    // </lab7:call>
}

extern "C" void kernel_call_entry();
extern "C" void sysenter_entry();

void prepare_sysenter() { set_sysenter(sysenter_entry, &task_state.esp0); }
INIT(610, prepare_sysenter);

constinit Binding trap = Binding::Interrupt;

bool set_trap(std::string_view value) {
    trap = value == "sysenter" ? Binding::Sysenter : Binding::Interrupt;
    return value == "sysenter" || value == "int";
}
OPTION(trap, set_trap, "int or sysenter");

// Where a SIP at CPL 3 returns to, and what may wait among its threads, is INT 0x80 in either [gates.S].
constexpr UserEntry kInterrupt{.interrupt = kernel_call_entry};
constexpr UserEntry kSysenter{.interrupt = kernel_call_entry, .sysenter = true};

} // namespace

// The SIP's other threads run while this one waits, so the kernel keeps the operands itself, and what is received as well until
// it is seen whether there is still where to put it. An operand may by then be another endpoint, with longer messages.
Word ring3_select(const Word* arguments) {
    std::array<Word, verifier::limits::kSelectOperands> copied;
    std::array<Word, kMostReceived + kMessageWords> out;
    const Word count = arguments[1];
    std::optional<std::uint32_t> received;
    if (count && count <= copied.size() && readable(arguments[2], count * 4)) {
        std::copy_n(pointer<const Word>(arguments[2]), count, copied.begin());
        received = words_received(arguments[0], {copied.data(), count});
    }
    auto has_room = [&] { return *received == 0 || writable(arguments[3], *received * 4); };
    if (!received || !has_room()) refuse(kSelect, arguments - 1);
    Word* to = pointer<Word>(arguments[3]);
    std::copy_n(to, *received, out.begin()); // not all of it is written
    const int number = select(exchange_heap(), sip(), pointer<const SelectEntry>(arguments[0]),
                              count, copied.data(), out.data());
    if (number == kSelectFailed) trap_sip(rt::TrapReason::OutOfMemory, 0, arguments);
    if (!has_room()) refuse(kSelect, arguments - 1);
    std::copy_n(out.begin(), *received, to);
    return static_cast<Word>(number);
}

// These are told by their cells, which no longer need to be what they were.
void look_again(Party& self, std::span<const Word> operands) {
    for (Word operand : operands) {
        const Owned* owned = exchange_heap().owned_by(self, operand);
        if (!owned || owned->is_block()) trap_sip_at(rt::TrapReason::ProcessorFault, 0, 0);
    }
}

Binding default_trap() { return trap; }

const UserEntry& entry_of(Binding binding) {
    return binding == Binding::Sysenter ? kSysenter : kInterrupt;
}

} // namespace singlet::kern
