// Responses of IMAP (RFC 3501, section 7; RFC 9051), as far as a client needs them that logs in and
// looks at one mailbox. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace vitals::wire::imap {

inline constexpr std::size_t longest_response = 64 * 1024;

struct Response {
    std::string tag;     // `*` if unsolicited, `+` for a continuation request
    std::string status;  // OK, NO, BAD, PREAUTH or BYE; empty of any other response
    std::string code;    // the text in brackets after it: `AUTHENTICATIONFAILED`
    std::string text;    // the rest of the line
    // Whether it lists a capability, as a response or as a code.
    bool lists(std::string_view capability) const;
    bool lists_capabilities() const;
};

// One response with its literals.
std::expected<std::optional<Response>, std::string> take_response(std::string& buffer);

// The figure of a name in `STATUS INBOX (MESSAGES 3)`.
std::optional<std::uint64_t> figure_of(const Response& response, std::string_view name);

// A text in the form of a line, in quotes; nothing if it needs a literal.
std::optional<std::string> quoted(std::string_view text);

}  // namespace vitals::wire::imap
