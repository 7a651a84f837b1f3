// The kernel's command line: `key=value` words. Each part announces the keys it understands, with
// OPTION(key, function, "what it takes"); a word that nobody understands ends the boot with one
// sentence, since a typing error in protect= must not look like a result.
#pragma once
#include <string_view>

namespace singlet::kern {

struct Option {
    std::string_view key;
    bool (*set)(std::string_view value); // false: the value makes no sense
    std::string_view takes;              // for the message: "int or sysenter"
};

#define OPTION(key, function, takes)                                                               \
    [[gnu::section(".table.option." #key), gnu::used]]                                             \
    static const ::singlet::kern::Option option_##key {                                            \
        #key, function, takes                                                                      \
    }

/// The six protection modes [OSR 4, Figure 5; design 5].
enum class Protect : unsigned char { NoChecks, Physical, Paging, Domain, Ring3, Microkernel };
inline bool mode_has_paging(Protect mode) { return mode >= Protect::Paging; }
inline bool mode_has_checks(Protect mode) { return mode != Protect::NoChecks; }

struct Options {
    Protect protect = Protect::Physical;
    std::string_view run;    // modules to start, by commas
    std::string_view policy; // module that says which SIP lives in which domain
    std::string_view test;   // self-tests to run, by commas
};
const Options& options();

std::string_view name_of(Protect protect);

/// Calls `each` with every piece of `text` between `separator`s; empty pieces are left out.
template <class F>
void for_each_piece(std::string_view text, char separator, F each) {
    while (!text.empty()) {
        std::size_t end = text.find(separator);
        std::string_view piece = text.substr(0, end);
        if (!piece.empty()) each(piece);
        text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    }
}

} // namespace singlet::kern
