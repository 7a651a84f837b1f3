#include "verifier/configurations.hh"

#include "verifier/limits.hh"

namespace singlet::verifier {
namespace {

static_assert(limits::kStates <= 256);
constexpr std::size_t kHeader = 6;

void pack16(std::string& text, std::size_t value) {
    text += static_cast<char>(value & 0xff);
    text += static_cast<char>(value >> 8);
}

std::size_t unpack(char c) { return static_cast<unsigned char>(c); }
std::size_t unpack16(std::string_view text, std::size_t at) {
    return unpack(text[at]) | unpack(text[at + 1]) << 8;
}

std::uint32_t hash(std::string_view text) { // FNV-1a
    std::uint32_t h = 2166136261u;
    for (char c : text)
        h = (h ^ static_cast<unsigned char>(c)) * 16777619u;
    return h ^ h >> 15;
}

} // namespace

bool Configurations::add(const Configuration& c, std::size_t parent, PartyStep step) {
    if (2 * (nodes_.size() + 1) > places_.size()) grow();
    const std::size_t begin = packed_.size();
    packed_ += static_cast<char>(c.state[0]);
    packed_ += static_cast<char>(c.state[1]);
    pack16(packed_, c.queue[0].size());
    pack16(packed_, c.queue[1].size());
    packed_ += c.queue[0];
    packed_ += c.queue[1];
    std::uint32_t& number = place(std::string_view(packed_).substr(begin));
    if (number != 0) {
        packed_.resize(begin);
        return true;
    }
    if (nodes_.size() == limits::kConfigurations || packed_.size() > limits::kConfigurationBytes)
        return false;
    nodes_.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(parent), step});
    number = static_cast<std::uint32_t>(nodes_.size());
    return true;
}

Configuration Configurations::operator[](std::size_t number) const {
    const std::string_view from = packed(number);
    const std::size_t to_importer = unpack16(from, 2);
    return {
        {static_cast<std::uint16_t>(unpack(from[0])), static_cast<std::uint16_t>(unpack(from[1]))},
        {std::string(from.substr(kHeader, to_importer)),
         std::string(from.substr(kHeader + to_importer))}};
}

std::string_view Configurations::packed(std::size_t number) const {
    const std::string_view rest = std::string_view(packed_).substr(nodes_[number].at);
    return rest.substr(0, kHeader + unpack16(rest, 2) + unpack16(rest, 4));
}

// Where the configuration's number is, or would be.
std::uint32_t& Configurations::place(std::string_view key) {
    std::size_t at = hash(key) & (places_.size() - 1);
    while (places_[at] != 0 && packed(places_[at] - 1) != key)
        at = (at + 1) & (places_.size() - 1);
    return places_[at];
}

void Configurations::grow() {
    places_.assign(std::max<std::size_t>(64, 2 * places_.size()), 0);
    for (std::size_t n = 0; n < nodes_.size(); ++n)
        place(packed(n)) = static_cast<std::uint32_t>(n + 1);
}

} // namespace singlet::verifier
