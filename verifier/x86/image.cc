#include "verifier/x86/image.hh"

#include <algorithm>

#include "verifier/x86/allocate.hh"

namespace singlet::verifier::x86 {

ImageBuilder::ImageBuilder(const Verified& verified)
    : verified_(verified), literals_(verified.module().strings.size(), kNone),
      classes_(verified.module().classes.size(), kNone),
      class_layouts_(verified.module().classes.size()),
      struct_layouts_(verified.module().structs.size()) {
    std::fill(std::begin(arrays_), std::end(arrays_), kNone);
    std::fill(std::begin(traps_), std::end(traps_), kNone);
    // <since lab6>
    for (const Function& f : verified.module().functions)
        for (const Instruction& i : f.code)
            image_.starts_threads |= i.op == Opcode::Start;
    // </since>
}

void ImageBuilder::data_word(std::uint32_t word, Symbol symbol) {
    if (symbol.present)
        image_.relocations.push_back({.offset = data_size(),
                                      .where = Relocation::Where::Data,
                                      .what = symbol.what,
                                      .relative = false,
                                      .value = symbol.value});
    data_bytes(&word, sizeof word);
}

void ImageBuilder::data_bytes(const void* bytes, std::size_t count) {
    auto* from = static_cast<const std::uint8_t*>(bytes);
    image_.data.insert(image_.data.end(), from, from + count);
    while (image_.data.size() % 4 != 0)
        image_.data.push_back(0);
}

std::uint32_t ImageBuilder::descriptor(rt::TypeDescriptor fixed) {
    auto at = data_size();
    data_bytes(&fixed, sizeof fixed);
    return at;
}

std::uint32_t ImageBuilder::string_descriptor() {
    if (string_ == kNone)
        string_ = descriptor({.kind = rt::DescriptorKind::String,
                              .element_size = 1,
                              .class_index = 0,
                              .instance_size = rt::kDataOffset,
                              .reference_count = 0,
                              .method_count = 0});
    return string_;
}

Symbol ImageBuilder::literal(std::uint32_t string) {
    if (literals_[string] == kNone) {
        auto type = string_descriptor();
        const auto& text = verified_.module().strings[string];
        literals_[string] = data_size();
        data_word(0, data(type));
        data_word(static_cast<std::uint32_t>(text.size()));
        data_bytes(text.data(), text.size());
    }
    return data(literals_[string]);
}

Symbol ImageBuilder::class_descriptor(std::uint32_t index) {
    if (classes_[index] != kNone) return data(classes_[index]);
    const auto& module = verified_.module();
    const auto& cls = module.classes[index];
    const auto& place = layout({.kind = Kind::Ref, .index = static_cast<std::uint16_t>(index)});
    std::vector<std::uint32_t> references;
    for (std::size_t f = 0; f < cls.fields.size(); ++f)
        if (is_collected(module.types[cls.fields[f].type].kind))
            references.push_back(place.offsets[f]);
    std::vector<std::uint32_t> methods;
    for (const auto& m : cls.implementations) {
        if (methods.size() <= m.method) methods.resize(m.method + 1u, kNone);
        methods[m.method] = m.function;
    }
    classes_[index] = descriptor({.kind = rt::DescriptorKind::Object,
                                  .element_size = 0,
                                  .class_index = static_cast<std::uint16_t>(index),
                                  .instance_size = rt::kDataOffset + place.size,
                                  .reference_count = static_cast<std::uint16_t>(references.size()),
                                  .method_count = static_cast<std::uint16_t>(methods.size())});
    for (auto m : methods)
        data_word(0, m == kNone ? Symbol{} : function(m));
    for (auto offset : references)
        data_word(offset);
    return data(classes_[index]);
}

Symbol ImageBuilder::array_descriptor(Kind element) {
    auto slot = is_collected(element) ? 0u : storage_size(element);
    if (arrays_[slot] == kNone) {
        auto kind = slot == 0 ? rt::DescriptorKind::References : rt::DescriptorKind::Scalars;
        arrays_[slot] = descriptor({.kind = kind,
                                    .element_size = static_cast<std::uint8_t>(slot ? slot : 4),
                                    .class_index = 0,
                                    .instance_size = rt::kDataOffset,
                                    .reference_count = 0,
                                    .method_count = 0});
    }
    return data(arrays_[slot]);
}

// <since lab5>
Symbol ImageBuilder::cell_descriptor() {
    if (cell_ == kNone)
        cell_ = descriptor({.kind = rt::DescriptorKind::Cell,
                            .element_size = 0,
                            .class_index = 0,
                            .instance_size = rt::kDataOffset + 4,
                            .reference_count = 0,
                            .method_count = 0});
    return data(cell_);
}
// </since>

const FieldLayout& ImageBuilder::layout(const Type& holder) {
    const auto& module = verified_.module();
    const bool is_class = holder.kind == Kind::Ref;
    const auto& fields =
        is_class ? module.classes[holder.index].fields : module.structs[holder.index].fields;
    auto& result = (is_class ? class_layouts_ : struct_layouts_)[holder.index];
    if (result.offsets.size() != fields.size()) result = lay_out(module, fields);
    return result;
}

std::span<const std::uint16_t> ImageBuilder::implementers(std::uint32_t interface) {
    const auto& classes = verified_.module().classes;
    if (implementers_.empty()) {
        implementers_.resize(classes.size());
        for (std::size_t c = 0; c < classes.size(); ++c)
            for (auto i : classes[c].interfaces)
                implementers_[i].push_back(static_cast<std::uint16_t>(c));
    }
    return implementers_[interface];
}

// The function that asks is not in the image yet, so the stub comes to lie before it.
Symbol ImageBuilder::trap(rt::TrapReason reason) {
    auto& at = traps_[static_cast<std::size_t>(reason)];
    if (at == kNone) {
        Assembler as;
        as.push(Operand::constant(0));
        as.push(Operand::constant(static_cast<std::int32_t>(reason)));
        as.call(helper(Helper::Trap));
        at = static_cast<std::uint32_t>(image_.code.size());
        as.finish(image_.code, image_.relocations);
    }
    return {true, Relocation::What::Code, at};
}

// A thunk that the kernel calls: parameters as cdecl words, moved to where the function wants them. Its frame is the last one
// that the collector sees.
std::uint32_t ImageBuilder::emit_thunk(std::uint32_t number) {
    const auto& module = verified_.module();
    const auto& entry = module.functions[number];
    Arguments arguments(module, entry.params);
    Assembler as;
    for (auto reg : {Reg::EBX, Reg::ESI, Reg::EDI, Reg::EBP})
        as.push(reg);
    auto outgoing = static_cast<std::int32_t>(arguments.stack_words);
    if (outgoing != 0) as.alu(Op::Sub, Reg::ESP, Operand::constant(4 * outgoing));
    std::int32_t from = 4 * (outgoing + 4 + 1);
    // Stack arguments first, through EAX, which an argument may take afterwards.
    for (bool in_register : {false, true}) {
        std::int32_t at = from;
        for (std::size_t k = 0; k < entry.params.size(); ++k) {
            bool wide = module.types[entry.params[k]].kind == Kind::I64;
            const auto& place = arguments.places()[k];
            for (int half = 0; half <= (wide ? 1 : 0); ++half, at += 4) {
                if (place.in_register != in_register) continue;
                auto to = in_register ? place.reg : Reg::EAX;
                as.mov(to, Operand::memory(Reg::ESP, at));
                auto slot =
                    static_cast<std::int32_t>(4 * (place.word + static_cast<unsigned>(half)));
                if (!in_register) as.mov(Operand::memory(Reg::ESP, slot), to);
            }
        }
    }
    as.call(function(number));
    auto returned = as.here();
    if (outgoing != 0) as.alu(Op::Add, Reg::ESP, Operand::constant(4 * outgoing));
    for (auto reg : {Reg::EBP, Reg::EDI, Reg::ESI, Reg::EBX})
        as.pop(reg);
    as.ret();
    auto begin = static_cast<std::uint32_t>(image_.code.size());
    as.finish(image_.code, image_.relocations);
    image_.maps.push_back({.return_address = as.moved(returned),
                           .frame_size = static_cast<std::uint16_t>(outgoing + 4),
                           .slot_count = 0,
                           .first_slot = 0,
                           .saved_mask = 15,
                           .register_mask = 0,
                           .argument_mask = 0,
                           .reserved = 0});
    return begin;
}

void ImageBuilder::emit_start() {
    image_.start = emit_thunk(verified_.module().manifest.entry);
    // <since lab6>
    for (std::uint32_t f = 0; f < thunks_.size(); ++f) {
        if (thunks_[f] == kNone) continue;
        point_of_beginning(f);
        thunks_[f] = emit_thunk(f);
    }
    // </since>
}

// <since lab6>
// A thread that has not run yet stands as if a call were to return to its thunk, which has no frame then, only a return address
// and the arguments behind it.
void ImageBuilder::point_of_beginning(std::uint32_t number) {
    const auto& module = verified_.module();
    auto first = static_cast<rt::Word>(image_.map_slots.size());
    std::uint16_t word = 1;
    for (auto param : module.functions[number].params) {
        const Kind kind = module.types[param].kind;
        if (is_collected(kind)) image_.map_slots.push_back(word);
        word += kind == Kind::I64 ? 2 : 1;
    }
    image_.maps.push_back(
        {.return_address = static_cast<rt::Word>(image_.code.size()),
         .frame_size = 0,
         .slot_count = static_cast<std::uint16_t>(image_.map_slots.size() - first),
         .first_slot = first,
         .saved_mask = 0,
         .register_mask = 0,
         .argument_mask = 0,
         .reserved = 0});
}

Symbol ImageBuilder::thunk(std::uint32_t function) {
    thunks_.resize(verified_.module().functions.size(), kNone);
    thunks_[function] = 0;
    return {true, Relocation::What::Code, kThunkFlag | function};
}
// </since>

void ImageBuilder::finish() {
    for (auto& r : image_.relocations) {
        if (r.what != Relocation::What::Code) continue;
        if (r.value & kFunctionFlag) r.value = image_.functions[r.value & ~kFunctionFlag].begin;
        // <since lab6>
        else if (r.value & kThunkFlag)
            r.value = thunks_[r.value & ~kThunkFlag];
        // </since>
    }
}

} // namespace singlet::verifier::x86
