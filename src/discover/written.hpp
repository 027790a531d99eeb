// The file that init writes, or what it adds to one. Texts in, texts out. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "discover/proposal.hpp"

namespace vitals::discover {

// What came of trying a candidate once.
struct Trial {
    std::string reason;             // why it did not pass; empty: it did
    bool another_protocol = false;  // is spoken there, as it seems
};

// A proposal, and what came of trying each of its candidates.
struct Tried {
    Proposal proposal;
    std::vector<Trial> trials;

    // The first candidate that passed; their number where none did.
    std::size_t passed() const;
    // The best one that did not pass and that there is something to say of; their number where
    // there is none.
    std::size_t worth_a_comment() const;
};

struct Section {
    std::string heading;
    std::vector<Tried> proposals;
};

// The lines of these components, each line indented by two.
std::string lines_of(const std::vector<Section>& sections);

// A file of its own. `whole`: one that `vitals serve` can be given; else, as a file of conf.d, it
// holds nothing but components. `as_user` tried the checks; empty: whoever ran init.
std::string new_file(const std::string& host, const std::string& as_user, bool whole,
                     const std::string& lines);

// The text with the lines at the end of its components. No line of it changes. The error is a
// sentence: they are written in a way to which no line can be added.
std::expected<std::string, std::string> with_added(std::string_view text, std::string_view lines);

}  // namespace vitals::discover
