#include "grade/native/bench/kernels.hh"

namespace {
std::uint8_t code[48];
int registers[8];
} // namespace

namespace vm_kernel {
[[gnu::noinline]] int run(const std::uint8_t* program, int* r, int start) {
    int at = 0, steps = 0;
    r[0] = start;
    while (true) {
        int a = program[at + 1], b = program[at + 2];
        ++steps;
        switch (program[at]) {
        case 0: // halt
            return steps;
        case 1: // constant
            r[a] = b;
            break;
        case 2: // move
            r[a] = r[b];
            break;
        case 3: // add
            r[a] = r[a] + r[b];
            break;
        case 4: // and
            r[a] = r[a] & r[b];
            break;
        case 5: // shift
            r[a] = r[a] >> b;
            break;
        case 6: // jump if zero
            if (r[a] == 0) at = b - 3;
            break;
        case 7: // jump if one
            if (r[a] == r[1]) at = b - 3;
            break;
        case 8: // jump
            at = b - 3;
            break;
        default:
            return -1;
        }
        at += 3;
    }
}

[[gnu::noinline]] void put(int at, int op, int a, int b) {
    code[3 * at] = static_cast<std::uint8_t>(op);
    code[3 * at + 1] = static_cast<std::uint8_t>(a);
    code[3 * at + 2] = static_cast<std::uint8_t>(b);
}
} // namespace vm_kernel

int bench_vm(int rounds) {
    using namespace vm_kernel;
    put(0, 1, 1, 1);  // r1 = 1
    put(1, 7, 0, 36); // loop: if r0 == 1, halt
    put(2, 2, 2, 0);  // r2 = r0 & 1
    put(3, 4, 2, 1);
    put(4, 6, 2, 30); // odd: r0 = 3 * r0 + 1
    put(5, 2, 2, 0);
    put(6, 3, 0, 2);
    put(7, 3, 0, 2);
    put(8, 3, 0, 1);
    put(9, 8, 0, 3);
    put(10, 5, 0, 1); // even: r0 = r0 / 2
    put(11, 8, 0, 3);
    put(12, 0, 0, 0);
    std::uint32_t sum = 0;
    for (int n = 0; n < rounds; ++n)
        sum = sum * 31 + static_cast<std::uint32_t>(run(code, registers, 27 + (n & 1023)));
    return static_cast<int>(sum);
}
