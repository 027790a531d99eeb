// The URL of a check: an address and credentials. RFC 3986, strictly, except that square brackets
// in a query are allowed, because they are common there. Values, no I/O; thread-safe.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vitals::text {

// All parts percent-decoded, except `text` and `bare`.
struct Url {
    Url() = default;
    // Splits a text into its parts; of a list of servers the first one. A text that is not a URL
    // keeps only its text: parse_url() says what is wrong.
    Url(std::string_view written);
    Url(const std::string& written) : Url(std::string_view(written)) {}
    Url(const char* written) : Url(std::string_view(written)) {}

    std::string text;    // as written; may hold a password
    std::string scheme;  // lower case
    std::string user;
    std::string password;
    std::string host;  // lower case; IPv6 without brackets, its zone behind a `%`; may be empty
    std::optional<std::uint16_t> port;
    std::string path;  // with its leading `/`, where there is one
    std::vector<std::pair<std::string, std::string>> query;
    std::string bare;  // as written, without user and password: safe to show

    bool empty() const noexcept { return text.empty(); }
    // The first parameter of that name, or null.
    const std::string* parameter(std::string_view name) const noexcept;
};

// Splits a URL into its parts, or says what is wrong with it in words that repeat no part of it: it
// may hold a password.
std::expected<Url, std::string> parse_url(std::string_view text);

enum class HostIs : std::uint8_t {
    required,
    optional,
    or_directory,  // optional, or that of a unix socket: libpq's `postgresql://user@%2Frun/db`
};
enum class Servers : std::uint8_t { one, several };

// The URL of each server that a text names, in its order: `a://user@h1,h2:2/x` as in libpq and
// MongoDB, `a://h1/x;a://h2/x` as in Celery. If it is not a list, one URL, the text itself.
std::vector<std::string> servers_of(std::string_view text);

// What is wrong with a URL for a kind of check with these schemes, or empty. A list of hosts or
// URLs is refused unless the kind takes several servers, and so are schemes that name a client's
// driver.
std::string url_problem(std::string_view text, std::initializer_list<std::string_view> schemes,
                        HostIs host = HostIs::required, Servers servers = Servers::one);

}  // namespace vitals::text
