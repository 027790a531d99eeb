// Words of other programs, and how they are written here. One table, for messages only: none of
// these words is accepted.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace vitals::config {

struct OtherWord {
    enum class What : std::uint8_t {
        kind,          // another name of a kind of check
        kind_missing,  // a kind that does not exist yet; `here` names a substitute
        key,           // another name of a key of components
        section,       // another name of a section of the file
    };
    What what;
    std::string_view written;
    std::string_view here;
};

std::span<const OtherWord> other_words();

// The line for that word, or null; case does not matter, and `-` counts as `_`.
const OtherWord* other_word(OtherWord::What what, std::string_view written);

// For a name that is not a kind of check: how it is written here, or a substitute. Empty: the word
// is not known.
std::string other_kind(std::string_view written);

}  // namespace vitals::config
