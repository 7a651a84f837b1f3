// TRY(expression) is the happy path: it yields the value of a std::expected, or leaves the function
// with its error. It uses a GNU statement expression, as the hardware has no exceptions to offer.
#pragma once
#include <expected>
#include <utility>

#define TRY(expression)                                                                            \
    ({                                                                                             \
        auto&& try_result_ = (expression);                                                         \
        if (!try_result_.has_value()) [[unlikely]]                                                 \
            return std::unexpected(std::move(try_result_).error());                                \
        ::singlet::try_value(std::move(try_result_));                                              \
    })

namespace singlet {

template <class T, class E>
T try_value(std::expected<T, E>&& result) {
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

} // namespace singlet
