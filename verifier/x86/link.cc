#include <cstring>

#include "lib/core/assert.hh"
#include "verifier/compile.hh"

namespace singlet::verifier {

void link(const NativeImage& image, std::span<std::uint8_t> code, rt::Word code_address,
          std::span<std::uint8_t> data, rt::Word data_address,
          const std::function<rt::Word(Relocation::What, std::uint32_t)>& resolve) {
    // <lab4:link image, code, code_address, data, data_address, resolve>
    for (const auto& r : image.relocations) {
        bool in_code = r.where == Relocation::Where::Code;
        auto* field = (in_code ? code : data).data() + r.offset;
        rt::Word value;
        std::memcpy(&value, field, sizeof value);
        switch (r.what) {
        case Relocation::What::Code:
            value += code_address + r.value;
            break;
        case Relocation::What::Data:
            value += data_address + r.value;
            break;
        default:
            value += resolve(r.what, r.value);
            break;
        }
        if (r.relative) value -= (in_code ? code_address : data_address) + r.offset + 4;
        std::memcpy(field, &value, sizeof value);
    }
    // </lab4:link>
}

} // namespace singlet::verifier
