// Does one of misdeeds.def: which, its parent says in a message. One that goes on afterwards is replied to
// before; in the others the parent still waits for a reply.
#include "user/native/test/misdeeds.hh"

namespace singlet::native {

namespace {

void read(std::uint32_t address) {
    asm volatile("movl (%0), %%eax" ::"r"(address) : "eax", "memory");
}
void write(std::uint32_t address) { asm volatile("movl $1, (%0)" ::"r"(address) : "memory"); }
void jump(std::uint32_t address) { asm volatile("jmp *%0" ::"r"(address)); }

// Deeper than any stack.
[[gnu::noinline]] int descend(int depth) {
    if (depth == 0) return 0;
    volatile char frame[512];
    frame[0] = static_cast<char>(depth);
    return descend(depth + 1) + frame[0];
}

void trap(std::uint32_t number) { asm volatile("int $0x80" : "+a"(number)::"edx", "memory"); }

// A harmless system call with a processor in a state that means harm, and then exit(42).
#define trap_with(text)                                                                            \
    asm volatile(text "\n\tint $0x80\n\tmov $0, %%eax\n\tmov $42, %%ebx\n\tint $0x80" ::"a"(       \
                     static_cast<std::uint32_t>(Call::null))                                       \
                 : "ebx", "ecx", "edx", "memory")

void spin() {
    for (;;)
        asm volatile("");
}

// The last 16 bytes of the program's last page.
std::uint32_t last_bytes() { return static_cast<std::uint32_t>(native_grow(0)) - 16; }

void (*const kMisdeeds[])() = {
#define MISDEED(name, end, status, code) [] { code; },
#include "user/native/test/misdeeds.def"
};

constexpr End kEnds[] = {
#define MISDEED(name, end, status, code) End::end,
#include "user/native/test/misdeeds.def"
};

} // namespace

int main() {
    std::uint32_t which = 0;
    Outcome request = receive(room_of(which));
    End end = kEnds[which];
    if (end == End::Exit || end == End::Killed) reply(request.extra, 0, {});
    kMisdeeds[which]();
    return 1; // it was let through
}

} // namespace singlet::native
