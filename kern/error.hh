// Why something in the kernel could not be done, when nobody is to blame for a bug.
#pragma once
#include "lib/core/try.hh"
#include <cstdint>
#include <expected>
#include <string_view>

namespace singlet::kern {

enum class Error : std::uint8_t { NoMemory, BadAddress, BadArgument, NotFound, InUse, Limit };

constexpr std::string_view name_of(Error error) {
    switch (error) {
    case Error::NoMemory:
        return "no memory left";
    case Error::BadAddress:
        return "bad address";
    case Error::BadArgument:
        return "bad argument";
    case Error::NotFound:
        return "not found";
    case Error::InUse:
        return "in use";
    case Error::Limit:
        return "a limit is reached";
    }
    return "unknown error";
}

template <class T>
using Result = std::expected<T, Error>;

} // namespace singlet::kern
