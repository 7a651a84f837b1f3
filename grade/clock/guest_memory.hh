// The guest's RAM, mapped into the plugin from the file that QEMU was given as memory backend. The
// kernel's words are read where they lie (page tables, ClockPage), and ClockPage.cycles is written.
// Guest-physical address 0 is the file's first byte, which holds below 3.5 GB.
#pragma once
#include <cstdint>
#include <cstring>
#include <expected>
#include <string>

namespace singlet::clock {

class GuestMemory {
public:
    GuestMemory() = default; // no memory: every word is absent
    GuestMemory(std::uint8_t* bytes, std::uint64_t size) : bytes_(bytes), size_(size) {}

    /// Maps `path`; the mapping stays until the process ends.
    static std::expected<GuestMemory, std::string> map(const std::string& path);

    [[nodiscard]] std::uint64_t size() const { return size_; }
    /// Whether `address` is RAM: inside of the file and not in the hole for VGA and firmware.
    [[nodiscard]] bool is_ram(std::uint32_t address) const {
        return address < size_ && (address < 0xa0000 || address >= 0x100000);
    }
    /// The word at `address`, or 0 where there is no memory.
    [[nodiscard]] std::uint32_t word(std::uint32_t address) const {
        std::uint32_t value = 0;
        if (address + std::uint64_t{4} <= size_) std::memcpy(&value, bytes_ + address, 4);
        return value;
    }
    void store(std::uint32_t address, std::uint64_t value) {
        if (address + std::uint64_t{8} <= size_) std::memcpy(bytes_ + address, &value, 8);
    }

private:
    std::uint8_t* bytes_ = nullptr;
    std::uint64_t size_ = 0;
};

} // namespace singlet::clock
