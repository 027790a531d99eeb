#include "websocket.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <optional>
#include <random>

#include "checks/access_fields.hpp"
#include "net/conversation.hpp"
#include "net/endpoint_of.hpp"
#include "text/prose.hpp"
#include "text/quote.hpp"
#include "text/url.hpp"
#include "wire/pattern.hpp"
#include "wire/websocket.hpp"

namespace vitals::checks::websocket {

namespace {

using wire::websocket::Client;
using wire::websocket::Event;
using What = Event::What;

Verified verify_url(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"ws", "wss"}); !problem.empty())
        return std::unexpected(problem);
    return verified(url.user.empty() && url.password.empty()
                        ? std::string()
                        : "holds a user; put an Authorization into headers");
}

// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](unsigned char c) {
        return std::isalnum(c) != 0 || others.find(static_cast<char>(c)) != others.npos;
    });
}

Verified verify_headers(const SecretMap& value) {
    for (const auto& [name, secret] : value)
        if (!is_token(name)) return verified(name + " is no name of a header");
    return {};
}

Verified verify_subprotocol(const std::string& name) {
    return verified(name.empty() || is_token(name) ? std::string() : "is no name of a subprotocol");
}

Verified verify_socket(const std::string& path) {
    return verified(path.empty() || path.starts_with('/') ? std::string() : "is no absolute path");
}

constexpr Field fields[] = {
    url_field<Options, verify_url>("The address to open: ws://host:port/path or wss://.",
                                   "wss://shop.example.org/live"),
    field<&Options::unix_socket, verify_socket>(
        "unix_socket", "Path of a unix socket to connect to instead of the URL's host."),
    field<&Options::headers, verify_headers>("headers",
                                             "Headers of the handshake; a value may be a secret."),
    field<&Options::subprotocol, verify_subprotocol>("subprotocol",
                                                     "The subprotocol that the server must speak.",
                                                     {.example = "graphql-transport-ws"}),
    field<&Options::send>("send", "A message to send; a message must come back.",
                          {.example = "{\"type\": \"ping\"}"}),
    field<&Options::expect>(
        "expect",
        "What a message from the server must contain: a text, or a regular expression between "
        "slashes. Without it, any message after `send` is enough.",
        {.example = "/\"type\": *\"pong\"/"}),
    tls_field<Options>(),
};

// The path and query of the URL are sent as they were written.
std::string target_of(const text::Url& url) {
    const auto authority = url.bare.find("//") + 2;
    const auto path = url.bare.find_first_of("/?", authority);
    if (path == url.bare.npos) return "/";
    std::string target = url.bare.substr(path);
    target.resize(std::min(target.find('#'), target.size()));
    return target.front() == '?' ? "/" + target : target;
}

std::string host_of(const text::Url& url) {
    const bool six = url.host.find(':') != url.host.npos;
    std::string host = six ? "[" + url.host + "]" : url.host;
    if (url.port) host += fmt::format(":{}", *url.port);
    return host;
}

wire::websocket::Handshake handshake_of(const Options& options, const text::Url& url) {
    wire::websocket::Handshake handshake;
    handshake.target = target_of(url);
    handshake.host = host_of(url);
    handshake.subprotocol = options.subprotocol;
    std::random_device source;
    for (auto& byte : handshake.nonce) byte = static_cast<std::uint8_t>(source() & 0xff);
    for (const auto& [name, secret] : options.headers) {
        std::string value = secret.reveal();
        if (value.find_first_of("\r\n") != value.npos || value.find('\0') != value.npos) {
            throw CheckError(ErrorClass::local,
                             fmt::format("the value of header {} cannot be sent", name),
                             "it holds the end of a line");
        }
        handshake.headers.emplace_back(name, std::move(value));
    }
    return handshake;
}

CheckError closed(const Event& event) {
    return {ErrorClass::assertion,
            event.code == 0 ? "closed by the server"
                            : fmt::format("closed by the server ({})", event.code),
            event.data.empty() ? "" : "got " + text::quoted(event.data)};
}

using Pattern = std::optional<wire::Pattern>;
using Conversation = net::Conversation<Client>;

// Whether an earlier message holds the expected text: a server may greet at once.
net::awaitable<bool> ping(Conversation& conversation, const Pattern& greeting) {
    bool greeted = false;
    const std::string payload = fmt::format("vitals {:08x}", std::random_device{}());
    conversation.machine().ping(payload);
    for (;;) {
        const auto event = co_await conversation.next();
        if (event.what == What::closed) throw closed(event);
        const bool message = event.what == What::message;
        greeted = greeted || (message && greeting && greeting->found_in(event.data));
        // Other pongs are allowed, although nobody asked for them.
        if (event.what == What::pong && event.data == payload) co_return greeted;
    }
}

net::awaitable<void> await_message(net::Context& context, Conversation& conversation,
                                   const Pattern& pattern) {
    const auto reserve = std::min(context.left() / 10, std::chrono::milliseconds(100));
    const Steady until = context.deadline() - reserve;
    std::optional<std::string> other;
    for (;;) {
        const auto event = co_await conversation.next(until);
        if (!event) break;
        if (event->what == What::closed) throw closed(*event);
        if (event->what != What::message) continue;
        if (!pattern || pattern->found_in(event->data)) co_return;
        other = event->data;
    }
    if (!other) throw CheckError(ErrorClass::timeout, "pings are answered, messages are not");
    throw CheckError(ErrorClass::assertion, "no message holds the expected text",
                     "got " + text::quoted(*other));
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    const text::Url url = options.url;
    net::Endpoint endpoint = net::endpoint_of(url, url.scheme == "wss" ? 443 : 80);
    endpoint.unix_path = options.unix_socket;
    std::optional<net::TlsOptions> tls;
    if (url.scheme == "wss") tls = options.tls;
    auto connection = co_await net::dial(context, endpoint, tls);
    context.enter("handshake");
    auto source = std::make_shared<std::random_device>();
    const auto handshake = handshake_of(options, url);
    Client client(handshake, [source] { return static_cast<std::uint32_t>((*source)()); });
    Conversation conversation(std::move(connection), std::move(client));
    co_await conversation.next();
    context.enter("ping");
    Pattern pattern, greeting;
    if (!options.expect.empty()) pattern = options.expect;
    if (options.send.empty()) greeting = pattern;  // otherwise it would not be an answer
    const bool greeted = co_await ping(conversation, greeting);
    const bool talks = !options.send.empty() || !options.expect.empty();
    if (talks && !greeted) {
        context.enter("message");
        if (!options.send.empty()) conversation.machine().say(options.send);
        co_await await_message(context, conversation, pattern);
    }
    // Its answer is not waited for: there is nothing left to prove.
    conversation.machine().close();
    co_await conversation.flush();
    co_return ok(talks ? "answers messages" : "answers pings");
}

constexpr std::string_view proves = R"(
    The server changes to websocket as RFC 6455 requires, and answers a ping. Libraries
    answer pings by themselves, even while the application behind them is stuck: set
    `send` or `expect` to prove that messages are answered.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run>(
    "websocket", "Opens a websocket, sends a ping, and can wait for a message.",
    {.proves = proves,
     .schemes = {"ws", "wss"},
     .urls = {"ws://host:port/path", "wss://host/path"}});

}  // namespace vitals::checks::websocket
