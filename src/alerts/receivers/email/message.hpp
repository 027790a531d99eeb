// An e-mail as it goes over the wire: RFC 5322, 2045 to 2047. 7-bit throughout, lines of at most 76
// characters that end with CR LF, whatever the alert's texts hold. Pure.
#pragma once

#include <string>
#include <string_view>

#include "alerts/receivers/receiver.hpp"

namespace vitals::alerts::receivers::email_receiver {

// What is wrong with an address for an envelope and a header, or empty: ASCII only, no blanks, no
// control characters, no angle brackets, one `@`.
std::string address_problem(std::string_view address);

// The whole message: headers, an empty line, text and HTML.
std::string compose(const Envelope& envelope, std::string_view from);

// As DATA sends it: a dot at the beginning of a line is doubled, and a line with a dot ends it.
std::string dot_stuffed(std::string_view message);

// `<KEY@host>`; the same for each attempt.
std::string message_id(std::string_view key, std::string_view host);

// A header's value: words that are not ASCII encoded (RFC 2047), folded. `used`: characters that
// stand in front on its first line.
std::string header_text(std::string_view text, std::size_t used);
std::string quoted_printable(std::string_view text);

// The domain of a sender without an address: the host's name, or what no domain has.
std::string usual_domain(std::string_view host);

// What to greet with (RFC 5321, 4.1.1.1): the host's name where it is one with a domain's letters,
// else the address literal.
std::string greeting_name(std::string_view host);

}  // namespace vitals::alerts::receivers::email_receiver
