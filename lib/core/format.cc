#include "lib/core/format.hh"

#include <algorithm>

namespace singlet {

namespace {

struct Style {
    bool left = false;
    bool zeros = false;
    bool hexadecimal = false;
    unsigned width = 0;
};

// Reads `:<08x}` from `text` at `at`, which is left behind the closing brace.
Style parse_style(std::string_view text, std::size_t& at) {
    Style style;
    for (; at < text.size() && text[at] != '}'; at++) {
        char c = text[at];
        if (c == '<')
            style.left = true;
        else if (c == '0' && style.width == 0)
            style.zeros = true;
        else if (c >= '0' && c <= '9')
            style.width = style.width * 10 + unsigned(c - '0');
        else if (c == 'x')
            style.hexadecimal = true;
    }
    at++;
    return style;
}

void fill(Sink& sink, char c, unsigned count) {
    while (count-- > 0)
        sink.put({&c, 1});
}

void put_text(Sink& sink, std::string_view text, const Style& style) {
    unsigned padding = style.width > text.size() ? style.width - unsigned(text.size()) : 0;
    if (!style.left) fill(sink, ' ', padding);
    sink.put(text);
    if (style.left) fill(sink, ' ', padding);
}

void put_number(Sink& sink, std::uint64_t value, bool negative, Style style) {
    char digits[21];
    char* end = digits + sizeof digits;
    char* at = end;
    const unsigned base = style.hexadecimal ? 16 : 10;
    // Most numbers fit the word of an i386; 64-bit division is a library call there.
    while (value > UINT32_MAX) {
        *--at = "0123456789abcdef"[value % base];
        value /= base;
    }
    auto small = static_cast<std::uint32_t>(value);
    do {
        *--at = "0123456789abcdef"[small % base];
        small /= base;
    } while (small != 0);
    auto length = unsigned(end - at) + (negative ? 1 : 0);
    if (style.zeros && style.width > length) {
        if (negative) sink.put("-");
        fill(sink, '0', style.width - length);
        sink.put({at, std::size_t(end - at)});
        return;
    }
    if (negative) *--at = '-';
    put_text(sink, {at, std::size_t(end - at)}, style);
}

void put_argument(Sink& sink, const FormatArgument& argument, Style style) {
    switch (argument.kind) {
    case FormatArgument::Kind::Text:
        return put_text(sink, argument.text, style);
    case FormatArgument::Kind::Character: {
        char c = static_cast<char>(argument.number);
        return put_text(sink, {&c, 1}, style);
    }
    case FormatArgument::Kind::Address:
        sink.put("0x");
        return put_number(sink, argument.number, false,
                          {.left = false, .zeros = true, .hexadecimal = true, .width = 8});
    case FormatArgument::Kind::Unsigned:
        return put_number(sink, argument.number, false, style);
    case FormatArgument::Kind::Signed: {
        bool negative = static_cast<std::int64_t>(argument.number) < 0;
        return put_number(sink, negative ? 0 - argument.number : argument.number, negative, style);
    }
    }
}

} // namespace

void BufferSink::put(std::string_view text) {
    std::size_t room = std::min(text.size(), buffer_.size() - used_);
    std::copy_n(text.data(), room, buffer_.data() + used_);
    used_ += room;
}

void format_arguments(Sink& sink, std::string_view text,
                      std::span<const FormatArgument> arguments) {
    std::size_t next = 0;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t brace = std::min(text.find_first_of("{}", at), text.size());
        if (brace > at) sink.put(text.substr(at, brace - at));
        at = brace + 1;
        if (brace >= text.size()) break;
        if (at < text.size() && text[at] == text[brace]) {
            sink.put(text.substr(at++, 1));
        } else if (text[brace] == '{' && next < arguments.size()) {
            Style style = parse_style(text, at);
            put_argument(sink, arguments[next++], style);
        }
    }
}

} // namespace singlet
