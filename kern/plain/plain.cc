// `plain=1 run=a,b` on the command line: decodes, verifies and runs the boot modules a.sbc and b.sbc, one after the other, on the
// plain machine, and ends. What it says and records is what the installer would (kern/boot/test.hh).
#include "kern/abi/signatures.hh"
#include "kern/boot/init.hh"
#include "kern/boot/multiboot.hh"
#include "kern/boot/options.hh"
#include "kern/boot/test.hh"
#include "kern/cpu/exit.hh"
#include "kern/plain/machine.hh"
#include "lib/core/try.hh"
#include "verifier/decode.hh"
#include "verifier/verify.hh"
#include <string>

namespace singlet::kern::plain {

namespace {

constinit bool wanted = false;
bool set_wanted(std::string_view value) { return wanted = value == "1", value.size() == 1; }
OPTION(plain, set_wanted, "0 or 1");

verifier::Checked<verifier::Verified> verified(const BootModule& file) {
    auto module = TRY(verifier::decode(file.bytes()));
    return verifier::verify(std::move(module), {abi::kKernelCalls});
}

// Without what an array holds behind the name.
std::string_view name_of(const Record& record) {
    const std::string_view name(record.name, sizeof record.name);
    return name.substr(0, name.find('\0'));
}

// False: it was refused, and the console says why.
bool run(std::string_view name) {
    const BootModule* file = find_module(std::string(name) + ".sbc");
    if (!file) fail("there is no boot module \"{}.sbc\"", name);
    const auto program = verified(*file);
    if (!program) {
        print("install {}: refused: {}\n", file->name, program.error().to_string());
        record("refuse", file->name);
        return false;
    }
    if (auto op = Machine::unknown(program->module()); !op.empty())
        fail("{} has a {}, which the plain machine does not know", name, op);
    Machine machine(program->module(), name);
    const Outcome outcome = machine.run();
    if (outcome.trap.empty())
        print("{} ended with {}\n", name_of(machine.record()), outcome.status);
    else
        print("{} was ended: {} {}\n", name_of(machine.record()), outcome.trap, outcome.status);
    return outcome.trap.empty();
}

void run_all() {
    if (!wanted) return;
    bool good = true;
    record("begin", "run");
    for_each_piece(options().run, ',', [&](std::string_view name) { good &= run(name); });
    if (good) record("end", "run");
    exit_machine(good ? ExitStatus::Success : ExitStatus::Failure);
}
INIT(780, run_all);

} // namespace

} // namespace singlet::kern::plain
