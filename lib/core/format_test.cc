#include "lib/core/format.hh"

#include <doctest/doctest.h>
#include <string>

namespace {

template <class... Args>
std::string formatted(singlet::FormatString<std::type_identity_t<Args>...> text,
                      const Args&... args) {
    char buffer[64];
    singlet::BufferSink sink(buffer);
    singlet::format_to(sink, text, args...);
    return std::string(sink.text());
}

} // namespace

TEST_CASE("numbers, texts and characters are shown as their types say") {
    CHECK(formatted("plain") == "plain");
    CHECK(formatted("{} {} {}", 1, -2, 'c') == "1 -2 c");
    CHECK(formatted("{}", std::uint64_t(UINT64_MAX)) == "18446744073709551615");
    CHECK(formatted("{}", INT64_MIN) == "-9223372036854775808");
    CHECK(formatted("{} {}", true, std::string_view("text")) == "true text");
    CHECK(formatted("{}", static_cast<const char*>(nullptr)) == "(null)");
}

TEST_CASE("styles pad and change the base") {
    CHECK(formatted("{:x} {:08x} {:4}|", 255, 0xbeef, 7) == "ff 0000beef    7|");
    CHECK(formatted("{:<4}|{:4}|", "ab", "cd") == "ab  |  cd|");
    CHECK(formatted("{:05}", -42) == "-0042");
    CHECK(formatted("{{{}}}", 1) == "{1}");
    CHECK(formatted("{}", reinterpret_cast<const void*>(0x1000)) == "0x00001000");
}

TEST_CASE("a buffer that is full drops the rest") {
    char small[4];
    singlet::BufferSink sink(small);
    singlet::format_to(sink, "{}", "abcdef");
    CHECK(sink.text() == "abcd");
}
