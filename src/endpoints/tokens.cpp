// Bearer tokens (RFC 6750, section 2.1) and Basic authentication (RFC 7617).
#include "endpoints/tokens.hpp"

#include <initializer_list>
#include <string>

#include "text/base64.hpp"

namespace vitals::endpoints {

namespace {

// The text after the scheme; empty for another scheme.
std::string_view after_scheme(std::string_view credentials, std::string_view scheme) noexcept {
    if (credentials.size() <= scheme.size() || credentials[scheme.size()] != ' ' ||
        !http::equal_ignoring_case(credentials.substr(0, scheme.size()), scheme))
        return {};
    credentials.remove_prefix(scheme.size());
    while (credentials.starts_with(' ')) credentials.remove_prefix(1);
    return credentials;
}

// Each of them is compared with every token.
Identity identify_any(const Routes& routes, std::initializer_list<std::string_view> shown,
                      Steady now) {
    Identity identity;
    identity.shown = true;
    for (std::size_t i = 0; i < routes.tokens.size(); ++i) {
        const Token& token = routes.tokens[i];
        bool accepted = false;
        for (const std::string_view each : shown)
            accepted |= token.secret.accepts(each, token.overlap, now);
        if (!accepted) continue;
        identity.token = static_cast<int>(i);
        identity.may.read |= token.allow.read;
        identity.may.push |= token.allow.push;
        identity.may.control |= token.allow.control;
    }
    return identity;
}

}  // namespace

std::string_view credentials_of(const http::Head& head) noexcept {
    const std::string_view* field = head.field("authorization");
    if (field == nullptr) return {};
    const bool known =
        !after_scheme(*field, "bearer").empty() || !after_scheme(*field, "basic").empty();
    return known ? *field : std::string_view();
}

Identity identify(const Routes& routes, std::string_view token, Steady now) {
    return token.empty() ? Identity() : identify_any(routes, {token}, now);
}

Identity identify_by(const Routes& routes, std::string_view credentials, Steady now) {
    if (const auto token = after_scheme(credentials, "bearer"); !token.empty())
        return identify(routes, token, now);
    const std::string_view encoded = after_scheme(credentials, "basic");
    if (encoded.empty()) return {};
    const std::string pair = text::from_base64(encoded).value_or(std::string());
    const auto colon = pair.find(':');
    const std::string_view user = std::string_view(pair).substr(0, colon);
    const std::string_view password =
        colon == std::string::npos ? std::string_view() : std::string_view(pair).substr(colon + 1);
    Identity identity = identify_any(routes, {user, password}, now);
    identity.basic = true;
    return identity;
}

bool RefusedTokens::note(Steady now, std::chrono::milliseconds pause,
                         std::uint64_t& count) noexcept {
    pending_.fetch_add(1, std::memory_order_relaxed);
    std::int64_t moment = now.time_since_epoch().count();
    std::int64_t next = next_.load(std::memory_order_relaxed);
    if (moment < next) return false;
    std::int64_t after = moment + std::chrono::nanoseconds(pause).count();
    if (!next_.compare_exchange_strong(next, after, std::memory_order_relaxed)) return false;
    count = pending_.exchange(0, std::memory_order_relaxed);
    return true;
}

}  // namespace vitals::endpoints
