// A URL as a check is given it: where to go and who to be. RFC 3986, strictly, but for square
// brackets in a query, which are common there. Values, no I/O; thread-safe.
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
    // Takes a text apart; of a list of servers the first one. What is no URL keeps its text only:
    // parse_url() says what is wrong.
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
    std::string bare;  // as written, without user and password: all that may be shown

    bool empty() const noexcept { return text.empty(); }
    // The first parameter of that name, or null.
    const std::string* parameter(std::string_view name) const noexcept;
};

// Takes a URL apart, or says what is wrong with it in words that repeat no part of it: it may hold
// a password.
std::expected<Url, std::string> parse_url(std::string_view text);

enum class HostIs : std::uint8_t {
    required,
    optional,
    or_directory,  // optional, or that of a unix socket: libpq's `postgresql://user@%2Frun/db`
};
enum class Servers : std::uint8_t { one, several };

// The URL of each server that a text names, in its order: `a://user@h1,h2:2/x` as libpq and MongoDB
// write it, `a://h1/x;a://h2/x` as Celery does. One, the text itself, where it is no list.
std::vector<std::string> servers_of(std::string_view text);

// What is wrong with a URL for a kind of check that takes these schemes, or empty. A list of hosts
// or URLs is refused unless the kind takes several servers, and what clients write into the scheme
// for a driver of theirs.
std::string url_problem(std::string_view text, std::initializer_list<std::string_view> schemes,
                        HostIs host = HostIs::required, Servers servers = Servers::one);

}  // namespace vitals::text
