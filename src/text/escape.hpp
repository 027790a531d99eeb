// Makes text safe for its place. Invalid UTF-8 becomes U+FFFD everywhere, so that no name or detail
// can break a document. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace vitals::text {

// Appends and removes the leading characters that no format here escapes: printable ASCII without
// quotes, backslash, ampersand and angle brackets. Almost all text consists of them.
void take_plain(std::string& out, std::string_view& text);

// For HTML text and quoted attributes: & < > " ' escaped, control characters replaced.
void append_html(std::string& out, std::string_view text);
std::string html(std::string_view text);

// Between the quotes of a Prometheus label, both formats: \\ \" \n; other control characters
// replaced by U+FFFD (OpenMetrics knows no carriage return).
void append_label(std::string& out, std::string_view text);

// One line of plain text: control characters become spaces.
std::string one_line(std::string_view text);

// Text of several lines: control characters other than newlines become U+FFFD.
std::string plain_text(std::string_view text);

// As Go's `%q`: in quotation marks, with \a \n \x7f \u200b and so on for characters that Go does
// not print, and invalid UTF-8 as \xff.
std::string go_quoted(std::string_view text);

}  // namespace vitals::text
