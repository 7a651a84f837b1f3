// Names, and going through a directory: 32-byte entries along its cluster chain [FAT 6, 7]. The twin of
// user/fat/name.sing and entries.sing, where the layout is drawn.
#pragma once
#include "user/native/fat/volume.hh"
#include "user/native/lib/file.hh"

namespace singlet::native {

// A name as FAT keeps it: 16-bit units, compared without regard to case.
class Name {
public:
    void clear() { length_ = 0; }
    bool empty() const { return length_ == 0; }
    bool add(std::uint32_t unit);
    bool same(const Name& other) const;
    /// False: it is no good UTF-8, or too long.
    bool from_utf8(std::string_view text);
    /// Thirteen units of a long name, as its piece `number` (from 1) has them; `last` may end with 0.
    void put_piece(std::uint32_t number, bool last, const std::byte* entry);

private:
    static constexpr std::uint32_t kMostUnits = 260;
    std::uint16_t units_[kMostUnits];
    std::uint32_t length_ = 0;
};

class Entries {
public:
    explicit Entries(Volume& volume) : volume_(volume) {}
    /// Begins with the first entry of the directory whose first cluster that is.
    void start(std::uint32_t cluster);
    /// Goes to the next file or directory; false at the end or on an error.
    bool next();
    std::int32_t error() const { return error_; } // 0, or a FileError

    // What next() found.
    bool matches(const Name& name) const { return long_.same(name) || short_.same(name); }
    bool directory = false;
    std::uint32_t first = 0, size = 0; // first cluster, 0 for an empty file; bytes

private:
    void step();
    bool take(const std::byte* entry);
    void take_piece(const std::byte* entry);
    void take_short_name(const std::byte* entry);

    Volume& volume_;
    std::uint32_t cluster_ = 0, position_ = 0;
    std::int32_t error_ = 0;
    bool ended_ = false;
    Name long_, short_;
    std::uint32_t pieces_ = 0; // of the long name still to come; 0 also when there is none
    std::byte checksum_{};     // that they carry
    bool whole_ = false;       // all pieces were there
};

} // namespace singlet::native
