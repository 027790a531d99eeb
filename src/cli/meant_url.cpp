#include "cli/meant_url.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "app/catalog.hpp"
#include "config/other_words.hpp"
#include "text/bare_host.hpp"
#include "text/masked.hpp"
#include "text/words.hpp"

namespace vitals::cli {
namespace {

// What usually listens on these ports.
constexpr std::pair<std::uint16_t, std::string_view> usual_schemes[] = {
    {25, "smtp"},         {53, "dns"},          {80, "http"},         {443, "https"},
    {465, "smtps"},       {587, "smtp"},        {5432, "postgresql"}, {5433, "postgresql"},
    {5671, "amqps"},      {5672, "amqp"},       {6379, "redis"},      {8000, "http"},
    {8080, "http"},       {8123, "clickhouse"}, {8200, "vault"},      {8443, "https"},
    {11211, "memcached"},
};

// These of the 43 schemes show the form of a URL.
constexpr std::string_view usual[] = {"https", "http", "tcp",  "tls",       "postgresql",
                                      "redis", "amqp", "smtp", "memcached", "dns"};

std::vector<std::string_view> schemes() {
    std::vector<std::string_view> all;
    for (const auto* kind : app::kinds())
        all.insert(all.end(), kind->schemes.begin(), kind->schemes.end());
    return all;
}

// What may be shown of the part after the scheme.
std::string shown_with(std::string_view scheme, std::string_view url) {
    return text::masked_url(std::string(scheme) + std::string(url.substr(url.find(':'))));
}

}  // namespace

std::string lacks_scheme(std::string_view word) {
    const auto host = text::bare_host(word);
    if (!host) return {};
    const auto shown = text::in_quotes(word);
    if (!host->port)
        return fmt::format("{} is not a URL; did you mean {}://{} or tcp://{}:PORT?", shown,
                           host->is_local ? "http" : "https", word, host->host);
    const auto* const named = std::ranges::find(usual_schemes, *host->port,
                                                &std::pair<std::uint16_t, std::string_view>::first);
    const auto tcp = fmt::format("tcp://{}:{}", host->host, *host->port);
    if (named == std::end(usual_schemes))
        return fmt::format("{} has no scheme; did you mean {} or http://{}?", shown, tcp, word);
    return fmt::format("{} has no scheme; did you mean {}://{} or {}?", shown, named->second, word,
                       tcp);
}

std::string unknown_scheme(std::string_view url) {
    if (auto bare = lacks_scheme(url); !bare.empty()) return bare;
    const auto shown = text::in_quotes(text::masked_url(url));
    const auto scheme = url.substr(0, url.find(':'));
    const auto plain = scheme.substr(0, scheme.rfind('+'));
    if (plain != scheme && app::kind_of_url(std::string(plain) + ':') != nullptr)
        return fmt::format("no kind of check takes {}; write {}://", shown, plain);
    using What = config::OtherWord::What;
    if (const auto* word = config::other_word(What::kind, scheme)) {
        const auto* kind = app::find_kind(word->here);
        if (kind != nullptr && !kind->schemes.empty())
            return fmt::format("no kind of check takes {}; did you mean {}?", shown,
                               shown_with(kind->schemes.front(), url));
    }
    if (config::other_word(What::kind_missing, scheme) != nullptr)
        return config::other_kind(scheme);
    const auto known = schemes();
    if (const auto near = text::nearest(scheme, known))
        return fmt::format("{}: did you mean {}?", text::masked_url(url), shown_with(*near, url));
    return fmt::format(
        "no kind of check takes {}; known are for example {}:; 'vitals kinds KIND' shows all",
        shown, fmt::join(usual, ":, "));
}

}  // namespace vitals::cli
