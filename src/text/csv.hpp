// Fields of a CSV file (RFC 4180) that a spreadsheet shows and does not run.
#pragma once

#include <string>
#include <string_view>

namespace vitals::text {

// Quoted if necessary. A text that a spreadsheet would take for a formula gets a quote in front.
inline std::string csv_field(std::string_view text) {
    std::string field;
    if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos)
        field += '\'';
    field += text;
    if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
    std::string quoted = "\"";
    for (const char c : field) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

}  // namespace vitals::text
