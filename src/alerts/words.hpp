// The words of a message: the line that a locked phone shows, and the body. Pure, but reads the
// system's time zone data. Thread-safe.
//
// Its texts come from untrusted sources. Here they become valid UTF-8 on one line, cut at a
// character; a receiver escapes what has a meaning in its own format.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "alerts/alert.hpp"

namespace vitals::alerts {

struct Words {
    std::string line;  // status, what, why, where, since: the first 120 characters hold all of it
    std::string subject;  // the line without the time
    // Below the line, in order. A row without a label is a sentence of its own.
    struct Row {
        std::string label;
        std::string text;
        std::string href;  // or empty: `text` is to be a link to it
        bool operator==(const Row&) const = default;
    };
    std::vector<Row> rows;
};

// `zone`: a name of the IANA data base; times use its clock. An unknown one counts as UTC.
Words words_of(const Alert& alert, std::string_view zone);

// The line, an empty one, the rows; lines end with \n.
std::string plain_text(const Words& words);
// The same as a whole HTML document: inline style, no image, nothing that must be fetched.
std::string html_text(const Words& words);

// One line of valid UTF-8: control characters become spaces; invisible characters and those that
// change the direction of the text become U+FFFD. At most that many characters; a longer one ends
// with `…`.
std::string fitting(std::string_view text, std::size_t most_characters);
// The same by bytes, with line breaks; for bodies with a limit.
std::string cut_bytes(std::string text, std::size_t most_bytes);
std::string cut_characters(std::string text, std::size_t most_characters);

// `3 h 10 min`, `41 min`, `30 s`, `2 d 4 h`: whole units, at most two, rounded down.
std::string span_in_words(Steady::duration span);
// `2026-11-30 03:12:07 +01:00` by the zone's clock.
std::string time_in_words(System time, std::string_view zone);

}  // namespace vitals::alerts
