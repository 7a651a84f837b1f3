// C++ processes that the command line starts: modules in run= that end in `.elf`.
#pragma once
#include "kern/native/process.hh"

namespace singlet::kern {

inline bool is_process_module(std::string_view name) { return name.ends_with(".elf"); }

/// A process from a module, started; null, and a sentence on the console, if that cannot be.
Process* run_process(const BootModule& module);
/// Frees those that have ended and that nobody can wait for any more, but not `kept`.
void reap_processes(const Process* kept = nullptr);
/// How one ended, where that is worth a line.
void report_end(const Process& process);
/// Ends and frees all.
void stop_processes();
/// Frames that somebody has, but for the heap's: what processes held is not among them when they are gone.
std::uint32_t frames_in_use();

} // namespace singlet::kern
