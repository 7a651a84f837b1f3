// Formatted text into a string that grows.
#pragma once
#include "lib/core/format.hh"
#include <string>

namespace singlet {

class TextSink final : public Sink {
public:
    void put(std::string_view text) override { text_ += text; }
    const std::string& text() const { return text_; }

private:
    std::string text_;
};

} // namespace singlet
