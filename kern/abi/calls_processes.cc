// Kernel calls about other SIPs, for holders of Processes. They are refused with a sentence, which
// waits for its reader in the holder's Power. What a call that waits has on its kernel stack is lost
// when its SIP is killed there: nothing there owns anything.
#include "kern/abi/calls.hh"
#include "kern/install/grants.hh"
#include "kern/install/launch.hh"
#include "kern/install/power.hh"
#include "kern/proc/ends.hh"
#include "kern/proc/facts.hh"
// <since lab7>
#include "kern/proc/policy.hh"
// </since>
#include "lib/core/text_sink.hh"
#include "verifier/manifest_text.hh"
#include <algorithm>
#include <cstring>

namespace singlet::kern {

namespace {

constexpr std::size_t kMostName = 32;

Power& power() { return power_of(*running_sip); }

Word refuse(std::string why) {
    power().refusal = std::move(why);
    return 0;
}

std::string_view bytes_of(Word vector) {
    auto& block = static_cast<Block&>(owned_at(vector));
    return {reinterpret_cast<const char*>(block.data()), block.length};
}

// A vector of the caller's with that text; 0 when it has no room for one.
Word vector_of(std::string_view text) {
    auto length = static_cast<std::uint32_t>(text.size());
    Block* block = exchange_heap().new_vector(*running_sip, 1, length);
    if (!block) return 0;
    std::memcpy(block->data(), text.data(), length);
    return block->address;
}

bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= kMostName && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    });
}

Sip* find_sip(Word number) {
    for (Sip& sip : all_sips())
        if (sip.number == number) return &sip;
    return nullptr;
}

// One that the caller has created and not started.
Sip* find_created(Word number) {
    Sip* sip = find_sip(number);
    bool ours = sip && sip->state == Sip::State::Created && sip->creator == running_sip;
    return ours ? sip : nullptr;
}

Endpoint& take_endpoint(Word address) {
    auto& endpoint = static_cast<Endpoint&>(owned_at(address));
    exchange_heap().detach(*running_sip, endpoint);
    return endpoint;
}

// The file leaves the caller's hands, and its heap where that is not the kernel's. Null: no memory
// for the copy; then the file is gone.
Owned* take_file(Word address) {
    Owned& file = owned_at(address);
    exchange_heap().detach(*running_sip, file);
    return file.region ? exchange_heap().move_to_region(file, 0) : &file;
}

// Null: refused, and the reason is told.
Installation* installation(Word name, Word bytes) {
    std::string text(bytes_of(name));
    Owned* file = take_file(bytes);
    if (!file) return refuse(text + ": no memory left for the file"), nullptr;
    const bool is_other = power().installation, is_full = power().programs.size() >= kMostPrograms;
    if (is_name(text) && !is_full && !is_other)
        return new Installation(std::move(text), *file, *running_sip);
    exchange_heap().destroy(*file);
    refuse(!is_name(text) ? "a program's name has 1 to 32 letters, digits or . _ -"
           : is_full      ? text + ": too many programs are installed"
                          : text + ": another thread is installing a program");
    return nullptr;
}

// What the installer left: a number, or the refusal.
Word take_result(Power& power) {
    std::unique_ptr<Installation> done(std::exchange(power.installation, nullptr));
    if (!done->program) return refuse(std::move(done->refusal));
    power.programs.push_back({++power.last_number, std::move(done->name), std::move(done->program),
                              std::move(done->image)});
    return power.last_number;
}

SipResult<Sip*> create(const Power::Entry& entry) {
    // <since lab7>
    InKernelDomain everywhere;
    // </since>
    return create_instance(entry.program, entry.name, Starter::Sip);
}

SipResult<void> start(Sip& sip) {
    // <since lab7>
    InKernelDomain everywhere;
    // </since>
    auto started = start_instance(sip);
    if (!started) reap_sip(sip);
    return started;
}

} // namespace

