// Shared by the HTML answers: the head with its style, the policy that allows exactly that style,
// and the form of a status for people (a symbol and a word, never colour alone). No script, no
// asset of another host.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "dialects/dialect.hpp"
#include "model/per_status.hpp"

namespace vitals::dialects {

// From the doctype to the opened body. `status` chooses the icon in the browser's tab.
std::string document_head(std::string_view title, Status status = Status::ok);
// Content type and the Content-Security-Policy that the head is written for.
void as_document(Response& response);

// The symbol beside the word of a status.
inline constexpr PerStatus<std::string_view> symbol{"\u2713", "!", "\u2715", "?"};
// `<span class="badge failed">...`: symbol and word.
std::string status_mark(Status status);

// A table is opened by its columns (class and title), gets a row for each subject, and is closed.
// On a phone each row becomes a small card; the roles keep it a table for a screen reader.
struct Column {
    std::string_view css, title;
};
void open_table(std::string& out, std::string_view caption, std::span<const Column> columns);
// The first two cells of a row; `cell` adds further ones, and shows an empty text as a dash.
void open_row(std::string& out, Status status, std::string_view name, std::string_view detail = {});
void cell(std::string& out, std::string_view css, std::string_view text);
inline constexpr std::string_view end_row = "</tr>\n";
inline constexpr std::string_view end_table = "</tbody></table>\n";

}  // namespace vitals::dialects
