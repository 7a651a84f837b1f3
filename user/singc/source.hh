// Source files and what is wrong with them. A Place is a stretch of one file; a Diagnostics gathers errors with their notes,
// renders them with the line and a caret, and stops the compilation at a limit. Errors are kept apart until the end, because the
// checker walks loops more than once and takes back what it said in a walk that did not count.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace singlet::singc {

struct Place {
    std::uint32_t file = 0;
    std::uint32_t offset = 0;
    std::uint32_t length = 0;

    // From the start of this to the end of `last`.
    Place to(const Place& last) const;
};

struct SourceFile {
    std::string name; // as it was asked for, relative to the root
    std::string text;
    std::vector<std::uint32_t> line_starts;

    SourceFile(std::string name, std::string text);
    std::uint32_t line(std::uint32_t offset) const;   // from 1
    std::uint32_t column(std::uint32_t offset) const; // from 1
    std::string_view line_text(std::uint32_t line) const;
};

struct Note {
    Place place;
    std::string sentence;
};

struct Error {
    Place place;
    std::string sentence;
    std::vector<Note> notes;
};

// Thrown when there is no use in going on: the limit of errors, or nesting too deep.
struct TooManyErrors {};

class Diagnostics {
public:
    static constexpr std::size_t kLimit = 20;

    std::uint32_t add_file(std::string name, std::string text);
    const SourceFile& file(std::uint32_t index) const { return *files_[index]; }
    std::size_t file_count() const { return files_.size(); }

    void error(Place place, std::string sentence, std::vector<Note> notes = {});
    std::size_t count() const { return errors_.size(); }
    // Forgets the errors from number `from` up to `to`.
    void take_back(std::size_t from, std::size_t to) {
        errors_.erase(errors_.begin() + static_cast<long>(from),
                      errors_.begin() + static_cast<long>(to));
    }
    // Between these, errors may be taken back, so that the limit does not count.
    void begin_trying() { trying_++; }
    void end_trying() { trying_--; }
    std::uint32_t line(Place place) const { return file(place.file).line(place.offset); }

    // All errors as text, in the order of their places.
    std::string render();

private:
    void render(std::string& out, Place place, std::string_view kind, std::string_view sentence);

    std::vector<std::unique_ptr<SourceFile>> files_;
    std::vector<Error> errors_;
    int trying_ = 0;
};

} // namespace singlet::singc
