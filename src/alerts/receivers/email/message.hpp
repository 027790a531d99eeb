// An e-mail in the form of the wire: RFC 5322, 2045 to 2047. 7-bit throughout, lines of at most 76
// characters that end with CR LF, whatever the texts of the alert hold. Pure.
#pragma once

#include <string>
#include <string_view>

#include "alerts/receivers/receiver.hpp"

namespace vitals::alerts::receivers::email_receiver {

// What is wrong with an address for an envelope and a header, or empty. An address has only ASCII
// characters, no blanks, no control characters, no angle brackets, and one `@`.
std::string address_problem(std::string_view address);

// The whole message: headers, an empty line, text and HTML.
std::string compose(const Envelope& envelope, std::string_view from);

// In the form of DATA: a dot at the begin of a line is doubled, and a line with a dot ends it.
std::string dot_stuffed(std::string_view message);

// `<KEY@host>`; the same for each attempt.
std::string message_id(std::string_view key, std::string_view host);

// The value of a header: words that are not ASCII are encoded (RFC 2047), and it is folded. `used`:
// characters that stand before it on its first line.
std::string header_text(std::string_view text, std::size_t used);
std::string quoted_printable(std::string_view text);

// The domain of a sender without an address: the host's name, or a name that no domain has.
std::string usual_domain(std::string_view host);

// The name in the greeting (RFC 5321, 4.1.1.1): the host's name if it has the letters of a domain,
// else the address literal.
std::string greeting_name(std::string_view host);

}  // namespace vitals::alerts::receivers::email_receiver
