#include "ssh.hpp"

#include <sys/random.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "checks/access_fields.hpp"
#include "host_key.hpp"
#include "net/conversation.hpp"
#include "net/endpoint_of.hpp"
#include "text/prose.hpp"
#include "text/quote.hpp"
#include "text/words.hpp"
#include "wire/replies.hpp"
#include "wire/ssh.hpp"

namespace vitals::checks::ssh {

namespace {

namespace wire_ssh = wire::ssh;

constexpr std::uint16_t usual_port = 22;
constexpr std::string_view our_banner = "SSH-2.0-vitals";
constexpr std::string_view curve = "curve25519-sha256";
constexpr std::string_view same_curve = "curve25519-sha256@libssh.org";  // its name before RFC 8731

Verified verify_url(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"ssh"}); !problem.empty())
        return std::unexpected(problem);
    if (!url.user.empty() || !url.password.empty())
        return std::unexpected("holds a user; this check does not log in");
    if (url.path.size() > 1 || !url.query.empty())
        return std::unexpected("has a path; expected ssh://host:port");
    return {};
}

Verified verify_fingerprints(const std::vector<std::string>& fingerprints) {
    constexpr std::size_t digest_letters = 43;
    constexpr std::string_view begin = "SHA256:";
    for (const std::string& each : fingerprints)
        if (!each.starts_with(begin) || each.size() != begin.size() + digest_letters)
            return std::unexpected(text::in_quotes(each) +
                                   " is no fingerprint; expected SHA256:... as ssh-keygen -lf "
                                   "prints it");
    return {};
}

constexpr Field fields[] = {
    url_field<Options, verify_url>("The server: ssh://host:port; usually port 22.",
                                   "ssh://host.example.org"),
    field<&Options::banner>(
        "banner",
        "What the banner must contain: a text, or a regular expression (RE2) between slashes.",
        {.example = "/^SSH-2.0-OpenSSH_9/"}),
    field<&Options::key>("key",
                         "The type of the host key that the server must prove; with `fingerprint`, "
                         "`any` means ed25519.",
                         {.choices = "any|ed25519|ecdsa|rsa"}),
    field<&Options::fingerprint, verify_fingerprints>(
        "fingerprint", "The host key's fingerprint; several while it is being replaced.",
        {.example = "[\"SHA256:uNiVztksCsDhcc0u9e8BrrXx4vA1sIbXTZhwTLmLMvk\"]"}),
};

std::vector<std::string> algorithms_of(const Options& options) {
    const bool any = options.key == "any" && options.fingerprint.empty();
    if (any) return {"ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256"};
    if (options.key == "ecdsa") return {"ecdsa-sha2-nistp256"};
    if (options.key == "rsa") return {"rsa-sha2-512", "rsa-sha2-256"};
    return {"ssh-ed25519"};
}

std::string named(const Options& options) {
    if (options.key != "any") return options.key;
    return options.fingerprint.empty() ? "ed25519, ecdsa or rsa" : "ed25519";
}

bool shares(const std::vector<std::string>& ours, const std::vector<std::string>& theirs) {
    return std::ranges::any_of(ours, [&](const std::string& each) {
        return std::ranges::find(theirs, each) != theirs.end();
    });
}

std::string random_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    if (::getrandom(bytes.data(), count, 0) != static_cast<ssize_t>(count))
        throw CheckError(ErrorClass::local, "no random numbers");
    return bytes;
}

using Machine = wire::Replies<wire_ssh::Take>;
using Session = net::Conversation<Machine>;

net::awaitable<std::string> read_banner(Session& session) {
    std::optional<CheckError> problem;
    try {
        std::string banner = co_await session.next();
        co_return banner;
    } catch (const CheckError& error) {
        problem = error;
    }
    // A server with too many log-ins in progress says so instead of its banner.
    const std::string& said = session.machine().unread();
    if (said.contains("Exceeded MaxStartups") || said.contains("Too many"))
        throw CheckError(ErrorClass::assertion, "too many log-ins at once",
                         "got " + text::quoted(said));
    throw *std::move(problem);
}

// The next message that matters here.
net::awaitable<std::string> read_message(Session& session, wire_ssh::Message wanted) {
    for (;;) {
        std::string payload = co_await session.next();
        const char first = payload.empty() ? '\0' : payload[0];
        if (first == wire_ssh::ignore || first == wire_ssh::debug) continue;
        if (first == static_cast<char>(wanted)) co_return payload;
        throw CheckError(
            first == wire_ssh::disconnect ? ErrorClass::assertion : ErrorClass::protocol,
            first == wire_ssh::disconnect ? "the server ends the exchange"
                                          : "not what SSH says here",
            "got " + text::quoted(payload));
    }
}

