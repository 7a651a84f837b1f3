// The decoder on files that are damaged or cut off. Each stands at the end of the memory there is, so that whoever reads behind it
// crashes.
#include <algorithm>

#include <sys/mman.h>
#include <unistd.h>

#include "verifier/decode_fixture.hh"
#include "verifier/encode.hh"

using namespace singlet::verifier;

namespace {

// Bytes that end where the memory ends: whoever reads behind them crashes.
class Fenced {
public:
    explicit Fenced(std::span<const std::uint8_t> bytes) {
        const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        room_ = (bytes.size() + page - 1) / page * page;
        size_ = room_ + page;
        void* memory =
            mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        REQUIRE(memory != MAP_FAILED);
        memory_ = static_cast<std::uint8_t*>(memory);
        REQUIRE(mprotect(memory_ + room_, page, PROT_NONE) == 0);
        fenced_ = {memory_ + room_ - bytes.size(), bytes.size()};
        std::ranges::copy(bytes, fenced_.begin());
    }
    ~Fenced() { munmap(memory_, size_); }
    Fenced(const Fenced&) = delete;
    std::span<const std::uint8_t> bytes() const { return fenced_; }

private:
    std::uint8_t* memory_;
    std::size_t room_, size_;
    std::span<std::uint8_t> fenced_;
};

std::string decoded(std::span<const std::uint8_t> bytes) {
    auto module = decode(bytes);
    return verdict(module ? Checked<void>() : std::unexpected(module.error()));
}

using Bytes = std::vector<std::uint8_t>;

// Where a text stands in the file.
std::size_t find(const Bytes& file, std::string_view text) {
    auto found = std::ranges::search(file, text);
    REQUIRE(!found.empty());
    return static_cast<std::size_t>(found.begin() - file.begin());
}

} // namespace

TEST_CASE("the module that the others are made of is right") {
    CHECK(verdict(check_bounds(right())) == "accepted");
    CHECK(decode(encode(right())).value() == right());
}

TEST_CASE("wherever a file is cut off, nothing behind it is read") {
    const Bytes file = encode(right());
    for (std::size_t n = 0; n < file.size(); ++n)
        CHECK(decoded(Fenced(std::span(file).first(n)).bytes())
                  .starts_with("[module.format] not a module"));
}

TEST_CASE("a file says what is wrong with it, and where") {
    struct Damage {
        void (*make)(Bytes&);
        std::string verdict;
    };
    const Damage damages[] = {
        {[](Bytes& f) { f[3] = 'C', f[4] = 99; },
         "[module.format] not a module (byte 4): it does not begin with SBC and 0x1a"},
        {[](Bytes& f) { f[4] = 1; },
         "[module.format] not a module (byte 8): its version is 1, expected 2"},
        {[](Bytes& f) { f.push_back(0); }, "[module.format] not a module, section LINE (byte 828): "
                                           "1 bytes remain behind the last section"},
        {[](Bytes& f) { f[find(f, "TYPE")] = 'X'; },
         "[module.format] not a module, section TYPE (byte 26): the section's tag is not there"},
        {[](Bytes& f) { f[find(f, "TYPE") + 4]++; },
         "[module.format] not a module, section TYPE (byte 222): 1 bytes remain behind the "
         "section's contents"},
        {[](Bytes& f) { f[find(f, "TYPE") + 4]--; },
         "[module.format] not a module, section TYPE (byte 220): the section ends too early"},
        {[](Bytes& f) { f[find(f, "TYPE") + 7] = 1; },
         "[module.format] not a module, section TYPE (byte 34): the file ends too early"},
        {[](Bytes& f) { f[find(f, "TYPE") + 8 + 4 + 1] = 2; },
         "[module.format] not a module, section TYPE (byte 40): a flag is neither 0 nor 1"},
        {[](Bytes& f) { f[find(f, "TYPE") + 8 + 1] = 0x10; },
         "[module.limit] not a module, section TYPE (byte 38): 4119 types, more than the limit of "
         "4096"},
        {[](Bytes& f) { f[find(f, "next") - 1] = 1; },
         "[module.limit] not a module, section CLAS (byte 247): a name has 260 bytes, more than "
         "the limit of 255"},
        {[](Bytes& f) { f[find(f, "Right") - 2] = 255; },
         "[module.format] not a module, section MANI (byte 734): the section ends too early"},
        {[](Bytes& f) { f[find(f, "next")] = '?'; },
         "[module.format] the name of a field is not a letter followed by letters, digits, _, $ or "
         "."},
        {[](Bytes& f) { f.resize(limits::kFileBytes + 1); },
         "[module.limit] the file has 4194305 bytes, more than the limit of 4194304"},
    };
    for (const Damage& damage : damages) {
        Bytes file = encode(right());
        damage.make(file);
        CHECK(decoded(Fenced(file).bytes()) == damage.verdict);
    }
}
