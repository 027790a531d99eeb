// Options that many receivers share, described once.
#pragma once

#include <array>
#include <string_view>

#include "model/description.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::alerts::receivers {

// A URL that is itself a secret: anyone who knows it may post.
inline Verified verify_secret_url(const Secret& secret) {
    if (!secret.available()) return {};
    return verified(text::url_problem(secret.reveal(), {"https", "http"}));
}

template <class Options>
constexpr Field secret_url_field(std::string_view sentence) {
    return field<&Options::url, verify_secret_url>(
        "url", sentence, {.required = true, .example = "{file: /run/secrets/hook}"});
}

inline Verified verify_server(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"https", "http"}); !problem.empty())
        return std::unexpected(problem);
    if (!url.user.empty() || !url.password.empty())
        return std::unexpected("holds a user or a password, which would be logged");
    if (!url.query.empty()) return std::unexpected("has parameters; expected https://host");
    return {};
}

template <class Options>
constexpr Field tls_field() {
    return field<&Options::tls>("tls", "CA, client certificate and server name.",
                                {.members = net::tls_fields});
}

// The options of a chat that takes a webhook and nothing else.
struct Hook {
    Secret url;
    net::TlsOptions tls;
};

constexpr std::array<Field, 2> hook_fields(std::string_view sentence) {
    return {secret_url_field<Hook>(sentence), tls_field<Hook>()};
}

// Without the slash at its end.
inline std::string server_of(const text::Url& url) {
    std::string text = url.text;
    while (text.ends_with('/')) text.pop_back();
    return text;
}

}  // namespace vitals::alerts::receivers
