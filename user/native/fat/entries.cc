#include "user/native/fat/entries.hh"

namespace singlet::native {

namespace {

constexpr std::uint32_t kEntryBytes = 32, kEntriesOfSector = kSectorBytes / kEntryBytes;
constexpr std::uint32_t kMostEntries = 65536; // of a directory
constexpr std::uint8_t kDirectory = 0x10, kVolume = 0x08, kLongName = 0x0f;

std::uint8_t byte(const std::byte* at) { return static_cast<std::uint8_t>(*at); }

// Case folding for ASCII and Latin-1, where the letters lie 0x20 apart.
std::uint32_t fold(std::uint32_t unit) {
    if (unit >= 'a' && unit <= 'z') return unit - 0x20;
    if (unit >= 0xe0 && unit <= 0xfe && unit != 0xf7) return unit - 0x20;
    return unit;
}

// The checksum of the eleven bytes of a short name [FAT 7.2].
std::byte short_checksum(const std::byte* entry) {
    std::uint8_t sum = 0;
    for (int i = 0; i < 11; i++)
        sum = static_cast<std::uint8_t>(((sum & 1) << 7) + (sum >> 1) + byte(entry + i));
    return std::byte{sum};
}

} // namespace

bool Name::add(std::uint32_t unit) {
    if (length_ == kMostUnits) return false;
    units_[length_++] = static_cast<std::uint16_t>(unit);
    return true;
}

bool Name::same(const Name& other) const {
    if (length_ != other.length_) return false;
    for (std::uint32_t i = 0; i < length_; i++) {
        std::uint32_t a = units_[i], b = other.units_[i];
        if (a != b && fold(a) != fold(b)) return false;
    }
    return true;
}

bool Name::from_utf8(std::string_view text) {
    clear();
    for (std::size_t at = 0; at < text.size();) {
        auto b = static_cast<std::uint8_t>(text[at]);
        std::uint32_t more = b < 0x80 ? 0 : b < 0xe0 ? 1 : b < 0xf0 ? 2 : 3;
        if ((b >= 0x80 && b < 0xc0) || b >= 0xf8 || at + more >= text.size()) return false;
        std::uint32_t code = more == 0 ? b : b & (0x3f >> more);
        for (std::uint32_t i = 1; i <= more; i++) {
            auto next = static_cast<std::uint8_t>(text[at + i]);
            if ((next & 0xc0) != 0x80) return false;
            code = code << 6 | (next & 0x3f);
        }
        at += more + 1;
        bool fits = code < 0x10000
                        ? add(code)
                        : add(0xd800 + ((code - 0x10000) >> 10)) && add(0xdc00 + (code & 0x3ff));
        if (!fits) return false;
    }
    return true;
}

void Name::put_piece(std::uint32_t number, bool last, const std::byte* entry) {
    constexpr std::uint32_t kUnits = 13;
    std::uint16_t* to = units_ + (number - 1) * kUnits;
    std::memcpy(to, entry + 1, 10);
    std::memcpy(to + 5, entry + 14, 12);
    std::memcpy(to + 11, entry + 28, 4);
    if (!last) return;
    length_ = number * kUnits;
    for (std::uint32_t i = 0; i < kUnits; i++) {
        if (to[i]) continue;
        length_ = (number - 1) * kUnits + i;
        return;
    }
}

void Entries::start(std::uint32_t cluster) {
    cluster_ = cluster;
    position_ = 0;
    error_ = 0;
    ended_ = false;
    whole_ = false;
    pieces_ = 0;
}

bool Entries::next() {
    while (!error_ && !ended_) {
        if (position_ == kMostEntries) { // the chain runs in a circle, or might
            error_ = kCorrupt;
            return false;
        }
        std::uint32_t index = position_ / kEntriesOfSector;
        std::uint32_t in_cluster = index & (volume_.sectors_per_cluster() - 1);
        const std::byte* sector = volume_.sector(volume_.sector_of(cluster_) + in_cluster);
        if (!sector) {
            error_ = kDiskFailed;
            return false;
        }
        const std::byte* entry = sector + position_ % kEntriesOfSector * kEntryBytes;
        if (byte(entry) == 0) return false; // no entry after this one was ever used
        bool found = take(entry);
        step();
        if (found) return true;
    }
    return false;
}

// To the next position, by the chain where a cluster ends.
void Entries::step() {
    position_++;
    if (position_ & (kEntriesOfSector * volume_.sectors_per_cluster() - 1)) return;
    std::int32_t next = volume_.next(cluster_);
    if (next > 0) cluster_ = static_cast<std::uint32_t>(next);
    ended_ = next == Volume::kEnd;
    if (next == Volume::kBroken) error_ = kCorrupt;
    if (next == Volume::kUnread) error_ = kDiskFailed;
}

// True if it is a file or directory, with everything known of it.
bool Entries::take(const std::byte* entry) {
    constexpr std::uint8_t kDeleted = 0xe5;
    std::uint8_t mark = byte(entry), attributes = byte(entry + 11);
    if (mark != kDeleted && (attributes & 0x3f) == kLongName) {
        take_piece(entry);
        return false;
    }
    if (!whole_ || checksum_ != short_checksum(entry)) long_.clear();
    whole_ = false;
    pieces_ = 0;
    if (mark == kDeleted || attributes & kVolume || mark == '.') return false;
    take_short_name(entry);
    directory = attributes & kDirectory;
    first = std::uint32_t(get16(entry + 20)) << 16 | get16(entry + 26);
    size = get32(entry + 28);
    return true;
}

// Pieces come with falling numbers; anything else is no name.
void Entries::take_piece(const std::byte* entry) {
    std::uint32_t mark = byte(entry), number = mark & 0x3f;
    bool last = mark & 0x40;
    if (last) {
        pieces_ = number;
        checksum_ = entry[13];
    }
    whole_ = false;
    if (number == 0 || number > 20 || number != pieces_ || entry[13] != checksum_) {
        pieces_ = 0;
        return;
    }
    long_.put_piece(number, last, entry);
    pieces_ = number - 1;
    whole_ = pieces_ == 0;
}

// "NAME    TXT" as NAME.TXT; which case it is shown in does not matter to who compares.
void Entries::take_short_name(const std::byte* entry) {
    auto add_part = [&](const std::byte* part, std::uint32_t count) {
        while (count > 0 && byte(part + count - 1) == ' ')
            count--;
        for (std::uint32_t i = 0; i < count; i++)
            short_.add(byte(part + i));
    };
    short_.clear();
    add_part(entry, 8);
    if (byte(entry + 8) == ' ') return;
    short_.add('.');
    add_part(entry + 8, 3);
}

} // namespace singlet::native
