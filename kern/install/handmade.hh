// For tests: images made of machine code that no compiler has seen, and SIPs that run them. The program
// behind such an image is the smallest that can be proved, an alibi.
#pragma once
#include "kern/abi/calls.hh"
#include "kern/boot/options.hh"
#include "kern/boot/test.hh"
#include "kern/install/image.hh"
// <since lab7>
#include "kern/proc/domain.hh"
// </since>
#include "kern/proc/sip.hh"

namespace singlet::kern::handmade {

inline ProgramRef alibi() {
    verifier::Module module;
    module.types.assign(std::begin(verifier::kBuiltinTypes), std::end(verifier::kBuiltinTypes));
    verifier::Function& main = module.functions.emplace_back();
    main.name = "main";
    main.registers = 1;
    main.blocks = {0};
    main.code.push_back({.op = verifier::Opcode::RetVoid, .a = 0, .b = 0, .c = 0, .imm = 0});
    module.manifest.sip = "handmade";
    auto verified = verifier::verify(std::move(module), {abi::kKernelCalls});
    CHECK(verified.has_value());
    return ProgramRef(new Program("handmade", std::move(*verified)));
}

/// An image of this code, which begins with its first byte.
inline ImageRef image_of(verifier::NativeImage native, Binding binding = Binding::Call) {
    auto image = make_image(alibi(), binding, true, std::move(native));
    CHECK(image.has_value());
    return *image;
}

/// Where such SIPs live.
class Place {
public:
    Sip& start(verifier::NativeImage native) { return start(image_of(std::move(native))); }
    Sip& start(ImageRef image) {
        // <since lab7 = auto sip = create_sip("handmade", std::move(image));>
        auto sip = create_sip("handmade", std::move(image), *domain);
        // </since>
        CHECK(sip.has_value());
        CHECK(start_sip(**sip).has_value());
        return **sip;
    }
    // <since lab7>
    std::unique_ptr<Domain> domain = *Domain::create(
        "handmade", Level::Kernel, mode_has_paging(options().protect), Ref<DomainHeap>{});
    // </since>
};

} // namespace singlet::kern::handmade
