// The kernel's services and calls, as far as one program alone can use them. Every exchange-heap thing
// is a Thing; its address in compiled code is that of `block`, which lies as lib/rt/layout.hh says.
#include <algorithm>
#include <cstring>
#include <deque>
#include <set>

#include "grade/native/gate.hh"
#include "grade/native/machine.hh"
#include "kern/abi/signatures.hh"
#include "verifier/field_layout.hh"
#include "verifier/limits.hh"

namespace singlet::native {

using namespace verifier;
using rt::Word;

namespace {

struct Message {
    Word number;
    std::vector<Word> args;
};

struct Thing {
    enum class What { Struct, Vector, Endpoint, Set } what;
    std::uint16_t index = 0; // struct or contract
    Side side = Side::Importer;
    Thing* peer = nullptr;
    std::deque<Message> queue{};
    std::vector<Thing*> members{};
    std::uint64_t charged = 0;
    std::vector<Word> block{}; // number, length, data
    Word address() { return rt::address_of(block.data()); }
    bool has_head() const { return !queue.empty() || peer == nullptr; }
};

std::set<Thing*> things;
std::uint64_t charged = 0;

const Module& module() { return Machine::current().verified().module(); }

[[noreturn]] void trap(rt::TrapReason reason, std::uint32_t number = 0) {
    Machine::current().end({Outcome::What::Trap, 0, reason, number, 0});
}

// Null: the quota is used up.
Thing* make(Thing::What what, std::uint64_t bytes) {
    auto pages = module().manifest.exchange_pages;
    std::uint64_t quota = pages != 0 ? std::uint64_t{pages} * rt::kPage : 64u << 20;
    if (charged + bytes > quota) return nullptr;
    charged += bytes;
    auto* t = new Thing{what};
    t->charged = bytes;
    t->block.assign(static_cast<std::size_t>(2 + (bytes + 3) / 4), 0);
    things.insert(t);
    return t;
}

std::set<std::pair<Word, Thing*>> index_by_address;

Thing* at_address(Word address) {
    auto found = index_by_address.lower_bound({address, nullptr});
    if (found == index_by_address.end() || found->first != address) {
        std::fprintf(stderr, "0x%08x is nothing in the exchange heap\n",
                     static_cast<unsigned>(address));
        std::abort();
    }
    return found->second;
}

Word enter(Thing* t) {
    if (!t) return 0;
    index_by_address.insert({t->address(), t});
    return t->address();
}

void collect_owned(const Message& m, std::uint16_t contract, std::vector<Word>& work) {
    std::size_t word = 0;
    for (auto type : module().contracts[contract].messages[m.number].args) {
        const auto& t = module().types[type];
        if (is_linear(t.kind) && m.args[word] != 0) work.push_back(m.args[word]);
        word += t.kind == Kind::I64 ? 2 : 1;
    }
}

// With all below it, however deep: by a list of what is still to do.
void release(Word address) {
    std::vector<Word> work{address};
    while (!work.empty()) {
        Thing* t = at_address(work.back());
        work.pop_back();
        if (t->what == Thing::What::Struct) {
            const auto& fields = module().structs[t->index].fields;
            auto layout = lay_out(module(), fields);
            for (std::size_t f = 0; f < fields.size(); ++f) {
                Word held = t->block[2 + layout.offsets[f] / 4];
                if (is_linear(module().types[fields[f].type].kind) && held != 0)
                    work.push_back(held);
            }
        }
        for (Thing* member : t->members)
            work.push_back(member->address());
        if (t->what == Thing::What::Endpoint) {
            for (const auto& m : t->queue)
                collect_owned(m, t->index, work);
            if (t->peer != nullptr) t->peer->peer = nullptr;
        }
        charged -= t->charged;
        index_by_address.erase({t->address(), t});
        things.erase(t);
        delete t;
    }
}

// ---- services

Word xnew(Word type) {
    const auto& fields = module().structs[type - 1].fields;
    Thing* t = make(Thing::What::Struct, 8 + 4 * fields.size() + lay_out(module(), fields).size);
    if (t) t->index = static_cast<std::uint16_t>(type - 1);
    return enter(t);
}

Word xvec(Word kind, std::int32_t length) {
    if (length < 0) trap(rt::TrapReason::BadLength);
    if (static_cast<std::uint32_t>(length) > limits::kElementCount)
        trap(rt::TrapReason::OutOfMemory);
    auto size = storage_size(static_cast<Kind>(kind));
    Thing* t = make(Thing::What::Vector, 8 + std::uint64_t{size} * static_cast<Word>(length));
    if (t) t->block[1] = static_cast<Word>(length);
    return enter(t);
}

Word xswap(Word block, Word offset, Word value) {
    Word* field = rt::at<Word>(block + rt::kDataOffset + offset);
    Word old = *field;
    *field = value;
    return old;
}

void free_thing(Word address) { release(address); }

Word channel(Word contract, Word* out) {
    Thing* ends[2];
    for (int k = 0; k < 2; ++k) {
        ends[k] = make(Thing::What::Endpoint, 8);
        if (!ends[k]) {
            if (k == 1) release(ends[0]->address());
            return 0;
        }
        ends[k]->index = static_cast<std::uint16_t>(contract - 1);
        ends[k]->side = k == 0 ? Side::Importer : Side::Exporter;
        out[k] = enter(ends[k]);
    }
    ends[0]->peer = ends[1];
    ends[1]->peer = ends[0];
    return 1;
}

void send(Word endpoint, Word message, const Word* args) {
    Thing* e = at_address(endpoint);
    Message m{message, {}};
    std::size_t words = 0;
    for (auto type : module().contracts[e->index].messages[message].args)
        words += module().types[type].kind == Kind::I64 ? 2 : 1;
    m.args.assign(args, args + words);
    if (e->peer != nullptr) return e->peer->queue.push_back(std::move(m));
    std::vector<Word> owned;
    collect_owned(m, e->index, owned);
    for (Word w : owned)
        release(w);
}

Thing* ready_member(Thing& set) {
    for (Thing* m : set.members)
        if (m->has_head()) return m;
    return nullptr;
}

bool matches(const SelectEntry& pattern, Thing& t) {
    if (pattern.message_or_count == SelectTable::kMember) return ready_member(t) != nullptr;
    if (pattern.message_or_count == SelectTable::kClosed)
        return t.queue.empty() && t.peer == nullptr;
    return !t.queue.empty() && t.queue.front().number == pattern.message_or_count;
}

void receive(const SelectEntry& pattern, Thing& t, Word* out) {
    if (pattern.message_or_count == SelectTable::kClosed) return;
    if (pattern.message_or_count == SelectTable::kMember) {
        Thing* member = ready_member(t);
        std::erase(t.members, member);
        *out = member->address();
        return;
    }
    std::copy(t.queue.front().args.begin(), t.queue.front().args.end(), out);
    t.queue.pop_front();
}

Word select(const SelectEntry* table, Word, const Word* operands, Word* out) {
    for (Word number = 0; table->message_or_count != kSelectEnd; ++number) {
        const auto* patterns = table + 1;
        Word count = table->message_or_count;
        bool all = true;
        for (Word k = 0; k < count; ++k)
            all = all && matches(patterns[k], *at_address(operands[patterns[k].operand]));
        for (Word k = 0; all && k < count; ++k)
            receive(patterns[k], *at_address(operands[patterns[k].operand]), out + patterns[k].out);
        if (all) return number;
        table = patterns + count;
    }
    Machine::current().end({Outcome::What::Deadlock});
}

Word unwrap(Word endpoint, Word contract, Word side) {
    Thing* e = at_address(endpoint);
    if (e->index == contract - 1 && static_cast<Word>(e->side) == side) return endpoint;
    release(endpoint);
    return 0;
}

Word set_new() { return enter(make(Thing::What::Set, 8)); }

void set_add(Word set, Word endpoint) { at_address(set)->members.push_back(at_address(endpoint)); }

// ---- kernel calls

void write(Word block, std::int64_t at, std::int64_t count) {
    auto length = static_cast<std::int64_t>(rt::at<Word>(block)[1]);
    if (at < 0 || count < 0 || at + count > length) trap(rt::TrapReason::OutOfBounds);
    auto& m = Machine::current();
    if (m.options().keep_output)
        m.console.append(rt::at<char>(block + rt::kDataOffset + static_cast<Word>(at)),
                         static_cast<std::size_t>(count));
}

void print(Word text) { write(text, 0, rt::at<Word>(text)[1]); }
void print_bytes(Word bytes, std::int32_t at, std::int32_t count) { write(bytes, at, count); }
void print_int(std::int32_t n) {
    auto& m = Machine::current();
    if (m.options().keep_output) m.console += std::to_string(n);
}
void exit_sip(std::int32_t status) { Machine::current().end({Outcome::What::Exit, status}); }
std::int32_t argument(Word n) {
    const auto& all = Machine::current().options().arguments;
    return n < all.size() ? all[n] : 0;
}
void nothing() {}
Word start(Word, Word, Word) { return 0; } // no memory for a second thread
void no_device() {
    std::fprintf(stderr, "there are no devices here\n");
    std::exit(2);
}

} // namespace

Word service_address(std::uint32_t service) {
    switch (static_cast<Service>(service)) {
    case Service::XNew:
        return rt::address_of(&gate<xnew>);
    case Service::XVec:
        return rt::address_of(&gate<xvec>);
    case Service::XSwap:
        return rt::address_of(&gate<xswap>);
    case Service::Free:
        return rt::address_of(&gate<free_thing>);
    case Service::Channel:
        return rt::address_of(&gate<channel>);
    case Service::Send:
        return rt::address_of(&gate<native::send>);
    case Service::Select:
        return rt::address_of(&gate<native::select>);
    case Service::Unwrap:
        return rt::address_of(&gate<unwrap>);
    case Service::SetNew:
        return rt::address_of(&gate<set_new>);
    case Service::SetAdd:
        return rt::address_of(&gate<set_add>);
    case Service::Start:
        return rt::address_of(&gate<start>);
    default:
        return 0;
    }
}

Word kernel_call_address(std::uint32_t call) {
    switch (static_cast<abi::Call>(call)) {
    case abi::Call::print:
        return rt::address_of(&gate<print>);
    case abi::Call::print_bytes:
    case abi::Call::print_vec:
        return rt::address_of(&gate<print_bytes>);
    case abi::Call::print_int:
        return rt::address_of(&gate<print_int>);
    case abi::Call::exit:
        return rt::address_of(&gate<exit_sip>);
    case abi::Call::argument:
        return rt::address_of(&gate<argument>);
    case abi::Call::yield:
    case abi::Call::mark:
    case abi::Call::null:
        return rt::address_of(&gate<nothing>);
    default:
        return rt::address_of(&gate<no_device>);
    }
}

void empty_exchange_heap() {
    for (Thing* t : things)
        delete t;
    things.clear();
    index_by_address.clear();
    charged = 0;
}

} // namespace singlet::native
