#include "certificate.hpp"

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "files.hpp"
#include "net/connection.hpp"
#include "net/endpoint_of.hpp"
#include "net/file.hpp"
#include "net/reading.hpp"
#include "text/path_url.hpp"
#include "text/prose.hpp"
#include "text/url.hpp"
#include "verdict.hpp"

namespace vitals::checks::certificate {

namespace {

constexpr std::uint16_t usual_port = 443;

// `host:port`, or with `tls://` before it.
std::expected<net::Endpoint, std::string> server_of(const std::string& serves) {
    const text::Url url = serves.contains("://") ? serves : "tls://" + serves;
    if (auto problem = text::url_problem(url.text, {"tls"}); !problem.empty())
        return std::unexpected("is no host:port: " + problem);
    if (!url.user.empty() || url.path.size() > 1 || !url.query.empty())
        return std::unexpected("is more than a host and a port: expected host:port");
    return net::endpoint_of(url, usual_port);
}

Verified verify_serves(const std::string& serves) {
    const auto server = server_of(serves);
    if (!server && !serves.empty()) return std::unexpected(server.error());
    return {};
}

Verified verify_path(const std::string& path) {
    return verified(path.empty() ? "is empty: expected a path such as /etc/ssl/shop.pem" : "");
}

Verified verify(const Options& options) {
    if (options.failed_below > options.degraded_below)
        return std::unexpected("failed_below is above degraded_below: it would never be degraded");
    if (!options.ca.empty() && !options.complete)
        return std::unexpected("ca goes with complete: true, which asks for a chain");
    return {};
}

Verified from_url(Options& options, std::string_view url) {
    auto path = text::path_of_url(url);
    if (!path) return std::unexpected(path.error());
    options.path = *std::move(path);
    return {};
}

constexpr Field fields[] = {
    field<&Options::path, verify_path>("path",
                                       "A file (PEM, DER or PKCS #12), a glob, or a directory, "
                                       "which is searched with all that is below it.",
                                       {.required = true, .example = "/etc/letsencrypt/live"}),
    field<&Options::key>("key",
                         "PEM file of the private key, which must belong to the certificate.",
                         {.example = "/etc/ssl/private/shop.key"}),
    field<&Options::password>("password", "Password of the key, or of a PKCS #12 file."),
    field<&Options::degraded_below>(
        "degraded_below",
        "Degraded when the certificate that ends first has less time left. For one that is valid "
        "for less than 30 days: less than a third of its validity.",
        {.least = 0}),
    field<&Options::failed_below>(
        "failed_below",
        "Failed when it has less time left; for one that is valid for less than 30 days, the same "
        "share of the other bound. `0s`: not before it has ended.",
        {.least = 0}),
    field<&Options::complete>(
        "complete", "Whether each file must hold the whole chain up to a trusted authority."),
    field<&Options::ca>(
        "ca", "With `complete`: PEM file of the certificate authorities; it replaces the system's.",
        {.example = "/etc/vitals/ca.pem"}),
    field<&Options::names>("names",
                           "The host names and addresses that each certificate must cover.",
                           {.example = "[shop.example.org]"}),
    field<&Options::serves, verify_serves>(
        "serves",
        "host:port of the server that uses it, with TLS from the first byte. Failed when the "
        "server shows another certificate, because it was not reloaded after a renewal.",
        {.example = "127.0.0.1:443"}),
};

// Reads everything, once.
struct Read {
    Files files;
    std::optional<File> key;
};

Read read_all(const Options& options) {
    Read read{.files = files_at(options.path)};
    if (options.key.empty()) return read;
    read.key.emplace();
    read.key->path = options.key;
    if (auto bytes = net::read_file(options.key, most_bytes))
        read.key->bytes = *std::move(bytes);
    else
        read.key->error = bytes.error();
    return read;
}

// Compares the certificate of the server with the one on the disk. The verdict on the latter
// already says whether it is good.
net::awaitable<Outcome> compare_with_server(const Options& options, net::Context& context,
                                            Judged judged) {
    const net::Endpoint endpoint = server_of(options.serves).value();
    const auto connection = co_await net::dial(context, endpoint);
    context.enter("tls");
    net::TlsOptions tls;
    tls.verify = false;
    if (!options.names.empty()) tls.server_name = options.names.front();
    co_await connection->start_tls(tls, endpoint.host);
    const auto shown = connection->certificate();
    if (!shown) throw CheckError(ErrorClass::tls, "no certificate shown");
    context.enter("compare");
    if (shown->fingerprint == judged.fingerprint) co_return std::move(judged.outcome);
    Outcome outcome = failed("server shows another certificate: reload it", ErrorClass::assertion,
                             fmt::format("{} shows {}", endpoint.text(), shown->subject));
    outcome.failed_phase = context.phase();
    outcome.properties = std::move(judged.outcome.properties);
    co_return outcome;
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    context.enter("read");
    std::function<Read()> read = [options] { return read_all(options); };
    const auto found =
        std::make_shared<const Read>(co_await net::reading(context, std::move(read)));
    context.enter("judge");
    const System now = context.clock().system();
    std::function<Judged()> verdict = [options, found, now, password = options.password.reveal()] {
        return judge(options, password, found->files, found->key ? &*found->key : nullptr, now);
    };
    Judged judged = co_await net::reading(context, std::move(verdict));
    const bool compares = !options.serves.empty() && !judged.fingerprint.empty();
    if (judged.outcome.status == Status::failed) judged.outcome.failed_phase = context.phase();
    if (!compares || judged.outcome.status == Status::failed) co_return std::move(judged.outcome);
    co_return co_await compare_with_server(options, context, std::move(judged));
}

constexpr std::string_view proves = R"(
    Every certificate in the file, in the files that a glob matches, or below a directory
    is whole and valid now. The one that ends first has enough time left; an intermediate
    certificate counts as well. In a chain each certificate is issued by the next one, and
    the server's own comes first. `key`: the key belongs to the certificate. `names`: the
    certificate covers each of them. `complete`: nothing is missing up to a trusted
    authority. A file cannot tell what a server shows: that may be the certificate from
    before the last renewal. `serves` compares the two; the kind `tls` asks a server
    without a file. The check does not ask whether a certificate was revoked. In a
    directory it skips files without a certificate, keys that it may not read, and
    certbot's archive/, which holds certificates that have ended; it follows links. Any
    other file that it may not read makes the result unknown.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run, verify, from_url>(
    "certificate", "Certificates in files: the time left, chain, key and names.",
    {.proves = proves,
     .schemes = {"certificate"},
     .urls = {"certificate:/etc/ssl/shop.pem"},
     .category = Category::system});

}  // namespace vitals::checks::certificate
