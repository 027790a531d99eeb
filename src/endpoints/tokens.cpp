// Bearer tokens (RFC 6750, section 2.1).
#include "endpoints/tokens.hpp"

namespace vitals::endpoints {

std::string_view bearer_of(const http::Head& head) noexcept {
    const std::string_view* field = head.field("authorization");
    if (field == nullptr || field->size() < 7 || (*field)[6] != ' ' ||
        !http::equal_ignoring_case(field->substr(0, 6), "bearer"))
        return {};
    std::string_view token = field->substr(7);
    while (token.starts_with(' ')) token.remove_prefix(1);
    return token;
}

Identity identify(const Routes& routes, std::string_view bearer, Steady now) {
    Identity identity;
    if (bearer.empty()) return identity;
    identity.shown = true;
    for (std::size_t i = 0; i < routes.tokens.size(); ++i) {
        const Token& token = routes.tokens[i];
        if (!token.secret.accepts(bearer, token.overlap, now)) continue;
        identity.token = static_cast<int>(i);
        identity.may.read |= token.allow.read;
        identity.may.push |= token.allow.push;
        identity.may.control |= token.allow.control;
    }
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
