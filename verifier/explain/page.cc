// The page: its frame, style and script are files beside this one, the explanation is JSON inside it. Nothing is fetched, and the page
// forbids itself to. What comes from the module stands in the JSON alone, where `<` is spelled so that no markup can begin.
#include "verifier/explain/json.hh"

#include <string_view>

namespace singlet::verifier::explain {
namespace {

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wc23-extensions"
constexpr char kFrame[] = {
#embed "page.html"
};
constexpr char kStyle[] = {
#embed "page.css"
};
constexpr char kScript[] = {
#embed "page.js"
};
#pragma clang diagnostic pop

std::string for_script(const std::string& json) {
    std::string out;
    for (char c : json) {
        if (c == '<')
            out += "\\u003c";
        else if (c == '>')
            out += "\\u003e";
        else if (c == '&')
            out += "\\u0026";
        else
            out += c;
    }
    return out;
}

} // namespace

std::string page(const Subject& subject, const Report& report) {
    const std::string data =
        for_script(json_value(subject, report, true)
                       .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    const std::string_view frame(kFrame, sizeof kFrame);
    std::string page;
    std::size_t from = 0;
    auto insert = [&](std::string_view mark, std::string_view what) { // marks stand in this order
        const std::size_t at = frame.find(mark, from);
        page.append(frame.substr(from, at - from)).append(what);
        from = at + mark.size();
    };
    insert("@STYLE@", {kStyle, sizeof kStyle});
    insert("@DATA@", data);
    insert("@SCRIPT@", {kScript, sizeof kScript});
    return page.append(frame.substr(from));
}

} // namespace singlet::verifier::explain
