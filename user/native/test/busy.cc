// A child that does this and that for ever, until its parent kills it in the middle of something.
#include "user/native/lib/native.hh"
#include "user/native/lib/random.hh"

namespace singlet::native {

namespace {

std::byte buffer[8192];

// A child that serves; it is called, or waited for until we are killed, and it with us.
void start_child(Random& random) {
    Outcome child = spawn("echo.elf");
    if (!child.good()) return;
    if (random.below(2)) wait(static_cast<ProcessId>(child.value));
    call(static_cast<ProcessId>(child.value), buffer, buffer);
}

void do_something(Random& random, ProcessId echo) {
    std::uint32_t bytes = random.below(sizeof buffer);
    switch (random.below(8)) {
    case 0:
        return yield();
    case 1:
        grow(random.below(8));
        return;
    case 2:
        receive(buffer); // nobody calls: it waits to be killed
        return;
    case 3:
        return start_child(random);
    case 4:
        native_print(buffer, 0);
        return;
    case 5:
        for (std::uint32_t i = 0; i < 100 * bytes; i++)
            asm volatile("");
        return;
    default:
        call(echo, {buffer, bytes}, buffer);
        return;
    }
}

} // namespace

int main() {
    Random random(self());
    auto echo = static_cast<ProcessId>(find("echo").value);
    for (;;)
        do_something(random, echo);
}

} // namespace singlet::native
