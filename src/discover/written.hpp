// The file that init writes, or what it adds to one. Texts in, texts out. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "discover/proposal.hpp"

namespace vitals::discover {

// The result of trying a candidate once.
struct Trial {
    std::string reason;             // why it did not pass; empty: it did
    bool another_protocol = false;  // seems to be spoken there
};

// A proposal, and the results of its candidates.
struct Tried {
    Proposal proposal;
    std::vector<Trial> trials;

    // The first candidate that passed; their number if none did.
    std::size_t passed() const;
    // The best candidate that did not pass and needs a message; their number if there is none.
    std::size_t worth_a_comment() const;
};

struct Section {
    std::string heading;
    std::vector<Tried> proposals;
};

// The lines of these components, each line indented by two.
std::string lines_of(const std::vector<Section>& sections);

// A new file. `whole`: one for `vitals serve`; otherwise, as a file of conf.d, it holds only
// components. `as_user` tried the checks; empty: the user who ran init.
std::string new_file(const std::string& host, const std::string& as_user, bool whole,
                     const std::string& lines);

// The text with the lines at the end of its components. No line of it changes. The error is a
// sentence: no line can be added to the way in which they are written.
std::expected<std::string, std::string> with_added(std::string_view text, std::string_view lines);

}  // namespace vitals::discover
