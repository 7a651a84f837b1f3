// From machine code to an image that runs: laid out in frames of its own, linked there to the kernel
// and the run-time, and sealed.
#include "kern/install/image.hh"

#include "kern/abi/calls.hh"
#include "kern/cpu/exit.hh"
// <since lab5>
#include "kern/ipc/registry.hh"
// </since>
#include "kern/proc/kernel_domain.hh"
#include "kern/proc/sip_memory.hh"
#include "lib/core/assert.hh"
#include "lib/core/try.hh"
#include "lib/rt/kernel.hh"
#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>

namespace singlet::kern {

constinit ImageList images;

// A debugger stops here to learn of an image: when it is whole, and when it is about to go. It finds
// out the rest by itself [kern/debug/images.py].
extern "C" {
[[gnu::noinline]] void debug_image_made(const Image& image) { asm volatile("" ::"r"(&image)); }
[[gnu::noinline]] void debug_image_gone(const Image& image) { asm volatile("" ::"r"(&image)); }
}

namespace {

using verifier::Relocation;
using Resolve = std::function<Word(Relocation::What, std::uint32_t)>;

constexpr std::uint32_t kMapAlignment = 16;

std::uint32_t pages_for(std::size_t bytes) {
    return std::max(1u, static_cast<std::uint32_t>((bytes + kPageSize - 1) / kPageSize));
}

template <class T>
std::uint32_t size_of(const std::vector<T>& items) {
    return static_cast<std::uint32_t>(items.size() * sizeof(T));
}

template <class T>
void drop(std::vector<T>& items) {
    std::vector<T>().swap(items);
}

// The address of a helper of the run-time, of a kernel call as this binding reaches it, or of a word
// of the Now page: what code refers to outside its image.
Word outside_address(Relocation::What what, std::uint32_t value, Binding binding) {
    // <since lab5>
    if (what == Relocation::What::Service) return function_address(kFirstService + value, binding);
    // </since>
    // Code and data of the image itself are not asked for here.
    // <lab4:bind what, value, binding, function_address, rt::helper_address, now_address>
    switch (what) {
    case Relocation::What::Helper:
        return rt::helper_address(value);
    case Relocation::What::KernelCall:
        return function_address(value, binding);
    case Relocation::What::Now:
        return now_address() + value;
    default:
        panic("a relocation inside the image was asked for");
    }
    // </lab4:bind>
}

// <since lab5>
// Declarations that an image refers to. Each is looked up once.
struct Declarations {
    const Program& program;
    std::vector<Word> types = std::vector<Word>(program.module().structs.size()); // 0: not yet

    Word exchange_type(std::uint32_t index) {
        if (!types[index])
            types[index] = word(type_registry().exchange_type(program.module(), index));
        return types[index];
    }
    // </since>
    // <since lab6>
    std::vector<Word> contracts = std::vector<Word>(program.module().contracts.size());

    Word contract(std::uint32_t index) {
        if (!contracts[index])
            contracts[index] = word(type_registry().contract(program.verified, index));
        return contracts[index];
    }
    // </since>
    // <since lab5>
};
// </since>

// Copies stack maps and their slots to `address`: the collector reads them at the SIP's own level.
void put_maps(Image& image, Word address) {
    auto put = [&](const auto& items) {
        std::memcpy(pointer<void>(address), items.data(), size_of(items));
        return std::exchange(address, address + size_of(items));
    };
    image.map_count = static_cast<std::uint32_t>(image.native.maps.size());
    image.maps = put(image.native.maps);
    image.map_slots = put(image.native.map_slots);
}

// Puts `image.native` into frames of its own, links it for where it lies, and seals them: code and data
// are written by nobody from then on. The stack maps lie behind the data, at a multiple of
// kMapAlignment bytes. The rest of the frames is zero. Error: NoMemory.
Result<void> settle(Image& image, const Resolve& resolve) {
    // <lab4:seal pages_for(0), size_of(image.native.maps), put_maps, kMapAlignment, resolve>
    const verifier::NativeImage& native = image.native;
    const std::size_t maps_at =
        (native.data.size() + kMapAlignment - 1) / kMapAlignment * kMapAlignment;
    const std::size_t all_data = maps_at + size_of(native.maps) + size_of(native.map_slots);
    image.code = TRY(Frames::allocate(Zone::Sip, pages_for(native.code.size()), Zeroed::Yes));
    image.data = TRY(Frames::allocate(Zone::Sip, pages_for(all_data), Zeroed::Yes));
    const Word code = image.code.start().raw(), data = image.data.start().raw();
    std::memcpy(pointer<void>(code), native.code.data(), native.code.size());
    std::memcpy(pointer<void>(data), native.data.data(), native.data.size());
    verifier::link(native, {pointer<std::uint8_t>(code), native.code.size()}, code,
                   {pointer<std::uint8_t>(data), native.data.size()}, data, resolve);
    put_maps(image, data + maps_at);
    image.code_size = static_cast<std::uint32_t>(native.code.size());
    image.start = code + native.start;
    seal(image.code);
    seal(image.data);
    return {};
    // </lab4:seal>
}

} // namespace

Image::Image() { images.push_back(*this); }

Image::~Image() {
    if (start) debug_image_gone(*this);
    unseal(code);
    unseal(data);
}

Installed<ImageRef> make_image(const ProgramRef& program, Binding binding, bool checks,
                               verifier::NativeImage compiled) {
    ImageRef image(new Image);
    image->program = program;
    image->binding = binding;
    image->checks = checks;
    image->native = std::move(compiled);
    // <since lab5>
    Declarations declarations{*program};
    // </since>
    auto resolve = [&](Relocation::What what, std::uint32_t value) {
        // <since lab5>
        if (what == Relocation::What::ExchangeType) return declarations.exchange_type(value);
        // </since>
        // <since lab6>
        if (what == Relocation::What::Contract) return declarations.contract(value);
        if (image->native.starts_threads && what == Relocation::What::KernelCall)
            return waiting_function_address(value, binding);
        if (image->native.starts_threads && what == Relocation::What::Service)
            return waiting_function_address(kFirstService + value, binding);
        // </since>
        return outside_address(what, value, binding);
    };
    if (!settle(*image, resolve)) return std::unexpected(Refusal{"no memory left for its code"});
    verifier::NativeImage& native = image->native;
    drop(native.code);
    drop(native.data);
    drop(native.relocations);
    drop(native.maps);
    drop(native.map_slots);
    debug_image_made(*image);
    return image;
}

// <since lab5>
TypeRegistry& type_registry() {
    static auto& registry = *new TypeRegistry;
    return registry;
}
// </since>

} // namespace singlet::kern
