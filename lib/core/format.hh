// Type-safe formatting without allocation: format_to(sink, "{} of {:08x}", name, address). The text
// is checked at compile time to have as many places as there are arguments. A place is {} or
// {:[<][0][width][x]}: `<` left-aligned, `0` padded with zeros, `x` hexadecimal. `{{` and `}}`
// stand for braces. Where the characters go is the Sink's business.
#pragma once
#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

namespace singlet {

/// Takes formatted text, piece by piece.
class Sink {
public:
    virtual void put(std::string_view text) = 0;

protected:
    ~Sink() = default;
};

/// Text into a buffer that the caller owns; what does not fit is dropped.
class BufferSink final : public Sink {
public:
    explicit BufferSink(std::span<char> buffer) : buffer_(buffer) {}
    void put(std::string_view text) override;
    std::string_view text() const { return {buffer_.data(), used_}; }

private:
    std::span<char> buffer_;
    std::size_t used_ = 0;
};

/// One argument, erased to what the formatter can show.
class FormatArgument {
public:
    enum class Kind : std::uint8_t { Signed, Unsigned, Character, Text, Address };

    template <std::integral T>
    FormatArgument(T value) {
        if constexpr (std::is_same_v<T, bool>) {
            kind = Kind::Text;
            text = value ? "true" : "false";
        } else if constexpr (std::is_same_v<T, char>) {
            kind = Kind::Character;
            number = static_cast<unsigned char>(value);
        } else {
            kind = std::is_signed_v<T> ? Kind::Signed : Kind::Unsigned;
            number = static_cast<std::uint64_t>(value);
        }
    }
    FormatArgument(std::string_view value) : kind(Kind::Text), text(value) {}
    FormatArgument(const char* value) : kind(Kind::Text), text(value ? value : "(null)") {}
    FormatArgument(const void* value)
        : kind(Kind::Address), number(reinterpret_cast<std::uintptr_t>(value)) {}
    /// Anything that says what it is: a type with `std::uintptr_t raw() const` is an address.
    template <class T>
        requires requires(const T& t) { t.raw(); }
    FormatArgument(const T& value) : kind(Kind::Address), number(value.raw()) {}

    Kind kind;
    std::uint64_t number = 0;
    std::string_view text = {};
};

/// A format text that fits `Args`, or else does not compile.
template <class... Args>
class FormatString {
public:
    template <std::convertible_to<std::string_view> T>
    consteval FormatString(const T& text) : text_(text) {
        if (places(text_) != sizeof...(Args)) wrong_number_of_arguments();
    }
    std::string_view text() const { return text_; }

private:
    static void wrong_number_of_arguments() {} // not constexpr: calling it is the error
    static consteval std::size_t places(std::string_view text) {
        std::size_t count = 0;
        for (std::size_t i = 0; i < text.size(); i++) {
            if (text[i] != '{' && text[i] != '}') continue;
            bool escaped = i + 1 < text.size() && text[i + 1] == text[i];
            if (escaped)
                i++;
            else if (text[i] == '{')
                count++;
        }
        return count;
    }

    std::string_view text_;
};

void format_arguments(Sink& sink, std::string_view text, std::span<const FormatArgument> arguments);

template <class... Args>
void format_to(Sink& sink, FormatString<std::type_identity_t<Args>...> text, const Args&... args) {
    if constexpr (sizeof...(Args) == 0) {
        format_arguments(sink, text.text(), {});
    } else {
        const FormatArgument list[] = {FormatArgument(args)...};
        format_arguments(sink, text.text(), list);
    }
}

} // namespace singlet
