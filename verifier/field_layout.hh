// Where the fields of classes and exchange structs lie [lib/rt/layout.hh]: in order of declaration,
// each aligned to its size, I64 to 4.
#pragma once

#include <span>
#include <vector>

#include "verifier/module.hh"

namespace singlet::verifier {

constexpr std::uint32_t storage_size(Kind kind) {
    return kind == Kind::U8 ? 1 : kind == Kind::U16 ? 2 : kind == Kind::I64 ? 8 : 4;
}

struct FieldLayout {
    std::vector<std::uint32_t> offsets; // from the data, which begins at +8
    std::uint32_t size = 0;             // of the data, a multiple of 4
};

inline FieldLayout lay_out(const Module& module, std::span<const Field> fields) {
    FieldLayout result;
    for (const auto& field : fields) {
        auto size = storage_size(module.types[field.type].kind);
        auto alignment = size < 4 ? size : 4;
        result.size = (result.size + alignment - 1) / alignment * alignment;
        result.offsets.push_back(result.size);
        result.size += size;
    }
    result.size = (result.size + 3) / 4 * 4;
    return result;
}

} // namespace singlet::verifier
