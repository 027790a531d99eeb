// Fields of HTTP that somebody else writes, on arbitrary bytes: what a client accepts, in which
// encoding, and when a server may be asked again.
#include <array>

#include "dialects/accept.hpp"
#include "http/gzip.hpp"
#include "target.hpp"
#include "wire/retry_after.hpp"

namespace vitals::fuzz {

void run(std::string_view bytes) {
    constexpr std::array<std::string_view, 3> offers = {
        "application/json", "text/plain; version=0.0.4; charset=utf-8", "text/html"};
    const auto chosen = dialects::negotiate(bytes, offers);
    require(!chosen || *chosen < offers.size());
    const auto by_precedence = dialects::negotiate_by_precedence(bytes, offers);
    require(!by_precedence || *by_precedence < offers.size());
    for (const std::string_view offer : offers) {
        const double quality = dialects::preference(bytes, offer).quality;
        require(quality >= 0 && quality <= 1);
        require(chosen || quality == 0);
    }
    (void)http::accepts_gzip(bytes);

    const System now(std::chrono::seconds(1'796'050'000));
    if (const auto pause = wire::retry_after(bytes, now)) {
        require(*pause >= std::chrono::nanoseconds::zero());
        require(*pause <= std::chrono::hours(24 * 366 * 200));
    }
}

}  // namespace vitals::fuzz
