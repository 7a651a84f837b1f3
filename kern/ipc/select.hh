// `select`: wait until a case matches the heads of the queues. The table is what the compiler puts
// into an image's data [verifier/compile.hh]; cases are tried in order.
#pragma once
#include "kern/ipc/channel.hh"
#include "verifier/compile.hh"
#include "verifier/limits.hh"

namespace singlet::kern {

inline constexpr int kSelectHoards =
    static_cast<int>(verifier::kNoRoom); // `self` may not receive the message: nothing was taken
inline constexpr int kSelectFailed = -2; // a deep copy found no memory (CPL 3 only)

/// Returns the case's number, with arguments and members in `out`, or one of the above. Each operand is
/// the address of an endpoint or a set that is a root of `self`.
int select(ExchangeHeap& heap, Party& self, const verifier::SelectEntry* table,
           std::uint32_t operand_count, const Word* operands, Word* out);

} // namespace singlet::kern
