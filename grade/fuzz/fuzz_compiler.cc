// Modules changed a little: whatever the verifier accepts is compiled, with and without checks, to an image whose parts fit
// together and that can be linked.
#include "grade/fuzz/target.hh"

#include <algorithm>

#include "verifier/compile.hh"
#include "verifier/decode.hh"
#include "verifier/limits.hh"

using namespace singlet;
using namespace singlet::verifier;

namespace {

void require(bool holds, const char* what, const Module& module) {
    if (!holds) fuzz::hole(std::string("the image is wrong: ") + what, module);
}

void check_image(const NativeImage& image, const Module& module) {
    const std::size_t code = image.code.size(), data = image.data.size();
    require(image.start < code, "its start lies outside", module);
    require(image.functions.size() == module.functions.size(), "functions are missing", module);
    std::uint32_t end = 0;
    for (const NativeFunction& f : image.functions) {
        require(f.begin >= end && f.begin < f.end && f.end <= code, "functions overlap", module);
        require(f.cold >= f.begin && f.cold <= f.end, "a cold part lies outside", module);
        end = f.end;
    }
    for (const Relocation& r : image.relocations) {
        const bool in_code = r.where == Relocation::Where::Code;
        require(r.offset + 4 <= (in_code ? code : data), "a relocation lies outside", module);
        if (r.what == Relocation::What::Code) require(r.value < code, "no code there", module);
        if (r.what == Relocation::What::Data) require(r.value <= data, "no data there", module);
    }
    for (const rt::StackMap& map : image.maps) {
        require(map.return_address <= code, "a stack map lies outside", module);
        require(map.first_slot + map.slot_count <= image.map_slots.size(), "slots are missing",
                module);
        for (std::uint32_t s = 0; s < map.slot_count; ++s) { // of the frame or an incoming argument
            const std::uint32_t slot = image.map_slots[map.first_slot + s];
            require(slot != map.frame_size, "a slot is the return address", module);
            require(slot <= map.frame_size + 2 * limits::kParameters, "a slot lies outside",
                    module);
        }
        require((map.register_mask & ~map.saved_mask & 0xf0) == 0, "a register is unknown", module);
    }
    require(std::ranges::is_sorted(image.maps, {}, &rt::StackMap::return_address),
            "stack maps are not sorted", module);
    require(std::ranges::is_sorted(image.lines, {}, &NativeLine::offset), "lines are not sorted",
            module);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
    auto module = decode({input, size});
    if (!module) return 0;
    const auto verified = verify(std::move(*module), fuzz::environment());
    if (!verified) return 0;
    for (const bool checks : {true, false}) {
        const NativeImage image = compile(*verified, {.checks = checks});
        check_image(image, verified->module());
        auto code = image.code;
        auto data = image.data;
        link(image, code, 0x100000, data, 0x900000,
             [](Relocation::What, std::uint32_t value) { return 0x200000 + value; });
    }
    return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
    return fuzz::mutate_module(data, size, most, seed);
}