// The server's host key, after the server has proved that it has it.
net::awaitable<std::string> exchange_keys(const Options& options, Session& session,
                                          std::string banner) {
    const wire_ssh::Offer offer{{std::string(curve), std::string(same_curve)},
                                algorithms_of(options)};
    const std::string ours = wire_ssh::write_offer(random_bytes(16), offer);
    session.machine().send(wire_ssh::write_packet(ours));
    const std::string theirs = co_await read_message(session, wire_ssh::key_exchange_offer);
    const auto offered = wire_ssh::read_offer(theirs);
    if (!offered) throw CheckError(ErrorClass::protocol, "not what SSH says here");
    if (!shares(offer.exchanges, offered->exchanges))
        throw CheckError(ErrorClass::assertion, "does not offer curve25519");
    if (!shares(offer.host_keys, offered->host_keys))
        throw CheckError(ErrorClass::assertion, "has no " + named(options) + " key");
    const Ephemeral ephemeral;
    std::string start(1, static_cast<char>(wire_ssh::exchange_start));
    start += wire_ssh::write_string(ephemeral.public_key());
    session.machine().send(wire_ssh::write_packet(start));
    const std::string payload = co_await read_message(session, wire_ssh::exchange_reply);
    const auto reply = wire_ssh::read_exchange_reply(payload);
    const std::string shared = reply ? ephemeral.shared_with(reply->ephemeral) : std::string();
    if (shared.empty()) throw CheckError(ErrorClass::protocol, "not what SSH says here");
    const std::string hashed =
        wire_ssh::write_string(our_banner) + wire_ssh::write_string(banner) +
        wire_ssh::write_string(ours) + wire_ssh::write_string(theirs) +
        wire_ssh::write_string(reply->host_key) + wire_ssh::write_string(ephemeral.public_key()) +
        wire_ssh::write_string(reply->ephemeral) + wire_ssh::write_mpint(shared);
    // Anybody can copy a public key.
    if (!is_signed(reply->host_key, reply->signature, sha256(hashed)))
        throw CheckError(ErrorClass::auth, "does not have the host key that it shows");
    session.machine().send(wire_ssh::write_packet(wire_ssh::write_disconnect()));
    co_await session.flush();
    co_return reply->host_key;
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    const net::Endpoint endpoint = net::endpoint_of(options.url, usual_port);
    auto connection = co_await net::dial(context, endpoint);
    Session session(std::move(connection), Machine(wire_ssh::Take{}));
    context.enter("banner");
    session.machine().send(std::string(our_banner) + "\r\n");
    const std::string banner = co_await read_banner(session);
    if (!banner.starts_with("SSH-2.0-") && !banner.starts_with("SSH-1.99-"))
        throw CheckError(ErrorClass::assertion, "speaks no SSH 2", "got " + text::quoted(banner));
    if (!options.banner.empty() && !options.banner.found_in(banner))
        throw CheckError(ErrorClass::assertion, "banner does not hold the expected text",
                         "got " + text::quoted(banner));
    context.enter("key");
    const std::string host_key = co_await exchange_keys(options, session, banner);
    const std::string shown = fingerprint_of(host_key);
    const bool known = options.fingerprint.empty() ||
                       std::ranges::find(options.fingerprint, shown) != options.fingerprint.end();
    if (!known)
        throw CheckError(ErrorClass::auth, "another host key than the expected", "shows " + shown);
    Outcome outcome = ok(options.fingerprint.empty() ? "greets, and proves to have its host key"
                                                     : "greets, and proves to have the expected "
                                                       "host key");
    co_return std::move(outcome).with("banner", banner).with("fingerprint", shown);
}

constexpr std::string_view proves = R"(
    The server greets with a banner of SSH 2, exchanges keys, and proves by a signature
    that it has its host key; with `fingerprint`, that this is the expected key, which a
    machine in the middle or a reinstalled host does not have. The check does not log in,
    so it proves nothing about accounts, keys of users, shells and sessions. The server
    logs a client that left before it logged in. OpenSSH 9.8 and later may block addresses
    that do this often (PerSourcePenalties): check once a minute, and add vitals' address
    to PerSourcePenaltyExemptList.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run>(
    "ssh", "An SSH server greets and proves to have its host key.",
    {.proves = proves, .schemes = {"ssh"}, .urls = {"ssh://host", "ssh://host:2222"}});

}  // namespace vitals::checks::ssh
