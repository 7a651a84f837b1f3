#include "grade/native/bench/kernels.hh"

namespace {
constexpr int kSize = 32768;
std::uint8_t text[kSize], upper_text[kSize];
const char kWord[] = "abcabca";
} // namespace

namespace search_kernel {
[[gnu::noinline]] int find(const std::uint8_t* bytes, int length, int from, const char* word,
                           int word_length) {
    int last = length - word_length;
    for (int i = from; i <= last; ++i) {
        int k = 0;
        while (k < word_length && bytes[i + k] == static_cast<std::uint8_t>(word[k]))
            ++k;
        if (k == word_length) return i;
    }
    return -1;
}

[[gnu::noinline]] void upper(std::uint8_t* to, const std::uint8_t* bytes, int length) {
    for (int i = 0; i < length; ++i) {
        int c = bytes[i];
        if (c >= 'a' && c <= 'z') c -= 32;
        to[i] = static_cast<std::uint8_t>(c);
    }
}
} // namespace search_kernel

int bench_search(int rounds) {
    using namespace search_kernel;
    std::uint32_t seed = 1;
    for (auto& byte : text) {
        seed = seed * 1664525 + 1013904223;
        int letter = static_cast<int>(seed >> 24) & 3;
        byte = static_cast<std::uint8_t>(letter == 3 ? 'A' : 'a' + letter);
    }
    std::uint32_t sum = 0;
    for (int r = 0; r < rounds; ++r) {
        text[r & 1023] = 'b';
        for (int at = find(text, kSize, 0, kWord, 7); at >= 0;
             at = find(text, kSize, at + 1, kWord, 7))
            sum += static_cast<std::uint32_t>(at);
        upper(upper_text, text, kSize);
        sum = sum * 31 + upper_text[r & 1023];
    }
    return static_cast<int>(sum);
}
