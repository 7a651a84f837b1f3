// The bus master of an IDE channel: moves bytes between the drive and pieces of physical memory
// [PIIX3 data sheet, 2.7]. Who may aim it at what is decided above: for SIPs in ide_dma.cc, for C++
// processes in kern/native/driver.cc.
//
//            prepare, add            start
//   Idle -------------------> Loaded ------> Running
//     ^                          |              |
//     +---------- stop ----------+--------------+
#pragma once
#include <cstdint>

namespace singlet::kern {

class BusMaster {
public:
    enum class Direction : std::uint8_t { ToDevice = 0, ToMemory = 8 }; // as in the register
    enum class Progress : std::uint8_t { Done, Running, Failed, Idle };

    bool exists() const { return port_; }
    /// It has one owner. False: somebody else has it.
    [[nodiscard]] bool claim();
    /// The owner goes away: whatever it was doing is over.
    void release();
    bool loaded() const { return loaded_; }
    /// Begins a list of pieces.
    void prepare(Direction direction);
    /// The next bytes go to or come from here. False: the list is full. Even address, even count.
    bool add(std::uint32_t address, std::uint32_t bytes);
    void start();
    Progress progress() const;
    /// Whatever it was doing; afterwards the device touches no memory.
    void stop();

private:
    friend void find_bus_masters();
    struct Region;
    Region* table() const;

    std::uint16_t port_ = 0;
    Direction direction_ = Direction::ToMemory;
    bool claimed_ = false, loaded_ = false, running_ = false;
    std::uint32_t regions_ = 0;
};

inline constexpr std::uint32_t kIdeChannels = 2; // 0: primary, 1: secondary
BusMaster& bus_master(std::uint32_t channel);

} // namespace singlet::kern
