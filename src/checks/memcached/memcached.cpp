#include "memcached.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <utility>

#include "checks/access_fields.hpp"
#include "checks/random_text.hpp"
#include "checks/reuse.hpp"
#include "net/conversation.hpp"
#include "net/endpoint_of.hpp"
#include "text/prose.hpp"
#include "text/quote.hpp"
#include "text/url.hpp"
#include "wire/memcached.hpp"
#include "wire/replies.hpp"

namespace vitals::checks::memcached {

namespace {

using wire::memcached::Reply;

constexpr std::uint16_t usual_port = 11211;
constexpr int tries_against_eviction = 3;
constexpr std::string_view unauthenticated = "CLIENT_ERROR unauthenticated";

Verified verify_url(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"memcached", "memcacheds", "unix"},
                                         text::HostIs::optional);
        !problem.empty()) {
        return std::unexpected(problem);
    }
    if (!url.query.empty())
        return std::unexpected("has parameters; expected memcached://host:port");
    if (url.scheme == "unix") {
        return verified(url.host.empty() && url.path.starts_with('/')
                            ? std::string()
                            : "names no path; expected unix:/path/to/socket");
    }
    if (url.host.empty()) return std::unexpected("names no host");
    if (url.path.size() > 1) return std::unexpected("has a path; expected memcached://host:port");
    return {};
}

Verified verify(const Options& options) {
    const text::Url& url = options.url;
    const bool user = !url.user.empty() || !options.user.empty();
    const bool password = !url.password.empty() || options.password.configured();
    if (user != password) return std::unexpected("user and password belong together");
    const std::string& name = options.user.empty() ? url.user : options.user;
    if (name.find_first_of(" \r\n") != std::string::npos)
        return std::unexpected("user: holds a blank, which memcached takes for the user's end");
    return {};
}

constexpr Field fields[] = {
    url_field<Options, verify_url>(
        "The address of memcached: memcached://host:port, memcacheds:// with TLS, or unix:/path.",
        "memcached://127.0.0.1:11211"),
    field<&Options::user>("user",
                          "The user to log in as, if memcached was started with -Y; it may stand "
                          "in the URL instead."),
    password_field<Options>(),
    auth_every_field<Options>(),
    tls_field<Options>("For memcacheds://: CA, client certificate and server name."),
};

// Error lines, protocol.txt: ERROR, CLIENT_ERROR <text>, SERVER_ERROR <text>.
void refuse_error(const Reply& reply) {
    const std::string& line = reply.line;
    const std::string theirs = "got " + text::quoted(line);
    if (line.starts_with(unauthenticated))
        throw CheckError(ErrorClass::auth, "user and password required", theirs);
    if (line.starts_with("CLIENT_ERROR authentication failure"))
        throw CheckError(ErrorClass::auth, "wrong user or password", theirs);
    if (line.starts_with("ERROR Too many open connections"))
        throw CheckError(ErrorClass::assertion, "too many connections", theirs);
    if (line.starts_with("SERVER_ERROR out of memory"))
        throw CheckError(ErrorClass::assertion, "refuses writes: memory is full", theirs);
    if (line.starts_with("SERVER_ERROR"))
        throw CheckError(ErrorClass::assertion, "answered with an error of the server", theirs);
    if (line.starts_with("CLIENT_ERROR") || line == "ERROR" || line.starts_with("ERROR "))
        throw CheckError(ErrorClass::protocol, "does not know a command that is needed", theirs);
}

class Session {
  public:
    explicit Session(std::unique_ptr<net::Connection> connection)
        : conversation_(std::move(connection), Machine(wire::memcached::take_reply)) {}

    // See checks/reuse.hpp.
    bool quiet() const {
        return conversation_.machine().unread().empty() && conversation_.connection().quiet();
    }
    void resume(net::Context&, Steady answer_by) {
        conversation_.connection().answer_by(answer_by);
    }

    net::awaitable<Reply> ask(std::string command) {
        conversation_.machine().send(command);
        Reply reply = co_await conversation_.next();
        co_return reply;
    }

    // Nothing: no answer came by then. It may still come: next().
    net::awaitable<std::optional<Reply>> ask_until(std::string command, Steady until) {
        conversation_.machine().send(command);
        std::optional<Reply> reply = co_await conversation_.next(until);
        co_return reply;
    }
    net::awaitable<Reply> next() {
        Reply reply = co_await conversation_.next();
        co_return reply;
    }

    net::awaitable<void> demand(std::string command, std::string_view expected) {
        const Reply reply = co_await ask(std::move(command));
        refuse_error(reply);
        if (!reply.value && reply.line.starts_with(expected)) co_return;
        throw CheckError(ErrorClass::assertion, fmt::format("did not answer with {}", expected),
                         "got " + text::quoted(reply.line));
    }

    bool user_unused = false;  // the server asked for no user although one was given

  private:
    using Machine = wire::Replies<decltype(&wire::memcached::take_reply)>;
    net::Conversation<Machine> conversation_;
};

