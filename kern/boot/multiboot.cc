#include "kern/boot/multiboot.hh"

#include "kern/cpu/exit.hh"
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace singlet::kern {

namespace {

constexpr std::uint32_t kLoaderMagic = 0x2badb002;
constexpr std::uint32_t kHasCommandLine = 1u << 2, kHasModules = 1u << 3, kHasMemoryMap = 1u << 6;

// Multiboot 0.6.96, 3.3: the boot information format.
struct Information {
    std::uint32_t flags, memory_lower, memory_upper, boot_device;
    std::uint32_t command_line;
    std::uint32_t module_count, modules;
    std::uint32_t symbols[4];
    std::uint32_t map_length, map;
};
static_assert(offsetof(Information, command_line) == 16 && offsetof(Information, modules) == 24);
static_assert(offsetof(Information, map_length) == 44 && offsetof(Information, map) == 48);

struct Module {
    std::uint32_t start, end, text, reserved;
};
static_assert(sizeof(Module) == 16);

struct [[gnu::packed]] MapEntry {
    std::uint32_t size; // of what follows
    std::uint64_t base, length;
    std::uint32_t type;
};
static_assert(offsetof(MapEntry, type) == 20);
constexpr std::uint32_t kUsable = 1;

constexpr std::size_t kMaximumModules = 64, kMaximumRanges = 32, kMaximumText = 8192;
constinit std::array<BootModule, kMaximumModules> modules{};
constinit std::array<MemoryRange, kMaximumRanges> ranges{};
constinit std::array<char, kMaximumText> texts{};
constinit std::size_t texts_used = 0;
constinit BootInfo info;

std::string_view keep(std::uint32_t address) {
    std::string_view text(reinterpret_cast<const char*>(address));
    if (text.size() > texts.size() - texts_used)
        fail("the command lines of kernel and modules are longer than {} bytes", texts.size());
    char* copy = texts.data() + texts_used;
    std::copy(text.begin(), text.end(), copy);
    texts_used += text.size();
    return {copy, text.size()};
}

// "build/user/disk.sbc slow" is the module disk.sbc with the argument "slow".
BootModule read_module(const Module& from) {
    std::string_view text = keep(from.text);
    std::size_t blank = std::min(text.find(' '), text.size());
    std::string_view path = text.substr(0, blank);
    std::size_t slash = path.rfind('/');
    if (from.end < from.start) fail("boot module {} ends before it begins", path);
    return {.name = slash == path.npos ? path : path.substr(slash + 1),
            .arguments = text.substr(std::min(blank + 1, text.size())),
            .start = PhysAddr(from.start),
            .size = from.end - from.start};
}

void read_modules(const Information& from) {
    if (from.module_count > kMaximumModules)
        fail("{} boot modules, but {} is the most", from.module_count, kMaximumModules);
    auto* list = reinterpret_cast<const Module*>(from.modules);
    std::transform(list, list + from.module_count, modules.begin(), read_module);
    info.modules = std::span(modules).first(from.module_count);
}

// Only memory below kMaximumRam is kept: the addresses above are for ring-3 processes.
void read_memory_map(const Information& from) {
    std::size_t count = 0;
    for (std::uint32_t at = from.map; at < from.map + from.map_length;) {
        auto* entry = reinterpret_cast<const MapEntry*>(at);
        at += entry->size + sizeof entry->size;
        if (entry->type != kUsable || entry->base >= kMaximumRam || count == ranges.size())
            continue;
        std::uint64_t end = std::min<std::uint64_t>(entry->base + entry->length, kMaximumRam);
        ranges[count++] = {PhysAddr(std::uint32_t(entry->base)), PhysAddr(std::uint32_t(end))};
    }
    info.ram = std::span(ranges).first(count);
}

} // namespace

const BootInfo& boot_info() { return info; }

const BootModule* find_module(std::string_view name) {
    auto found = std::ranges::find(info.modules, name, &BootModule::name);
    return found == info.modules.end() ? nullptr : &*found;
}

void read_multiboot(std::uint32_t magic, PhysAddr information) {
    if (magic != kLoaderMagic) fail("not started by a Multiboot loader (EAX is 0x{:08x})", magic);
    auto& from = *at<const Information>(information);
    if (!(from.flags & kHasMemoryMap)) fail("the boot loader gave no memory map");
    if (from.flags & kHasCommandLine) info.command_line = keep(from.command_line);
    if (from.flags & kHasModules) read_modules(from);
    read_memory_map(from);
}

} // namespace singlet::kern
