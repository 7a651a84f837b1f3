// The memory functions that the compiler calls on its own, by string instructions: short, and
// good enough for every processor this kernel meets. They must not be compiled into calls to
// themselves, hence the assembly.
#include <cstddef>
#include <cstdint>

extern "C" {

void* memcpy(void* __restrict to, const void* __restrict from, std::size_t size) {
    void* destination = to;
    std::size_t words = size / 4;
    asm volatile("rep movsl" : "+D"(destination), "+S"(from), "+c"(words)::"memory");
    std::size_t rest = size % 4;
    asm volatile("rep movsb" : "+D"(destination), "+S"(from), "+c"(rest)::"memory");
    return to;
}

void* memmove(void* to, const void* from, std::size_t size) {
    if (reinterpret_cast<std::uintptr_t>(to) - reinterpret_cast<std::uintptr_t>(from) >= size)
        return memcpy(to, from, size);
    void* last_to = static_cast<char*>(to) + size - 1;
    const void* last_from = static_cast<const char*>(from) + size - 1;
    asm volatile("std\n\trep movsb\n\tcld" : "+D"(last_to), "+S"(last_from), "+c"(size)::"memory");
    return to;
}

void* memset(void* to, int value, std::size_t size) {
    void* destination = to;
    std::size_t words = size / 4;
    asm volatile("rep stosl"
                 : "+D"(destination), "+c"(words)
                 : "a"(0x01010101u * static_cast<unsigned char>(value))
                 : "memory");
    std::size_t rest = size % 4;
    asm volatile("rep stosb" : "+D"(destination), "+c"(rest) : "a"(value) : "memory");
    return to;
}

int memcmp(const void* left, const void* right, std::size_t size) {
    auto* a = static_cast<const unsigned char*>(left);
    auto* b = static_cast<const unsigned char*>(right);
    for (; size > 0; a++, b++, size--) {
        if (*a != *b) return *a - *b;
    }
    return 0;
}

int bcmp(const void* left, const void* right, std::size_t size) {
    return memcmp(left, right, size);
}

// The barrier keeps the loop from being recognised as strlen.
std::size_t strlen(const char* text) {
    const char* end = text;
    for (; *end; end++)
        asm volatile("");
    return std::size_t(end - text);
}

void* memchr(const void* text, int value, std::size_t size) {
    auto* at = static_cast<const unsigned char*>(text);
    for (; size > 0; at++, size--) {
        if (*at == static_cast<unsigned char>(value)) return const_cast<unsigned char*>(at);
    }
    return nullptr;
}
}
