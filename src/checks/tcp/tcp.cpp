#include "tcp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "checks/access_fields.hpp"
#include "net/connection.hpp"
#include "net/endpoint_of.hpp"
#include "text/prose.hpp"
#include "text/quote.hpp"
#include "text/url.hpp"
#include "wire/pattern.hpp"

namespace vitals::checks::tcp {

namespace {

// How much of an answer is searched. Each arrival is matched against everything so far, so this
// bounds the cost of a peer that sends byte by byte.
constexpr std::size_t longest_answer = 16 * 1024;

Verified verify_url(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"tcp", "unix"}, text::HostIs::optional);
        !problem.empty()) {
        return std::unexpected(problem);
    }
    if (!url.user.empty() || !url.password.empty())
        return std::unexpected("holds a user, which tcp cannot be");
    if (url.scheme == "unix") {
        return verified(url.host.empty() && url.path.starts_with('/')
                            ? std::string()
                            : "names no path; expected unix:/path/to/socket");
    }
    if (url.host.empty() || !url.port)
        return std::unexpected("names no host and port; expected tcp://host:port");
    if (url.path.size() > 1 || !url.query.empty())
        return std::unexpected("has a path; expected tcp://host:port");
    return {};
}

constexpr Field fields[] = {
    url_field<Options, verify_url>("The address to connect to: tcp://host:port or unix:/path.",
                                   "tcp://127.0.0.1:5432"),
    field<&Options::send>("send", "The text to send once connected.", {.example = "PING\\r\\n"}),
    field<&Options::expect>("expect",
                            "What the first 16 KiB of the answer must contain: a text, or a "
                            "regular expression between slashes. `/./` waits for any answer.",
                            {.example = "/^220 /"}),
};

// Reads until the pattern is found. Silence ends with the run's deadline.
net::awaitable<void> await_answer(net::Connection& connection, const wire::Pattern& pattern) {
    std::string answer;
    std::array<char, 4096> buffer;
    while (!pattern.found_in(answer) || answer.empty()) {
        if (answer.size() >= longest_answer) {
            throw CheckError(ErrorClass::assertion, "answer does not hold the expected text",
                             "got " + text::quoted(answer));
        }
        const std::size_t count = co_await connection.read_some(buffer);
        if (count == 0 && answer.empty()) {
            throw CheckError(ErrorClass::protocol, "closed without an answer", connection.peer());
        }
        if (count == 0) {
            throw CheckError(ErrorClass::assertion, "answer does not hold the expected text",
                             "got " + text::quoted(answer) + ", then the end");
        }
        answer.append(buffer.data(), std::min(count, longest_answer - answer.size()));
    }
}

// Options with values that are computed once.
struct Prepared {
    net::Endpoint endpoint;
    std::string send;
    wire::Pattern expect;  // empty: connecting is enough
};

net::awaitable<Outcome> run(const Prepared& prepared, net::Context& context) {
    const auto connection = co_await net::dial(context, prepared.endpoint);
    if (!prepared.send.empty()) {
        context.enter("send");
        co_await connection->write(prepared.send);
    }
    if (prepared.expect.empty()) co_return ok("connected");
    context.enter("answer");
    co_await await_answer(*connection, prepared.expect);
    co_return ok("answered as expected");
}

Run bind(const std::shared_ptr<const Options>& options) {
    auto prepared = std::make_shared<Prepared>();
    prepared->endpoint = net::endpoint_of(options->url, 0);
    prepared->send = options->send;
    prepared->expect = options->expect;
    return [prepared](net::Context& context) { return run(*prepared, context); };
}

constexpr std::string_view proves = R"(
    The port accepts connections. A connection of the check to itself does not count. With
    `expect`, the program that listens also answers as it should. A connection alone does
    not prove that: the kernel accepts it for a process that is stopped or stuck, and a
    forwarder (a container's port, a load balancer) accepts it with nothing behind it. If
    a kind speaks the protocol, prefer that kind.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, bind>(
    "tcp", "Connects to a TCP port or a unix socket; can send a text and expect an answer.",
    {.proves = proves,
     .schemes = {"tcp", "unix"},
     .urls = {"tcp://host:port", "unix:/run/service.sock"}});

}  // namespace vitals::checks::tcp
