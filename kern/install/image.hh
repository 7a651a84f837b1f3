// A program as it runs: decoded, verified, compiled, linked and sealed. Code and data lie in frames
// of their own that nobody writes any more once the image exists; all instances of the SIP share
// them. The same module is compiled once for each binding that is in use.
#pragma once
#include "kern/abi/binding.hh"
#include "kern/abi/word.hh"
#include "kern/mem/frames.hh"
#include "lib/core/list.hh"
#include "lib/core/ref.hh"
#include "verifier/compile.hh"
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace singlet::kern {

/// A module that was verified; images are made of it.
struct Program : Counted {
    Program(std::string_view name, verifier::Verified proved)
        : file(name), verified(std::move(proved)) {}
    std::string file;
    verifier::Verified verified;
    const verifier::Module& module() const { return verified.module(); }
};
using ProgramRef = Ref<Program>;

struct Image : Counted {
    Image();
    Image(const Image&) = delete;
    Image& operator=(const Image&) = delete;
    ~Image();

    ProgramRef program;
    Binding binding = Binding::Call;
    bool checks = true;
    Frames code, data;            // sealed
    verifier::NativeImage native; // without code and data: functions, lines
    Word start = 0;               // address of the start thunk
    Word maps = 0, map_slots = 0; // stack maps, in the data
    std::uint32_t map_count = 0;
    std::uint32_t code_size = 0;
    ListLink link; // of all images

    bool in_code(Word address) const {
        return address >= code.start().raw() && address < code.start().raw() + code_size;
    }
    bool in_data(Word address, std::uint32_t size) const {
        return address >= data.start().raw() && address - data.start().raw() <= data.size() &&
               size <= data.size() - (address - data.start().raw());
    }
};
using ImageRef = Ref<Image>;
using ImageList = List<Image, &Image::link>;

/// All images there are: one goes when the last SIP that runs it does.
extern ImageList images;

/// Why something was refused, as one sentence.
struct Refusal {
    std::string sentence;
};
template <class T>
using Installed = std::expected<T, Refusal>;

/// Decodes and verifies a .sbc file.
Installed<ProgramRef> install(std::string_view file, std::span<const std::uint8_t> bytes);
/// Compiles; with `checks` as everywhere but in the mode without them.
Installed<verifier::NativeImage> compile(const Program& program, bool checks);
/// Links what was compiled and seals it.
Installed<ImageRef> make_image(const ProgramRef& program, Binding binding, bool checks,
                               verifier::NativeImage compiled);
/// Compiles for a binding, or finds the image that is there already.
Installed<ImageRef> image_for(const ProgramRef& program, Binding binding, bool checks);

// <since lab5>
class TypeRegistry;
TypeRegistry& type_registry();
// </since>

} // namespace singlet::kern
