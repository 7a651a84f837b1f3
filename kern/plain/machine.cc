// The machine's memory, calls and the kernel's functions.
#include "kern/plain/machine.hh"

#include "kern/dev/console.hh"
#include <algorithm>
#include <cstring>

namespace singlet::kern::plain {

namespace {

struct Place {
    Word stack[Machine::kStackWords];
    Record record;
};
constinit Place place{}; // one program at a time, and what the last one left stays

Word address(const void* memory) { return reinterpret_cast<Word>(memory); }

template <class T>
T* at(Word address) {
    return reinterpret_cast<T*>(address);
}

constexpr Word words(std::size_t bytes) { return static_cast<Word>((bytes + 3) / 4); }

} // namespace

Machine::Machine(const verifier::Module& module, std::string_view name)
    : module_(module), heap_(kHeapBytes / sizeof(Word)) {
    place.record = {.mark = {'T', 'A', 'S', 'K'}, .name = {}, .secret = {}};
    std::memcpy(place.record.name, name.data(), std::min(name.size(), sizeof place.record.name));
    std::memcpy(place.record.secret, "SECRET: 5b0c7e9d", sizeof place.record.secret);
    lay_out();
}

const Record& Machine::record() const { return place.record; }

// A literal is an array of bytes: what kind of elements, how many, and they.
void Machine::lay_out() {
    std::vector<std::size_t> code, literals;
    for (const Function& f : module_.functions) {
        code.push_back(image_.size());
        for (const Instruction& i : f.code) {
            Word both[2];
            std::memcpy(both, &i, sizeof i);
            image_.insert(image_.end(), both, both + 2);
        }
    }
    for (const std::string& s : module_.strings) {
        literals.push_back(image_.size());
        image_.insert(image_.end(), {1, static_cast<Word>(s.size())});
        image_.resize(image_.size() + words(s.size()));
        std::memcpy(&image_[literals.back() + 2], s.data(), s.size());
    }
    for (std::size_t offset : code)
        code_at_.push_back(address(&image_[offset]));
    for (std::size_t offset : literals)
        literal_at_.push_back(address(&image_[offset]));
}

const verifier::Instruction* Machine::code_of(const Function& f) const {
    return at<Instruction>(code_at_[static_cast<std::size_t>(&f - module_.functions.data())]);
}

// ---- calls

Outcome Machine::run() {
    frame_ = place.stack + kStackWords;
    enter(module_.functions[module_.manifest.entry], nullptr, 0);
    while (!ended_)
        step(*pc_++);
    return outcome_;
}

void Machine::enter(const Function& f, const Word* arguments, std::uint8_t result) {
    const std::size_t size = f.registers + kWayBack;
    if (static_cast<std::size_t>(frame_ - place.stack) < size) return trap("StackOverflow");
    Word* frame = frame_ - size;
    std::copy_n(arguments, f.params.size(), frame);
    Word* back = frame + f.registers;
    back[kCaller] = address(function_);
    back[kReturnTo] = address(pc_);
    back[kCallersFrame] = address(frame_);
    back[kResult] = result;
    function_ = &f;
    frame_ = frame;
    pc_ = code_of(f);
}

void Machine::leave(Word value) {
    const Word* back = frame_ + function_->registers;
    const bool has_result = function_->result != verifier::kVoid;
    function_ = at<Function>(back[kCaller]);
    if (!function_) {
        ended_ = true;
        outcome_ = {{}, has_result ? value : 0};
        return;
    }
    pc_ = at<Instruction>(back[kReturnTo]);
    frame_ = at<Word>(back[kCallersFrame]);
    if (has_result) r(back[kResult]) = value;
}

void Machine::print(Word bytes, Word from, Word count) {
    const Word length = at<Word>(bytes)[1];
    if (from > length || count > length - from) return trap("OutOfBounds");
    kern::print("{}", std::string_view(at<char>(bytes + rt::kDataOffset + from), count));
}

void Machine::kernel_call(std::string_view name, const Word* arguments, Word& result) {
    if (name == "print") return print(arguments[0], 0, at<Word>(arguments[0])[1]);
    if (name == "print_bytes") return print(arguments[0], arguments[1], arguments[2]);
    if (name == "print_int") return kern::print("{}", static_cast<std::int32_t>(arguments[0]));
    if (name == "argument") result = 0;
    if (name != "exit") return;
    ended_ = true;
    outcome_ = {{}, arguments[0]};
}

// ---- memory

Word Machine::allocate(Word type, Word length, Word bytes) {
    const std::size_t size = 2 + words(bytes);
    if (size > heap_.size() - heap_used_) return trap("OutOfMemory"), 0;
    Word* block = &heap_[heap_used_];
    heap_used_ += size;
    block[0] = type;
    block[1] = length;
    return address(block);
}

Word Machine::element(Word array, Word index, Word width) {
    if (!here(array)) return 0;
    const Word length = at<Word>(array)[1];
    if (index >= length || width > length - index) return trap("OutOfBounds"), 0;
    return array + rt::kDataOffset;
}

} // namespace singlet::kern::plain
