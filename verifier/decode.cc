#include "verifier/decode.hh"

#include <optional>
#include <string>

#include "lib/core/try.hh"
#include "verifier/format.hh"

namespace singlet::verifier {

namespace {

// Reads until the first thing that is wrong, remembers that, and yields zeros from there on: it ends where it stands then.
class Reader {
public:
    explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes), end_(bytes.size()) {}

    std::optional<Diagnosis> failure;

    template <class T>
    void u8(T& v) {
        v = static_cast<T>(get<1>());
    }
    void u16(std::uint16_t& v) { v = static_cast<std::uint16_t>(get<2>()); }
    void u32(std::uint32_t& v) { v = get<4>(); }
    void flag(bool& v) {
        std::uint32_t byte = get<1>();
        if (byte > 1) fail(Rule::Format, "a flag is neither 0 nor 1");
        v = byte == 1;
    }
    void text(std::string& s, std::uint32_t limit) {
        std::uint32_t length = get<2>();
        if (length > limit)
            return fail(Rule::Limit, "a name has " + std::to_string(length) +
                                         " bytes, more than the limit of " + std::to_string(limit));
        if (!room(length)) return;
        s.assign(bytes_.begin() + at_, bytes_.begin() + at_ + length);
        at_ += length;
    }
    // The list grows as its elements are read, so a large count in a small file costs nothing. Small elements take two bytes of
    // the file at least.
    template <class T, class Each>
    void list(std::vector<T>& elements, std::uint32_t limit, const char* what, Each each) {
        std::uint32_t count = get<4>();
        if (count > limit)
            return fail(Rule::Limit, std::to_string(count) + " " + what +
                                         ", more than the limit of " + std::to_string(limit));
        if constexpr (sizeof(T) <= 8)
            elements.reserve(std::min<std::size_t>(count, (end_ - at_) / 2));
        for (std::uint32_t i = 0; i < count && !failure; i++) {
            T element{};
            each(element);
            elements.push_back(std::move(element));
        }
    }
    template <class Body>
    void section(std::string_view tag, Body body) {
        section_ = tag;
        if (!room(8)) return;
        if (std::string_view(reinterpret_cast<const char*>(&bytes_[at_]), 4) != tag)
            return fail(Rule::Format, "the section's tag is not there");
        at_ += 4;
        std::uint32_t length = get<4>();
        end_ = room(length) ? at_ + length : at_;
        body();
        if (at_ != end_)
            fail(Rule::Format,
                 std::to_string(end_ - at_) + " bytes remain behind the section's contents");
        if (!failure) end_ = bytes_.size();
    }
    void header() {
        if (get<4>() != format::kMagic) fail(Rule::Format, "it does not begin with SBC and 0x1a");
        if (std::uint32_t v = get<4>(); v != format::kVersion)
            fail(Rule::Format, "its version is " + std::to_string(v) + ", expected " +
                                   std::to_string(format::kVersion));
    }
    void whole() {
        if (at_ != bytes_.size())
            fail(Rule::Format,
                 std::to_string(bytes_.size() - at_) + " bytes remain behind the last section");
    }

private:
    void fail(Rule rule, std::string why) {
        if (failure) return;
        std::string where = section_.empty() ? "" : ", section " + std::string(section_);
        failure = Diagnosis{.rule = rule,
                            .function = {},
                            .sentence = "not a module" + where + " (byte " + std::to_string(at_) +
                                        "): " + why,
                            .frame = {}};
        end_ = at_; // there is nothing more to read
    }
    void fail_at_end() {
        fail(Rule::Format,
             end_ == bytes_.size() ? "the file ends too early" : "the section ends too early");
    }
    bool room(std::uint32_t length) {
        if (length > end_ - at_) [[unlikely]]
            fail_at_end();
        return !failure;
    }
    template <std::uint32_t kWidth>
    std::uint32_t get() {
        if (kWidth > end_ - at_) [[unlikely]]
            return fail_at_end(), 0;
        std::uint32_t v = 0;
        for (std::uint32_t i = 0; i < kWidth; i++)
            v |= std::uint32_t{bytes_[at_ + i]} << (8 * i);
        at_ += kWidth;
        return v;
    }

    std::span<const std::uint8_t> bytes_;
    std::size_t at_ = 0, end_;
    std::string_view section_;
};

} // namespace

Checked<BoundedModule> decode(std::span<const std::uint8_t> bytes) {
    if (bytes.size() > limits::kFileBytes)
        return std::unexpected(Diagnosis{
            .rule = Rule::Limit,
            .function = {},
            .sentence = "the file has " + std::to_string(bytes.size()) +
                        " bytes, more than the limit of " + std::to_string(limits::kFileBytes),
            .frame = {}});
    Reader reader(bytes);
    Module module;
    reader.header();
    format::module(reader, module);
    reader.whole();
    if (reader.failure) return std::unexpected(std::move(*reader.failure));
    BoundedModule bounded = TRY(BoundedModule::create(std::move(module)));
    return bounded;
}

} // namespace singlet::verifier
