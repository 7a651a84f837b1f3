// The image as it grows: functions and trap stubs in its code; descriptors, literals and tables in
// its read-only data. Stubs and data are made when they are first asked for.
#pragma once

#include "verifier/field_layout.hh"
#include "verifier/x86/assembler.hh"

namespace singlet::verifier::x86 {

class ImageBuilder {
public:
    explicit ImageBuilder(const Verified& verified);

    const Verified& verified() const { return verified_; }
    NativeImage& image() { return image_; }

    // Functions are called by number until all are placed.
    static Symbol function(std::uint32_t index) {
        return {true, Relocation::What::Code, kFunctionFlag | index};
    }
    static Symbol helper(Helper h) {
        return {true, Relocation::What::Helper, static_cast<std::uint32_t>(h)};
    }
    static Symbol data(std::uint32_t offset) { return {true, Relocation::What::Data, offset}; }
    // The stub that ends the SIP for this reason; the return address says where the program was.
    Symbol trap(rt::TrapReason reason);

    Symbol literal(std::uint32_t string);
    Symbol class_descriptor(std::uint32_t cls);
    Symbol array_descriptor(Kind element);
    // <since lab5>
    Symbol cell_descriptor();
    // </since>
    // The classes that implement an interface.
    std::span<const std::uint16_t> implementers(std::uint32_t interface);
    // Where the fields of a class or exchange struct lie.
    const FieldLayout& layout(const Type& holder);

    std::uint32_t data_size() const { return static_cast<std::uint32_t>(image_.data.size()); }
    void data_word(std::uint32_t word, Symbol symbol = {});
    void data_bytes(const void* bytes, std::size_t count);

    // <since lab6>
    // The thunk with which a thread begins that calls this function.
    Symbol thunk(std::uint32_t function);
    // </since>
    void emit_start();
    void finish();

private:
    static constexpr std::uint32_t kFunctionFlag = 0x80000000;
    // <since lab6>
    static constexpr std::uint32_t kThunkFlag = 0x40000000; // the thunk of that function
    void point_of_beginning(std::uint32_t function);
    // </since>
    std::uint32_t emit_thunk(std::uint32_t function);
    static constexpr std::uint32_t kNone = 0xffffffff;

    std::uint32_t descriptor(rt::TypeDescriptor fixed);
    std::uint32_t string_descriptor();

    const Verified& verified_;
    NativeImage image_;
    std::vector<std::uint32_t> literals_, classes_;
    std::vector<FieldLayout> class_layouts_, struct_layouts_; // each when first asked for
    std::vector<std::vector<std::uint16_t>> implementers_;    // of each, when first asked for
    std::uint32_t arrays_[16], traps_[16];
    std::uint32_t string_ = kNone;
    // <since lab5>
    std::uint32_t cell_ = kNone;
    // </since>
    // <since lab6>
    std::vector<std::uint32_t> thunks_; // where that of each function begins; 0 until it is placed
    // </since>
};

} // namespace singlet::verifier::x86
