// From a file to a program and its machine code: decode, verify, compile. Each step is promised the
// memory that it may take before it begins.
#include "kern/install/image.hh"

#include "kern/abi/signatures.hh"
#include "kern/boot/options.hh"
#include "kern/dev/console.hh"
// <since lab5>
#include "kern/ipc/registry.hh"
// </since>
#include "kern/mem/heap.hh"
#include "lib/core/try.hh"
#include "verifier/budget.hh"
#include "verifier/decode.hh"
#include <algorithm>

namespace singlet::kern {

namespace {

// <since lab5>
constexpr std::uint64_t kMostDeclarations = 16u << 20; // bytes of declarations, written out
// </since>

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

Installed<verifier::BoundedModule> decode(std::span<const std::uint8_t> bytes) {
    std::size_t size = std::min<std::size_t>(bytes.size(), verifier::limits::kFileBytes);
    Step step("decode", verifier::memory_to_decode(size));
    TRY(step.begin());
    auto module = verifier::decode(bytes);
    if (!module) return std::unexpected(Refusal{module.error().to_string()});
    return std::move(*module);
}

Installed<verifier::Verified> verify(verifier::BoundedModule module) {
    Step step("verify", verifier::memory_to_verify(module));
    TRY(step.begin());
    const verifier::Environment environment{abi::kKernelCalls};
    auto verified = verifier::verify(std::move(module), environment);
    if (!verified) return std::unexpected(Refusal{verified.error().to_string()});
    return std::move(*verified);
}

} // namespace

Installed<verifier::NativeImage> compile(const Program& program, bool checks) {
    Step step("compile", verifier::memory_to_compile(program.verified));
    TRY(step.begin());
    return verifier::compile(program.verified, {.checks = checks});
}

Installed<ProgramRef> install(std::string_view file, std::span<const std::uint8_t> bytes) {
    auto module = TRY(decode(bytes));
    // <since lab5>
    if (TypeRegistry::most_text(module) > kMostDeclarations)
        return std::unexpected(Refusal{"its structs and contracts are too many to be compared"});
    if (!type_registry().has_room_for(module))
        return std::unexpected(
            Refusal{"the structs and contracts of all programs so far are too many to be kept"});
    // </since>
    return ProgramRef(new Program(file, TRY(verify(std::move(module)))));
}

Installed<ImageRef> image_for(const ProgramRef& program, Binding binding, bool checks) {
    for (Image& known : images)
        if (known.program == program && known.binding == binding && known.checks == checks)
            return ImageRef(&known);
    return make_image(program, binding, checks, TRY(compile(*program, checks)));
}

} // namespace singlet::kern
