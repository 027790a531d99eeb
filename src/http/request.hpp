// The meaning of a request's bytes. Pure functions over bytes, so they can be fuzzed; nothing here
// knows a socket. Bytes that two readers could understand differently are refused.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/response.hpp"

namespace vitals::http {

// Why a request is not answered. `why` is one sentence from vitals that is safe to show.
struct Refusal {
    int status = 400;
    std::string_view why;
};

// A request's head. Everything points into the bytes that were parsed.
struct Head {
    std::string_view method;
    std::string_view target;
    int minor = 1;  // HTTP/1.minor
    bool keep_alive = true;
    bool chunked = false;
    bool expects_continue = false;
    std::uint64_t length = 0;  // of the body, when not chunked
    std::vector<std::pair<std::string_view, std::string_view>> fields;

    // The first field of that name (lower case), or null.
    const std::string_view* field(std::string_view name) const noexcept;
    bool has_body() const noexcept { return chunked || length > 0; }
};

// Where a head ends: the offset after its empty line, or nothing yet. `from`: searched before.
std::optional<std::size_t> find_head_end(std::string_view bytes, std::size_t from = 0) noexcept;

// What can be said of an incomplete head: with a bare line feed or a control character it will
// never become a request, and waiting for the rest would only hold the connection. `from`: already
// searched up to there.
std::optional<Refusal> refuse_early(std::string_view bytes, std::size_t from = 0) noexcept;

// Parses a complete head with its empty line. RFC 9112, and every choice in it is taken strictly:
// one Host (HTTP/1.1), one Content-Length of digits or one Transfer-Encoding that is exactly
// `chunked`, no folded lines, no bare CR or LF.
std::expected<Head, Refusal> parse_head(std::string_view bytes);

struct Target {
    std::string_view raw_path;  // as sent, without query: still percent-encoded
    std::string path;           // decoded
    Pairs query;                // decoded, in order
    bool asterisk = false;      // OPTIONS *
};

// RFC 9112, section 3.2: origin form, absolute form, `*` for OPTIONS only.
std::expected<Target, Refusal> parse_target(std::string_view method, std::string_view target);

// Decodes a path: nothing when there is a `%` without two hexadecimal digits, or an encoded NUL.
std::optional<std::string> percent_decode(std::string_view text);
// Decodes a query: `+` is a space, and a `%` without two hexadecimal digits stands for itself
// (`body=disk 100%`), as in the URL standard and in the software of the original systems. Nothing
// when there is an encoded NUL.
std::optional<std::string> query_decode(std::string_view text);

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;
std::string lower_case(std::string_view text);

}  // namespace vitals::http
