#include "kern/install/image.hh"

#include "kern/abi/calls.hh"
#include "kern/cpu/exit.hh"
#include "kern/ipc/registry.hh"
#include "kern/proc/sip_memory.hh"
#include "lib/rt/kernel.hh"
#include "verifier/decode.hh"
#include <algorithm>
#include <cstring>

namespace singlet::kern {

namespace {

using verifier::Relocation;

constexpr std::uint32_t kMapAlignment = 16;

// All images there are: one goes when the last SIP that runs it does.
std::vector<Image*>& images() {
    static auto& list = *new std::vector<Image*>;
    return list;
}

std::uint32_t pages_for(std::size_t bytes) {
    return std::max(1u, static_cast<std::uint32_t>((bytes + kPageSize - 1) / kPageSize));
}

template <class T>
std::uint32_t size_of(const std::vector<T>& items) {
    return static_cast<std::uint32_t>(items.size() * sizeof(T));
}

// The address of what an image refers to outside itself.
Word resolve(const Program& program, Level level, Relocation::What what, std::uint32_t value) {
    switch (what) {
    case Relocation::What::Helper:
        return rt::helper_address(value);
    case Relocation::What::Service:
        return function_address(kFirstService + value, level);
    case Relocation::What::KernelCall:
        return function_address(value, level);
    case Relocation::What::ExchangeType:
        return word(type_registry().exchange_type(program.module(), value));
    case Relocation::What::Contract:
        return word(type_registry().contract(program.verified, value));
    case Relocation::What::Now:
        return now_address() + value;
    default:
        panic("a relocation inside the image was asked for");
    }
}

// Stack maps lie behind the data: the collector reads them at the SIP's own level.
void lay_out_maps(Image& image, std::uint32_t offset) {
    auto put = [&](const auto& items) {
        Word address = image.data.start().raw() + offset;
        std::memcpy(pointer<void>(address), items.data(), size_of(items));
        offset += size_of(items);
        return address;
    };
    image.map_count = static_cast<std::uint32_t>(image.native.maps.size());
    image.maps = put(image.native.maps);
    image.map_slots = put(image.native.map_slots);
}

Installed<ImageRef> make_image(const ProgramRef& program, Level level, bool checks) {
    ImageRef image(new Image);
    image->program = program;
    image->level = level;
    image->checks = checks;
    image->native = verifier::compile(program->verified, {.checks = checks});
    verifier::NativeImage& native = image->native;
    std::size_t maps_at = (native.data.size() + kMapAlignment - 1) / kMapAlignment * kMapAlignment;
    auto code = Frames::allocate(Zone::Sip, pages_for(native.code.size()), Zeroed::Yes);
    auto data = Frames::allocate(
        Zone::Sip, pages_for(maps_at + size_of(native.maps) + size_of(native.map_slots)),
        Zeroed::Yes);
    if (!code || !data) return std::unexpected(Refusal{"no memory left for its code"});
    image->code = std::move(*code);
    image->data = std::move(*data);
    image->code_size = static_cast<std::uint32_t>(native.code.size());
    Word code_at = image->code.start().raw(), data_at = image->data.start().raw();
    std::memcpy(pointer<void>(code_at), native.code.data(), native.code.size());
    std::memcpy(pointer<void>(data_at), native.data.data(), native.data.size());
    verifier::link(native, {pointer<std::uint8_t>(code_at), native.code.size()}, code_at,
                   {pointer<std::uint8_t>(data_at), native.data.size()}, data_at,
                   [&](Relocation::What what, std::uint32_t value) {
                       return resolve(*program, level, what, value);
                   });
    lay_out_maps(*image, static_cast<std::uint32_t>(maps_at));
    image->start = code_at + native.start;
    for (auto* used : {&native.code, &native.data})
        std::vector<std::uint8_t>().swap(*used);
    std::vector<Relocation>().swap(native.relocations);
    seal(image->code);
    seal(image->data);
    return image;
}

} // namespace

Image::Image() { images().push_back(this); }

Image::~Image() {
    std::erase(images(), this);
    unseal(code);
    unseal(data);
}

Installed<ProgramRef> install(std::string_view file, std::span<const std::uint8_t> bytes) {
    auto module = verifier::decode(bytes);
    if (!module) return std::unexpected(Refusal{module.error().to_string()});
    const verifier::Environment environment{abi::kKernelCalls};
    auto verified = verifier::verify(std::move(*module), environment);
    if (!verified) return std::unexpected(Refusal{verified.error().to_string()});
    return ProgramRef(new Program(file, std::move(*verified)));
}

Installed<ImageRef> image_for(const ProgramRef& program, Level level, bool checks) {
    for (Image* known : images())
        if (known->program == program && known->level == level && known->checks == checks)
            return ImageRef(known);
    return make_image(program, level, checks);
}

TypeRegistry& type_registry() {
    static auto& registry = *new TypeRegistry;
    return registry;
}

} // namespace singlet::kern
