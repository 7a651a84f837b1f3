#include "kern/install/image.hh"

#include "kern/abi/calls.hh"
#include "kern/boot/options.hh"
#include "kern/cpu/exit.hh"
#include "kern/dev/console.hh"
#include "kern/ipc/registry.hh"
#include "kern/mem/heap.hh"
#include "kern/proc/sip_memory.hh"
#include "lib/core/try.hh"
#include "lib/rt/kernel.hh"
#include "verifier/budget.hh"
#include "verifier/decode.hh"
#include <algorithm>
#include <cstring>

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

constexpr std::uint32_t kMapAlignment = 16;
constexpr std::uint64_t kMostDeclarations = 16u << 20; // bytes of declarations, written out

std::uint32_t pages_for(std::size_t bytes) {
    return std::max(1u, static_cast<std::uint32_t>((bytes + kPageSize - 1) / kPageSize));
}

template <class T>
std::uint32_t size_of(const std::vector<T>& items) {
    return static_cast<std::uint32_t>(items.size() * sizeof(T));
}

constinit bool show_memory = false;
bool set_memory(std::string_view value) { return show_memory = value == "1", value.size() == 1; }
OPTION(memory, set_memory, "0 or 1");

// A step of the installation, which may take no more than `most` bytes of the kernel's memory. Its
// containers cannot say that there is none left, so it is not begun without room for all of that.
class Step {
public:
    Step(const char* name, std::uint64_t most)
        : name_(name), most_(most), has_room_(heap::has_room(most)), before_(heap::counts().frames),
          promise_(has_room_ ? most : 0) {
        heap::watch_most();
    }
    ~Step() {
        if (!show_memory || !has_room_) return;
        std::uint32_t took = (heap::counts().most_frames - before_) * (kPageSize / 1024);
        print("install {}: took {} KB of {} KB\n", name_, took, most_ / 1024);
    }
    Installed<void> begin() const {
        if (has_room_) return {};
        constexpr std::uint32_t kMegabyte = 1u << 20;
        return std::unexpected(Refusal{std::string("no memory left to ") + name_ +
                                       " it, which may take " +
                                       std::to_string(most_ / kMegabyte + 1) + " MB"});
    }

private:
    const char* name_;
    std::uint64_t most_;
    bool has_room_;
    std::uint32_t before_;
    heap::Promise promise_;
};

// The addresses of what an image refers to outside itself. A declaration is looked up once.
class Resolver {
public:
    Resolver(const Program& program, Binding binding)
        : program_(program), binding_(binding), types_(program.module().structs.size()),
          contracts_(program.module().contracts.size()) {}

    Word resolve(Relocation::What what, std::uint32_t value) {
        switch (what) {
        case Relocation::What::Helper:
            return rt::helper_address(value);
        case Relocation::What::Service:
            return function_address(kFirstService + value, binding_);
        case Relocation::What::KernelCall:
            return function_address(value, binding_);
        case Relocation::What::ExchangeType:
            if (!types_[value])
                types_[value] = word(type_registry().exchange_type(program_.module(), value));
            return types_[value];
        case Relocation::What::Contract:
            if (!contracts_[value])
                contracts_[value] = word(type_registry().contract(program_.verified, value));
            return contracts_[value];
        case Relocation::What::Now:
            return now_address() + value;
        default:
            panic("a relocation inside the image was asked for");
        }
    }

private:
    const Program& program_;
    Binding binding_;
    std::vector<Word> types_, contracts_; // 0: not looked up yet
};

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

Installed<verifier::Module> decode(std::span<const std::uint8_t> bytes) {
    std::size_t size = std::min<std::size_t>(bytes.size(), verifier::limits::kFileBytes);
    Step step("decode", verifier::memory_to_decode(size));
    TRY(step.begin());
    auto module = verifier::decode(bytes);
    if (!module) return std::unexpected(Refusal{module.error().to_string()});
    return std::move(*module);
}

Installed<verifier::Verified> verify(verifier::Module module) {
    Step step("verify", verifier::memory_to_verify(module));
    TRY(step.begin());
    const verifier::Environment environment{abi::kKernelCalls};
    auto verified = verifier::verify(std::move(module), environment);
    if (!verified) return std::unexpected(Refusal{verified.error().to_string()});
    return std::move(*verified);
}

} // namespace

Image::Image() { images.push_back(*this); }

Image::~Image() {
    if (start) debug_image_gone(*this);
    unseal(code);
    unseal(data);
}

Installed<verifier::NativeImage> compile(const Program& program, bool checks) {
    Step step("compile", verifier::memory_to_compile(program.verified));
    TRY(step.begin());
    return verifier::compile(program.verified, {.checks = checks});
}

Installed<ImageRef> make_image(const ProgramRef& program, Binding binding, bool checks,
                               verifier::NativeImage compiled) {
    ImageRef image(new Image);
    image->program = program;
    image->binding = binding;
    image->checks = checks;
    image->native = std::move(compiled);
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
    Resolver outside(*program, binding);
    verifier::link(
        native, {pointer<std::uint8_t>(code_at), native.code.size()}, code_at,
        {pointer<std::uint8_t>(data_at), native.data.size()}, data_at,
        [&](Relocation::What what, std::uint32_t value) { return outside.resolve(what, value); });
    lay_out_maps(*image, static_cast<std::uint32_t>(maps_at));
    image->start = code_at + native.start;
    for (auto* used : {&native.code, &native.data})
        std::vector<std::uint8_t>().swap(*used);
    std::vector<Relocation>().swap(native.relocations);
    std::vector<rt::StackMap>().swap(native.maps);
    std::vector<std::uint16_t>().swap(native.map_slots);
    seal(image->code);
    seal(image->data);
    debug_image_made(*image);
    return image;
}

Installed<ProgramRef> install(std::string_view file, std::span<const std::uint8_t> bytes) {
    auto module = TRY(decode(bytes));
    if (TypeRegistry::most_text(module) > kMostDeclarations)
        return std::unexpected(Refusal{"its structs and contracts are too many to be compared"});
    return ProgramRef(new Program(file, TRY(verify(std::move(module)))));
}

Installed<ImageRef> image_for(const ProgramRef& program, Binding binding, bool checks) {
    for (Image* known = images.first(); known; known = images.next(*known))
        if (known->program == program && known->binding == binding && known->checks == checks)
            return ImageRef(known);
    return make_image(program, binding, checks, TRY(compile(*program, checks)));
}

TypeRegistry& type_registry() {
    static auto& registry = *new TypeRegistry;
    return registry;
}

} // namespace singlet::kern
