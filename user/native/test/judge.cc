// Starts a process for each misdeed, sees it end as misdeeds.def says, and asks the server echo each
// time whether it is well.
#include "user/native/test/check.hh"
#include "user/native/test/misdeeds.hh"

namespace singlet::native {

namespace {

constexpr std::uint32_t number(Call call) { return static_cast<std::uint32_t>(call); }

struct Sentence {
    std::string_view name;
    End end;
    std::uint32_t status;
};
constexpr Sentence kSentences[] = {
#define MISDEED(name, end, status, code) {#name, End::end, static_cast<std::uint32_t>(status)},
#include "user/native/test/misdeeds.def"
};

void judge(std::uint32_t which) {
    const Sentence& expected = kSentences[which];
    print("judge: {}\n", expected.name);
    auto child = static_cast<ProcessId>(spawn("bad.elf").value);
    Outcome told = call(child, bytes_of(which), {});
    bool goes_on = expected.end == End::Exit || expected.end == End::Killed;
    check(told.value == (goes_on ? 0 : kGone), "who waits for it is told");
    if (expected.end == End::Killed) {
        for (int turns = 0; turns < 3; turns++)
            yield();
        check(kill(child).good(), "it is killed");
    }
    Outcome ended = wait(child);
    check(ended.value == static_cast<std::int32_t>(expected.end), expected.name);
    check(ended.extra == expected.status, "its status");
    if (failures) print("judge: ended by {}, status {}\n", ended.value, ended.extra);
    check(wait(child).value == kGone && kill(child).value == kGone, "it is gone");
}

} // namespace

int main() {
    auto echo = static_cast<ProcessId>(find("echo").value);
    for (std::uint32_t which = 0; which < std::size(kSentences); which++) {
        judge(which);
        std::uint32_t word = which * 3, back = 0;
        Outcome answer = call(echo, bytes_of(word), room_of(back));
        check(answer.value == 4 && back == word, "echo is unharmed");
    }
    print("judge: {} misdeeds, {} failures\n", std::size(kSentences), failures);
    return failures != 0;
}

} // namespace singlet::native