net::awaitable<Outcome> store_and_read(net::Context& context, Session& session) {
    const std::int64_t seconds = std::max<std::int64_t>(
        30, 2 * std::chrono::ceil<std::chrono::seconds>(context.left()).count());
    for (int tried = 0; tried < tries_against_eviction; ++tried) {
        const std::string key = "vitals:" + random_text();
        const std::string value = random_text();
        context.enter("write");
        const std::string set = wire::memcached::set_command(key, value, seconds);
        co_await session.demand(set, "STORED");
        context.enter("read");
        const std::string get = "get " + key + "\r\n";
        const Reply got = co_await session.ask(get);
        refuse_error(got);
        if (!got.value && got.line == "END") continue;  // perhaps evicted at once
        if (got.value != value) {
            throw CheckError(ErrorClass::assertion, "read something else than was written",
                             "got " + text::quoted(got.value.value_or(got.line)));
        }
        context.enter("delete");
        const std::string remove = "delete " + key + "\r\n";
        const Reply gone = co_await session.ask(remove);
        refuse_error(gone);
        if (gone.line != "DELETED" && gone.line != "NOT_FOUND") {
            throw CheckError(ErrorClass::assertion, "did not answer with DELETED",
                             "got " + text::quoted(gone.line));
        }
        co_return ok("written, read back and deleted");
    }
    throw CheckError(ErrorClass::assertion, "what was written is gone at once");
}

struct Way {
    net::Endpoint endpoint;
    std::optional<net::TlsOptions> tls;
};

// Whether a new connection answers a request of the binary protocol,
// https://docs.memcached.org/protocols/binary/: magic 0x80, opcode 0x0b (version), nothing else.
net::awaitable<bool> answers_in_binary(net::Context& context, const Way& way) {
    const auto connection = co_await net::dial(context, way.endpoint, way.tls);
    context.enter("version");
    std::string request("\x80\x0b", 2);
    request.resize(24);
    co_await connection->write(request);
    std::array<char, 1> first{};
    const std::size_t count = co_await connection->read_some(first);
    co_return count == 1 && first[0] == '\x81';
}

// A server that speaks only the binary protocol waits for the rest of a longer request, and looks
// hung. A slow server may speak both, so an answer to the first question also counts.
net::awaitable<Reply> version_of(net::Context& context, const Way& way, Session& session) {
    context.enter("version");
    const Steady until = context.clock().steady() + context.left() / 2;
    std::string question = "version\r\n";
    std::optional<Reply> reply = co_await session.ask_until(std::move(question), until);
    if (reply) co_return *std::move(reply);
    const bool binary = co_await answers_in_binary(context, way);
    if (binary && session.quiet())
        throw CheckError(ErrorClass::protocol,
                         "speaks the binary protocol only: start memcached without -B binary and "
                         "without -S");
    Reply late = co_await session.next();
    co_return late;
}

// Determined first: a server that asks for no log-in would store the password as a value.
net::awaitable<bool> asks_for_log_in(net::Context& context, const Way& way, Session& session) {
    const Reply reply = co_await version_of(context, way, session);
    if (reply.line.starts_with(unauthenticated)) co_return true;
    refuse_error(reply);
    if (reply.value || !reply.line.starts_with("VERSION ")) {
        throw CheckError(ErrorClass::protocol, "did not answer with VERSION",
                         "got " + text::quoted(reply.line));
    }
    co_return false;
}

net::awaitable<void> log_in(net::Context& context, Session& session, std::string user,
                            std::string password) {
    context.enter("auth");
    if (user.empty())
        throw CheckError(ErrorClass::auth, "user and password required", "none are configured");
    // With any key: protocol.txt, "Authentication".
    const std::string command =
        wire::memcached::set_command("vitals:login", user + ' ' + password, 1);
    co_await session.demand(command, "STORED");
}

struct Login {
    std::string user;
    std::string password;
};

Login login_of(const Options& options) {
    const text::Url url = options.url;
    return {options.user.empty() ? url.user : options.user,
            options.password.configured() ? options.password.reveal() : url.password};
}

net::awaitable<std::unique_ptr<Session>> open(const Options& options, net::Context& context) {
    const text::Url url = options.url;
    Way way;
    way.endpoint = net::endpoint_of(url, usual_port);
    if (url.scheme == "memcacheds") way.tls = options.tls;
    auto connection = co_await net::dial(context, way.endpoint, way.tls);
    auto session = std::make_unique<Session>(std::move(connection));
    const Login login = login_of(options);
    const bool asks = co_await asks_for_log_in(context, way, *session);
    if (asks) co_await log_in(context, *session, login.user, login.password);
    session->user_unused = !asks && !login.user.empty();
    co_return session;
}

net::awaitable<Outcome> judge(const Options&, net::Context& context, Session& session) {
    Outcome outcome = co_await store_and_read(context, session);
    if (session.user_unused) {
        outcome.status = Status::degraded;
        outcome.detail =
            "works, but asks for no user though one is given: start memcached with -Y, or leave "
            "out the user";
    }
    co_return outcome;
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    const Login login = login_of(options);
    const std::string both = login.user + '\0' + login.password;
    Outcome outcome = co_await run_reusing<open, judge>(options, context, both);
    co_return outcome;
}

constexpr std::string_view proves = R"(
    memcached accepts this user (where it asks for one), and stores a value under a key of
    the check's own, `vitals:...`. The value has a short expiry and is read back, compared
    and deleted. A server that refuses because it is full, or that has no connections
    left, is failed. The check cannot tell how many of the application's keys are evicted
    early. It speaks the text protocol: a server that was started with `-B binary` or with
    `-S` (SASL) is failed, and the detail says so.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run, verify>(
    "memcached", "Stores a value that expires, reads it back, deletes it.",
    {.proves = proves,
     .schemes = {"memcached", "memcacheds"},
     .urls = {"memcached://host:11211", "memcacheds://user:password@host"},
     .category = Category::datastore});

}  // namespace vitals::checks::memcached
