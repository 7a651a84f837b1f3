// Every bound the decoder and the verifier keep. A module above one is refused with module.limit. The kernel verifies and
// compiles in memory of its own; what a module inside these bounds needs of it is in budget.hh.
#pragma once

#include <cstdint>

namespace singlet::verifier::limits {

inline constexpr std::uint32_t kFileBytes = 4u << 20;
inline constexpr std::uint32_t kStrings = 8192;
inline constexpr std::uint32_t kStringBytes = 65535;
inline constexpr std::uint32_t kNameBytes = 255;
inline constexpr std::uint32_t kTypes = 4096;
inline constexpr std::uint32_t kTypeDepth = 16;
inline constexpr std::uint32_t kClasses = 1024;
inline constexpr std::uint32_t kMethods = 1024;
inline constexpr std::uint32_t kFields = 256; // of one class or struct
inline constexpr std::uint32_t kStructs = 1024;
inline constexpr std::uint32_t kContracts = 256;
inline constexpr std::uint32_t kMessages = 64; // of one contract
inline constexpr std::uint32_t kMessageArguments = 6;
inline constexpr std::uint32_t kStates = 256; // of one contract
inline constexpr std::uint32_t kQueue = 256;  // messages that can wait at an end of a channel
// What two parties of a contract can come to, and the bytes that tell it [configurations.hh].
inline constexpr std::uint32_t kConfigurations = 1u << 14;     // of one contract
inline constexpr std::uint32_t kConfigurationBytes = 1u << 19; // of one contract
inline constexpr std::uint32_t kContractWork = 1u << 25;       // of a module
inline constexpr std::uint32_t kImports = 256;
inline constexpr std::uint32_t kSources = 256; // files that functions are from
inline constexpr std::uint32_t kFunctions = 4096;
inline constexpr std::uint32_t kParameters = 32;
inline constexpr std::uint32_t kRegisters = 256;
inline constexpr std::uint32_t kBlocks = 16384;          // of one function
inline constexpr std::uint32_t kInstructions = 1u << 16; // of one module
inline constexpr std::uint32_t kSelectOperands = 8;
inline constexpr std::uint32_t kSelectCases = 256;
inline constexpr std::uint32_t kSelectCombinations = 4096;
inline constexpr std::uint32_t kSwitchEntries = 4096;
inline constexpr std::uint32_t kResources = 16;
inline constexpr std::uint32_t kElementCount = 1u << 26; // of one array or vector, at run time
inline constexpr std::uint32_t kThreads = 16;            // of one SIP, at run time
inline constexpr std::uint32_t kStateRegisters =
    1u << 19; // registers, once for each block, of a module
// Targets of switches, cases and patterns of selects, classes that tests for interfaces try.
inline constexpr std::uint32_t kTargets = 1u << 18; // of a module
// Places where paths bring different types, as far as a refusal remembers where those came from.
inline constexpr std::uint32_t kMeetings = 4096;
// The fixpoint may visit blocks until it has done this many register updates for each instruction
// of the function (and never fewer than the floor).
inline constexpr std::uint32_t kWorkPerInstruction = 4096;
inline constexpr std::uint32_t kWorkFloor = 1u << 20;

} // namespace singlet::verifier::limits
