#include "exchange.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "net/datagram.hpp"

namespace vitals::checks::dns {

namespace {

using std::chrono::milliseconds;
using wire::dns::Answer;
using wire::dns::Code;
using wire::dns::Question;

// An id that nobody off the path can guess. With the kernel's random source port, it distinguishes
// the answer from a forged one.
std::uint16_t random_id() {
    std::uint16_t id = 0;
    if (::getrandom(&id, sizeof id, 0) != sizeof id) {
        throw CheckError(ErrorClass::local, "no random numbers");
    }
    return id;
}

// Kept free at the end of a run, for a verdict that says more than "timeout".
milliseconds reserve(const net::Context& context) {
    return std::clamp(context.left() / 20, milliseconds(5), milliseconds(200));
}

// A server that was asked, and the result.
struct Attempt {
    net::Endpoint server;
    std::optional<Answer> answer;
    std::optional<CheckError> error;
    bool strange = false;  // something came that did not answer our question
};

// When to send: at once, and again after a quarter and after half of the time, because datagrams
// get lost even if nothing is wrong.
Steady next_sending(Steady began, Steady until, int sent) {
    const auto span = until - began;
    if (sent == 1) return began + span / 4;
    if (sent == 2) return began + span / 2;
    return until;
}

net::awaitable<void> ask_by_datagrams(net::Context& context, const Question& question, Steady until,
                                      Attempt& attempt) {
    context.enter("query");
    const std::uint16_t id = random_id();
    const std::string message = wire::dns::query(question, id);
    net::Datagrams datagrams(context, attempt.server);
    const Steady began = context.clock().steady();
    datagrams.send(message);
    int sent = 1;
    for (;;) {
        const Steady again = next_sending(began, until, sent);
        const auto datagram = co_await datagrams.receive(again);
        if (!datagram && again >= until) co_return;
        if (!datagram) {
            datagrams.send(message);
            ++sent;
            continue;
        }
        auto answer = wire::dns::parse_answer(*datagram, question, id);
        if (answer) {
            attempt.answer = std::move(*answer);
            co_return;
        }
        if (answer.error() == wire::dns::Fault::malformed) {
            throw CheckError(ErrorClass::protocol, "answer cannot be read", attempt.server.text());
        }
        attempt.strange = true;
    }
}

net::awaitable<std::string> read_exactly(net::Connection& connection, std::size_t size) {
    std::string bytes(size, '\0');
    std::size_t got = 0;
    while (got < size) {
        const std::span<char> rest(bytes.data() + got, size - got);
        const std::size_t count = co_await connection.read_some(rest);
        if (count == 0) {
            throw CheckError(ErrorClass::protocol, "answer cut short", connection.peer());
        }
        got += count;
    }
    co_return bytes;
}

// RFC 1035, section 4.2.2: two bytes of length before each message.
net::awaitable<Answer> ask_by_tcp(net::Context& context, const Question& question,
                                  const net::Endpoint& server) {
    const std::uint16_t id = random_id();
    const std::string message = wire::dns::query(question, id);
    std::string framed;
    framed += static_cast<char>(message.size() >> 8);
    framed += static_cast<char>(message.size() & 0xff);
    framed += message;
    const auto connection = co_await net::dial(context, server);
    context.enter("query");
    co_await connection->write(framed);
    const std::string length = co_await read_exactly(*connection, 2);
    const auto size = static_cast<std::size_t>(static_cast<unsigned char>(length[0]) << 8 |
                                               static_cast<unsigned char>(length[1]));
    const std::string bytes = co_await read_exactly(*connection, size);
    auto answer = wire::dns::parse_answer(bytes, question, id);
    if (!answer || answer->truncated) {
        throw CheckError(ErrorClass::protocol, "answer cannot be read", server.text());
    }
    co_return std::move(*answer);
}

net::awaitable<void> ask_one(net::Context& context, const Question& question, Steady until,
                             Attempt& attempt) {
    try {
        co_await ask_by_datagrams(context, question, until, attempt);
        if (attempt.answer && attempt.answer->truncated) {
            attempt.answer.reset();
            attempt.answer = co_await ask_by_tcp(context, question, attempt.server);
        }
    } catch (const CheckError& error) {
        // Other servers do not help without descriptors, or after the end of the run.
        if (error.error_class == ErrorClass::local || error.error_class == ErrorClass::timeout)
            throw;
        attempt.error = error;
    }
}

// Whether the next server may give a better answer.
bool settles(const Attempt& attempt) {
    return attempt.answer &&
           (attempt.answer->code == Code::no_error || attempt.answer->code == Code::no_such_name);
}

std::string report(const std::vector<Attempt>& attempts) {
    std::string text;
    for (const Attempt& attempt : attempts) {
        if (!text.empty()) text += "; ";
        text += attempt.server.text() + ": ";
        if (attempt.answer) {
            text += wire::dns::to_string(attempt.answer->code);
        } else if (attempt.error) {
            text += attempt.error->detail;
        } else {
            text += attempt.strange ? "answers that do not match the question" : "no answer";
        }
    }
    return text;
}

}  // namespace

net::awaitable<Answer> ask(net::Context& context, Question question,
                           std::vector<net::Endpoint> servers, Servers role) {
    const Steady end = context.deadline() - reserve(context);
    std::vector<Attempt> attempts;
    attempts.reserve(servers.size());
    for (std::size_t index = 0; index < servers.size(); ++index) {
        Attempt& attempt = attempts.emplace_back();
        attempt.server = servers[index];
        const Steady now = context.clock().steady();
        const auto share = (end - now) / static_cast<std::int64_t>(servers.size() - index);
        co_await ask_one(context, question, now + share, attempt);
        if (settles(attempt)) co_return std::move(*attempt.answer);
    }
    for (Attempt& attempt : attempts) {
        if (attempt.answer) co_return std::move(*attempt.answer);  // a server that failed
    }
    if (role == Servers::our_own) {
        throw CheckError(ErrorClass::local, "no name server answers", report(attempts));
    }
    for (const Attempt& attempt : attempts) {
        if (attempt.error)
            throw CheckError(attempt.error->error_class, attempt.error->detail, report(attempts));
    }
    for (const Attempt& attempt : attempts) {
        if (attempt.strange) {
            throw CheckError(ErrorClass::protocol, "answers do not match the question",
                             report(attempts));
        }
    }
    // Silence: the deadline of the run reports it.
    co_await context.sleep(context.left() + std::chrono::seconds(1));
    throw CheckError(ErrorClass::timeout, "no answer", report(attempts));
}

}  // namespace vitals::checks::dns
