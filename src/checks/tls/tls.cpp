#include "tls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "checks/access_fields.hpp"
#include "checks/days_left.hpp"
#include "net/connection.hpp"
#include "net/endpoint_of.hpp"
#include "text/prose.hpp"
#include "text/url.hpp"

namespace vitals::checks::tls {

namespace {

constexpr std::uint16_t usual_port = 443;
constexpr std::chrono::milliseconds longest_verdict(1000);  // on the client certificate

Verified verify_url(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"tls"}); !problem.empty())
        return std::unexpected(problem);
    if (!url.user.empty() || !url.password.empty())
        return std::unexpected("holds a user, which tls cannot be");
    if (url.path.size() > 1 || !url.query.empty())
        return std::unexpected("has a path; expected tls://host:port");
    return {};
}

Verified verify(const Options& options) {
    if (options.failed_below > options.degraded_below) {
        return std::unexpected("failed_below is above degraded_below: it would never be degraded");
    }
    return {};
}

constexpr Field fields[] = {
    url_field<Options, verify_url>(
        "The address to connect to: tls://host:port; the default port is 443.",
        "tls://db.example.org:5433"),
    tls_field<Options>(),
    field<&Options::degraded_below>(
        "degraded_below", "Degraded when the certificate that ends first has fewer days left.",
        {.unit = "days", .least = 0, .most = 3650}),
    field<&Options::failed_below>("failed_below",
                                  "Failed when it has fewer days left. 0: only when it has ended, "
                                  "because clients see no fault until then.",
                                  {.unit = "days", .least = 0, .most = 3650}),
    field<&Options::client>("client",
                            "Whether the server must accept this client. `refused`: it must refuse "
                            "a client that shows no certificate, or the one under `tls`.",
                            {.choices = "accepted|refused"}),
};

// Whether the server refused this client because of its certificate. Throws any other error.
net::awaitable<bool> is_refused(const Options& options, net::Context& context,
                                net::Connection& connection) {
    try {
        co_await connection.start_tls(options.tls, options.url.host);
        // If it must refuse, its answer is what the check is for.
        const auto longest = options.client == "refused" ? Steady::duration::max()
                                                         : Steady::duration(longest_verdict);
        const auto patience = std::min<Steady::duration>(context.left() / 2, longest);
        co_await connection.settle_tls(context.clock().steady() + patience);
    } catch (const CheckError& error) {
        if (options.client != "refused" || error.detail != net::certificate_refused) throw;
        co_return true;
    }
    co_return false;
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    const text::Url url = options.url;
    const net::Endpoint endpoint = net::endpoint_of(url, usual_port);
    const auto connection = co_await net::dial(context, endpoint);
    context.enter("tls");
    const bool refused = co_await is_refused(options, context, *connection);
    if (options.client == "refused" && !refused)
        throw CheckError(ErrorClass::assertion, "accepts a client that it must refuse");
    const auto certificate = connection->certificate();
    if (!certificate) throw CheckError(ErrorClass::tls, "no certificate shown");
    Outcome outcome = judge(options, *certificate, context.clock().system());
    if (outcome.status == Status::failed) outcome.failed_phase = context.phase();
    if (refused && outcome.status == Status::ok) outcome.detail = "refuses this client, as it must";
    co_return outcome;
}

constexpr std::string_view proves = R"(
    The server speaks TLS and has the key of its certificate. The chain covers the name,
    leads to a trusted authority, and is valid now. The days left are those of the
    certificate in the chain that ends first. If the server asks for a client certificate,
    it accepts that of the check; with `client: refused` it refuses this client because of
    its certificate, as a server that is only for known clients must. The check does not
    ask whether a certificate was revoked, and proves nothing about the service inside:
    use the kind that speaks its protocol. With `verify: false` only the days left are
    judged.)"_prose;

}  // namespace

Outcome judge(const Options& options, const net::PeerCertificate& certificate, System now) {
    const std::int64_t days = days_until(certificate.not_after_earliest, now);
    Outcome outcome = ok("certificate valid");
    if (days < options.failed_below || days < 0) {
        outcome =
            failed(days_left_in_words(days), days < 0 ? ErrorClass::tls : ErrorClass::assertion);
    } else if (days < options.degraded_below) {
        outcome = degraded(days_left_in_words(days));
    }
    return std::move(outcome).with("days_left", days).with("version", certificate.version);
}

const Kind kind = make_kind<Options, fields, run, verify>(
    "tls", "Does a TLS handshake; judges chain, name and the days left.",
    {.proves = proves, .schemes = {"tls"}, .urls = {"tls://host", "tls://host:5433"}});

}  // namespace vitals::checks::tls
