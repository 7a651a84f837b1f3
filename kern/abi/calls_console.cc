// Kernel calls that write to the console. Strings and byte arrays have the same shape, collected or
// not [lib/rt/layout.hh].
#include "kern/abi/calls.hh"
#include "kern/dev/console.hh"

namespace singlet::kern {

namespace {

std::string_view bytes_at(Word address) {
    return {pointer<const char>(address + rt::kDataOffset), *pointer<const Word>(address + 4)};
}

void print_part(std::string_view bytes, const Word* arguments) {
    Word at = arguments[1], count = arguments[2];
    if (at > bytes.size() || count > bytes.size() - at)
        trap_sip(rt::TrapReason::OutOfBounds, 0, arguments);
    console().put(bytes.substr(at, count));
}

} // namespace

Word kernel_print(const Word* arguments) {
    console().put(bytes_at(arguments[0]));
    return 0;
}
Word kernel_print_bytes(const Word* arguments) {
    print_part(bytes_at(arguments[0]), arguments);
    return 0;
}
// <since lab5>
Word kernel_print_vec(const Word* arguments) {
    print_part(bytes_at(arguments[0]), arguments);
    return 0;
}
// </since>
Word kernel_print_int(const Word* arguments) {
    print("{}", static_cast<std::int32_t>(arguments[0]));
    return 0;
}

} // namespace singlet::kern
