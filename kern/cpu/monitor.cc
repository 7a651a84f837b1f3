#include "kern/cpu/monitor.hh"

#include "kern/cpu/backtrace.hh"
#include "kern/cpu/exit.hh"
#include "kern/dev/serial.hh"
#include <algorithm>
#include <span>

namespace singlet::kern {

namespace {

extern "C" const MonitorCommand __monitor_start[], __monitor_end[];

std::span<const MonitorCommand> commands() { return {__monitor_start, __monitor_end}; }

// A line from the serial port, without its end; what is too long is cut. Backspace takes back.
std::string_view read_line(std::span<char> buffer) {
    constexpr char kBackspace = 8, kDelete = 127;
    std::size_t length = 0;
    for (;;) {
        char c = serial::get();
        if (c == '\r' || c == '\n') break;
        if ((c == kBackspace || c == kDelete) && length) {
            length--;
            print("\b \b");
        } else if (c >= ' ' && c < kDelete && length < buffer.size()) {
            buffer[length++] = c;
            print("{}", c);
        }
    }
    print("\n");
    return {buffer.data(), length};
}

void help(const TrapFrame&) {
    for (const MonitorCommand& command : commands())
        print("{:<12}{}\n", command.name, command.what);
}
MONITOR(help, help, "this list");

void backtrace(const TrapFrame& frame) { print_backtrace(frame.site()); }
MONITOR(backtrace, backtrace, "where the processor was, and who called");

void registers(const TrapFrame& frame) { print_registers(frame); }
MONITOR(registers, registers, "what was in the processor's registers");

void halt(const TrapFrame&) { exit_machine(ExitStatus::Failure); }
MONITOR(halt, halt, "end the machine");

constinit bool leaving = false;
void go_on(const TrapFrame&) { leaving = true; }
MONITOR(continue, go_on, "let the machine go on");

bool enter_monitor(TrapFrame& frame) {
    print("\nmonitor: `help` lists what can be asked, `continue` goes on\n");
    print_location(frame.site());
    leaving = !serial::exists();
    while (!leaving) {
        print("monitor> ");
        char buffer[80];
        std::string_view line = read_line(buffer);
        auto command = std::ranges::find(commands(), line, &MonitorCommand::name);
        if (command != commands().end())
            command->run(frame);
        else if (!line.empty())
            print("there is no command \"{}\"\n", line);
    }
    return true;
}
TRAP(vector::kNonMaskable, Gate::Kernel, enter_monitor);

} // namespace

} // namespace singlet::kern
