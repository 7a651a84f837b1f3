#include "grade/clock/options.hh"

#include "grade/clock/params.hh"

#include <algorithm>
#include <doctest/doctest.h>
#include <sstream>

using namespace singlet::clock;

namespace {
std::expected<Options, std::string> parse(std::vector<std::string> arguments) {
    std::vector<char*> pointers;
    for (std::string& a : arguments)
        pointers.push_back(a.data());
    return Options::parse(pointers);
}

// A complete parameter file.
std::string parameters() {
    std::string text = "# a comment\n";
    const auto add = [&](const std::string& key, int value) {
        text += key + "=" + std::to_string(value) + "\n";
    };
    for (const char* cache : {"l1i", "l1d", "l2"}) {
        add(std::string(cache) + "_kb", 64);
        add(std::string(cache) + "_ways", 2);
    }
    for (const char* key : {"itlb_entries", "itlb_ways", "itlb_large", "dtlb_entries", "dtlb_ways",
                            "dtlb_large", "tlb2_entries", "tlb2_ways"})
        add(key, 8);
    add("l2_exclusive", 1);
    add("predictor_bits", 14);
    add("history_bits", 8);
    for (const char* key : {"l2_hit", "memory", "tlb2_hit", "walk_step", "mispredict"})
        add(key, 300);
    for (const std::string_view name : kClassNames)
        add("cost." + std::string(name), 67);
    return text;
}

std::string error_of(const std::string& text) {
    std::istringstream in(text);
    const auto read = Params::read(in);
    return read ? "" : read.error();
}
} // namespace

TEST_CASE("a QEMU whose plugin interface does not fit is named with what would") {
    CHECK(why_unusable(0, 1, "i386", true, 1).empty());
    CHECK(why_unusable(1, 1, "x86_64", true, 1).empty());
    CHECK(why_unusable(2, 4, "i386", true, 1) == "this QEMU's plugin interface has versions 2 to "
                                                 "4, the model clock is written for version 1 "
                                                 "(QEMU 4.2 to 8.1, for example Debian 12's 7.2)");
    CHECK(why_unusable(0, 0, "i386", true, 1).find("versions 0 to 0") != std::string::npos);
    CHECK(why_unusable(0, 1, "arm", true, 1).find("'arm'") != std::string::npos);
    CHECK(why_unusable(0, 1, "i386", false, 1).find("qemu-system") != std::string::npos);
    CHECK(why_unusable(0, 1, "i386", true, 2).find("has 2") != std::string::npos);
}

TEST_CASE("arguments are read, and the bad ones named") {
    const auto good = parse(
        {"out=o", "params=p", "memory=m", "clock_page=0x1000", "trap_entry=0x10", "trap_entry=32"});
    REQUIRE(good);
    CHECK(good->clock_page == 0x1000);
    CHECK(good->trap_entries == std::vector<std::uint32_t>{0x10, 32});
    CHECK(parse({"out=o", "mode=icount"})->count_only);
    CHECK(parse({"out=o", "mode=icount", "profile=1"})->profile);
    CHECK(parse({"out=o", "params=p", "profile=1"}).error() == "profile=1 needs mode=icount");
    CHECK(parse({"params=p"}).error() == "out=FILE is missing");
    CHECK(parse({"out=o"}).error() == "params=FILE is missing (or say mode=icount)");
    CHECK(parse({"out=o", "mode=fast"}).error() == "unknown argument 'mode=fast'");
    CHECK(parse({"out=o", "trap_entry=0xzz"}).error() == "trap_entry='0xzz' is not an address");
    CHECK(parse({"out=o", "params=p", "clock_page=1"}).error() ==
          "clock_page needs memory=FILE, the guest's RAM");
}

TEST_CASE("a parameter file is taken whole or refused") {
    const std::string good = parameters();
    CHECK(error_of(good) == "");
    CHECK(error_of(good.substr(good.find("l1i_ways"))) == "parameter 'l1i_kb' is missing");
    CHECK(error_of(good + "colour=1\n") ==
          "line " + std::to_string(std::count(good.begin(), good.end(), '\n') + 1) +
              ": unknown or repeated parameter 'colour'");
    CHECK(error_of(good + "memory=1\n").find("'memory'") != std::string::npos);
    std::string bad = good;
    bad.replace(bad.find("l2_ways=2"), 9, "l2_ways=3");
    CHECK(error_of(bad) == "l2_kb and l2_ways do not fit");
    bad = good;
    bad.replace(bad.find("memory=300"), 10, "memory=1.5");
    CHECK(error_of(bad).find("the value of 'memory' is not a number") != std::string::npos);
}
