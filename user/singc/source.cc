#include "user/singc/source.hh"

#include <algorithm>
#include <numeric>
#include <tuple>

#include <fmt/format.h>

namespace singlet::singc {

Place Place::to(const Place& last) const {
    if (last.file != file || last.offset < offset) return *this;
    return {file, offset, last.offset + last.length - offset};
}

SourceFile::SourceFile(std::string n, std::string t) : name(std::move(n)), text(std::move(t)) {
    line_starts.push_back(0);
    for (std::uint32_t i = 0; i < text.size(); i++)
        if (text[i] == '\n') line_starts.push_back(i + 1);
}

std::uint32_t SourceFile::line(std::uint32_t offset) const {
    auto next = std::upper_bound(line_starts.begin(), line_starts.end(), offset);
    return static_cast<std::uint32_t>(next - line_starts.begin());
}

std::uint32_t SourceFile::column(std::uint32_t offset) const {
    return offset - line_starts[line(offset) - 1] + 1;
}

std::string_view SourceFile::line_text(std::uint32_t line) const {
    std::uint32_t from = line_starts[line - 1];
    std::size_t to = line < line_starts.size() ? line_starts[line] - 1 : text.size();
    std::string_view view = std::string_view(text).substr(from, to - from);
    if (view.ends_with('\r')) view.remove_suffix(1);
    return view;
}

std::uint32_t Diagnostics::add_file(std::string name, std::string text) {
    files_.push_back(std::make_unique<SourceFile>(std::move(name), std::move(text)));
    return static_cast<std::uint32_t>(files_.size() - 1);
}

void Diagnostics::error(Place place, std::string sentence, std::vector<Note> notes) {
    for (const Error& e : errors_)
        if (e.place.file == place.file && e.place.offset == place.offset && e.sentence == sentence)
            return;
    errors_.push_back({place, std::move(sentence), std::move(notes)});
    if (errors_.size() >= kLimit && trying_ == 0) throw TooManyErrors{};
}

// The line with everything under the place underlined. Bytes that are not printable ASCII show as
// they are when they belong to UTF-8 (each sequence counts as one column) and as '?' when they are
// control characters.
void Diagnostics::render(std::string& out, Place place, std::string_view kind,
                         std::string_view sentence) {
    constexpr std::size_t kWidest = 160;
    const SourceFile& source = file(place.file);
    std::uint32_t line = source.line(place.offset), column = source.column(place.offset);
    out += fmt::format("{}:{}:{}: {}: {}\n", source.name, line, column, kind, sentence);
    std::string_view text = source.line_text(line);
    std::string shown, marks;
    for (std::size_t i = 0; i <= text.size() && i < kWidest; i++) {
        bool under = i + 1 >= column && i + 1 < column + std::max<std::size_t>(place.length, 1);
        char c = i < text.size() ? text[i] : ' ';
        if ((static_cast<unsigned char>(c) & 0xc0) == 0x80) {
            shown += c;
            continue;
        }
        if (i < text.size()) shown += c == '\t' || static_cast<unsigned char>(c) >= ' ' ? c : '?';
        if (i == text.size() && i + 1 != column) break;
        marks += i + 1 == column ? '^' : under ? '~' : c == '\t' ? '\t' : ' ';
    }
    while (marks.ends_with(' ') || marks.ends_with('\t'))
        marks.pop_back();
    if (!shown.empty()) out += fmt::format("    {}\n    {}\n", shown, marks);
}

std::string Diagnostics::render() {
    std::vector<std::size_t> order(errors_.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const Place &p = errors_[a].place, &q = errors_[b].place;
        return std::tuple(p.file, p.offset, a) < std::tuple(q.file, q.offset, b);
    });
    std::string out;
    for (std::size_t i : order) {
        render(out, errors_[i].place, "error", errors_[i].sentence);
        for (const Note& n : errors_[i].notes)
            render(out, n.place, "note", n.sentence);
    }
    if (errors_.size() >= kLimit) out += fmt::format("stopped after {} errors\n", errors_.size());
    return out;
}

} // namespace singlet::singc
