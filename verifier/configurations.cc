#include "verifier/configurations.hh"

#include <algorithm>
#include <utility>

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

bool Configurations::add(const Configuration& c, std::size_t parent, PartyStep step, Meter& meter) {
    if (nodes_.size() == chains_.size()) grow();
    const std::size_t begin = packed_.size();
    packed_ += static_cast<char>(c.state[0]);
    packed_ += static_cast<char>(c.state[1]);
    pack16(packed_, c.queue[0].size());
    pack16(packed_, c.queue[1].size());
    packed_ += c.queue[0];
    packed_ += c.queue[1];
    const std::string_view key = std::string_view(packed_).substr(begin);
    std::uint32_t& first = chain(key);
    for (std::uint32_t n = first; n != 0; n = nodes_[n - 1].next) {
        if (!meter.spend(1)) return false;
        if (packed(n - 1) != key) continue;
        packed_.resize(begin);
        return true;
    }
    if (nodes_.size() == limits::kConfigurations || packed_.size() > limits::kConfigurationBytes)
        return false;
    nodes_.push_back({.at = static_cast<std::uint32_t>(begin),
                      .next = first,
                      .parent = static_cast<std::uint32_t>(parent),
                      .step = step});
    first = static_cast<std::uint32_t>(nodes_.size());
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

// Where the configuration's number is, or would be, or that of another.
std::uint32_t& Configurations::chain(std::string_view key) {
    return chains_[hash(key) & (chains_.size() - 1)];
}

void Configurations::grow() {
    chains_.assign(std::max<std::size_t>(64, 2 * chains_.size()), 0);
    for (std::size_t n = 0; n < nodes_.size(); ++n)
        nodes_[n].next = std::exchange(chain(packed(n)), static_cast<std::uint32_t>(n + 1));
}

} // namespace singlet::verifier
