#include "verifier/encode.hh"

#include <string>
#include <string_view>

#include "verifier/format.hh"

namespace singlet::verifier {

namespace {

class Writer {
public:
    std::vector<std::uint8_t> bytes;

    template <class T>
    void u8(T v) {
        put(static_cast<std::uint8_t>(v), 1);
    }
    void flag(bool v) { put(v, 1); }
    void u16(std::uint16_t v) { put(v, 2); }
    void u32(std::uint32_t v) { put(v, 4); }
    void text(const std::string& s, std::uint32_t) {
        u16(static_cast<std::uint16_t>(s.size()));
        bytes.insert(bytes.end(), s.begin(), s.end());
    }
    template <class T, class Each>
    void list(const std::vector<T>& elements, std::uint32_t, const char*, Each each) {
        u32(static_cast<std::uint32_t>(elements.size()));
        for (const T& e : elements)
            each(e);
    }
    template <class Body>
    void section(std::string_view tag, Body body) {
        bytes.insert(bytes.end(), tag.begin(), tag.end());
        std::size_t at = bytes.size();
        u32(0);
        body();
        std::size_t length = bytes.size() - at - 4;
        for (int i = 0; i < 4; i++)
            bytes[at + i] = static_cast<std::uint8_t>(length >> (8 * i));
    }

private:
    void put(std::uint32_t v, int width) {
        for (int i = 0; i < width; i++)
            bytes.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
    }
};

} // namespace

std::vector<std::uint8_t> encode(const Module& module) {
    Writer writer;
    writer.u32(format::kMagic);
    writer.u32(format::kVersion);
    format::module(writer, module);
    return std::move(writer.bytes);
}

} // namespace singlet::verifier