Word kernel_program_install(const Word* arguments) {
    Power& power = kern::power_of(*running_sip);
    Installation* begun = installation(arguments[1], arguments[2]);
    if (!begun) return 0;
    power.installation = begun;
    begin_installation(*power.installation);
    while (!power.installation->done)
        block();
    return take_result(power);
}

Word kernel_program_manifest(const Word* arguments) {
    Power::Entry* entry = power().find(arguments[1]);
    return entry ? vector_of(verifier::manifest_text(entry->program->module())) : 0;
}

Word kernel_program_remove(const Word* arguments) {
    std::erase_if(power().programs,
                  [&](const Power::Entry& e) { return e.number == arguments[1]; });
    return 0;
}

Word kernel_program_of(const Word* arguments) {
    const Sip* sip = find_sip(arguments[1]);
    if (!sip || sip->state == Sip::State::Ended) return refuse("there is no SIP of that number");
    if (power().programs.size() >= kMostPrograms)
        return refuse(sip->name + ": too many programs are installed");
    power().programs.push_back({++power().last_number, sip->name, sip->image->program, sip->image});
    return power().last_number;
}

// <since lab7>
Word kernel_policy(const Word* arguments) {
    auto added = add_policy(bytes_of(arguments[1]));
    return added ? 1 : refuse(std::move(added.error()));
}

// </since>
Word kernel_refusal(const Word*) { return vector_of(power().refusal); }

Word kernel_sip_create(const Word* arguments) {
    Power::Entry* entry = power().find(arguments[1]);
    if (!entry) return refuse("there is no program of that number");
    auto created = create(*entry);
    if (!created) return refuse(std::move(created.error().sentence));
    (*created)->creator = running_sip;
    return (*created)->number;
}

Word kernel_sip_give(const Word* arguments) {
    Endpoint& endpoint = take_endpoint(arguments[2]);
    Sip* sip = find_created(arguments[1]);
    if (sip && give_endpoint(*sip, endpoint)) return 1;
    exchange_heap().destroy(endpoint);
    return refuse(sip ? sip->name + ": its manifest asks for no such endpoint"
                      : "there is no SIP of that number that waits for its start");
}

Word kernel_sip_start(const Word* arguments) {
    Sip* sip = find_created(arguments[1]);
    if (!sip) return refuse("there is no SIP of that number that waits for its start");
    auto started = start(*sip);
    return started ? 1 : refuse(std::move(started.error().sentence));
}

Word kernel_sip_watch(const Word* arguments) {
    Endpoint& endpoint = take_endpoint(arguments[2]);
    Sip* sip = find_sip(arguments[1]);
    if (sip && sip->state != Sip::State::Ended) {
        exchange_heap().attach(*sip, endpoint);
        return 1;
    }
    exchange_heap().destroy(endpoint);
    return refuse("there is no SIP of that number");
}

Word kernel_sip_kill(const Word* arguments) {
    Sip* sip = find_sip(arguments[1]);
    if (!sip || sip->state == Sip::State::Ended) return refuse("there is no SIP of that number");
    if (sip == running_sip) kill_sip(*sip); // does not return
    // <since lab7>
    InKernelDomain everywhere;
    // </since>
    if (sip->state == Sip::State::Running)
        kill_sip(*sip);
    else
        reap_sip(*sip);
    return 1;
}

Word kernel_sip_reason(const Word* arguments) {
    constexpr std::int32_t kStillThere = -1, kUnknown = -2;
    auto end = find_end(arguments[1]);
    if (end) return static_cast<Word>(end->reason);
    return static_cast<Word>(find_sip(arguments[1]) ? kStillThere : kUnknown);
}

Word kernel_sip_status(const Word* arguments) {
    auto end = find_end(arguments[1]);
    return end ? static_cast<Word>(end->status) : 0;
}

Word kernel_facts(const Word* arguments) {
    TextSink text;
    if (arguments[1] < std::uint32_t(Facts::kCount))
        print_facts(static_cast<Facts>(arguments[1]), text);
    return vector_of(text.text());
}

} // namespace singlet::kern
