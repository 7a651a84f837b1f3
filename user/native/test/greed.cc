// Children that take all memory there is: who is late gets none, is told so, and is as well as the others;
// and all of it is back when they are gone.
#include "user/native/lib/native.hh"
#include "user/native/test/check.hh"

namespace singlet::native {

namespace {

constexpr std::uint32_t kChildren = 10;
ProcessId children[kChildren];

std::int32_t take_all() {
    std::int32_t taken = 0;
    for (ProcessId child : children) {
        Outcome pages = call(child, {}, {});
        check(pages.good(), "it is well");
        taken += pages.value;
    }
    return taken;
}

void start_children() {
    for (ProcessId& child : children) {
        Outcome started = spawn("hoard.elf");
        check(started.good(), "there is memory for it");
        child = static_cast<ProcessId>(started.value);
    }
}

void end_children() {
    for (ProcessId child : children)
        check(kill(child).good() && wait(child).good(), "it ends");
}

} // namespace

int main() {
    start_children();
    std::int32_t first = take_all();
    check(first > 20000, "they got most of 128 MB");
    check(take_all() == 0, "and then nothing more");
    check(!grow(1), "nor does anybody");
    check(spawn("hoard.elf").value == kRefused, "not even a new process");
    end_children();
    start_children();
    check(take_all() == first, "all is back");
    end_children();
    print("greed: {} pages, {} checks, {} failures\n", first, checks, failures);
    return failures != 0;
}

} // namespace singlet::native
