#include "ntp.hpp"

#include <sys/random.h>
#include <sys/timex.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "checks/access_fields.hpp"
#include "judge.hpp"
#include "net/datagram.hpp"
#include "net/environment.hpp"
#include "text/prose.hpp"
#include "wire/ntp.hpp"

namespace vitals::checks::ntp {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::uint16_t usual_port = 123;
// The highest rate for servers of others, and how long a server that was asked too often is left
// alone.
constexpr milliseconds ask_every = std::chrono::seconds(60);
constexpr milliseconds leave_alone = std::chrono::minutes(8);
constexpr milliseconds longest_way = std::chrono::seconds(1);
constexpr nanoseconds stepped = std::chrono::milliseconds(50);

Verified verify_url(const text::Url& url) {
    if (url.empty()) return {};
    if (auto problem = text::url_problem(url.text, {"ntp"}); !problem.empty())
        return std::unexpected(problem);
    if (!url.user.empty() || url.path.size() > 1 || !url.query.empty())
        return std::unexpected("is more than a host; expected ntp://host");
    return {};
}

Verified verify(const Options& options) {
    const bool kernel = options.part == "kernel";
    if (kernel != options.url.empty())
        return std::unexpected(kernel ? "part: kernel asks no server: no url" : "url is missing");
    if (options.degraded_above > options.failed_above)
        return std::unexpected("degraded_above is above failed_above: it would never be degraded");
    return {};
}

constexpr Field fields[] = {
    field<&Options::url, verify_url>("url", "The time server, or a name of several: ntp://host.",
                                     {.example = "ntp://pool.ntp.org"}),
    field<&Options::part>(
        "part",
        "`kernel`: whether the kernel knows that something keeps its clock right; no server is "
        "asked.",
        {.choices = "server|kernel"}),
    field<&Options::servers>("servers",
                             "The greatest number of the name's addresses that are asked.",
                             {.unit = "addresses", .least = 1, .most = 8}),
    field<&Options::degraded_above>("degraded_above", "Degraded when the clock is off by more.",
                                    {.least = 0}),
    field<&Options::failed_above>("failed_above", "Failed when the clock is off by more.",
                                  {.least = 0}),
};

std::string random_cookie() {
    std::string cookie(wire::ntp::cookie_bytes, '\0');
    if (::getrandom(cookie.data(), cookie.size(), 0) != static_cast<ssize_t>(cookie.size()))
        throw CheckError(ErrorClass::local, "no random numbers");
    return cookie;
}

// One exchange; a lost datagram is sent once more after half of the time.
net::awaitable<Heard> ask_within(net::Context& context, net::Endpoint server, Steady until) {
    const std::string address = server.host;
    Heard made{.address = address, .problem = "no answer"};
    net::Datagrams datagrams(context, server);
    for (int sent = 0; sent < 2; ++sent) {
        const std::string cookie = random_cookie();
        const System asked = context.clock().system();
        const Steady began = context.clock().steady();
        const Steady next = sent == 0 ? began + (until - began) / 2 : until;
        datagrams.send(wire::ntp::question(cookie));
        for (;;) {
            const auto bytes = co_await datagrams.receive(next);
            if (!bytes) break;
            const nanoseconds taken = context.clock().steady() - began;
            const System came = context.clock().system();
            const auto answer = wire::ntp::read_answer(*bytes, cookie, came);
            if (!answer) {
                made.what = Heard::What::strange;
                made.problem = answer.error();
                continue;  // anybody may send something
            }
            const nanoseconds step = (came - asked) - taken;
            if (step > stepped || step < -stepped)
                throw CheckError(ErrorClass::local, "this machine's clock was set meanwhile");
            // The machine slept between question and answer.
            if (taken > longest_way) {
                made.what = Heard::What::nothing;
                made.problem = "took too long to tell the time by it";
                break;
            }
            co_return heard(address, *answer, asked, came);
        }
    }
    co_return made;
}

net::awaitable<Heard> ask(net::Context& context, net::Endpoint server, Steady until) {
    Heard refused{.address = server.host};
    try {
        Heard made = co_await ask_within(context, std::move(server), until);
        co_return made;
    } catch (const CheckError& error) {
        if (error.error_class != ErrorClass::connect) throw;
        refused.what = Heard::What::unreachable;
        refused.problem = error.detail;
    }
    co_return refused;
}

net::awaitable<std::vector<Heard>> ask_all(const Options& options, net::Context& context) {
    context.enter("resolve");
    std::vector<std::string> addresses =
        co_await context.environment().resolve(context, options.url.host);
    if (addresses.size() > static_cast<std::size_t>(options.servers))
        addresses.resize(static_cast<std::size_t>(options.servers));
    context.enter("query");
    const milliseconds spare = std::clamp(context.left() / 20, milliseconds(5), milliseconds(200));
    const Steady end = context.deadline() - spare;
    std::vector<Heard> all;
    for (std::size_t index = 0; index < addresses.size(); ++index) {
        const Steady now = context.clock().steady();
        const Steady until = now + (end - now) / static_cast<int>(addresses.size() - index);
        net::Endpoint server;
        server.host = addresses[index];
        server.port = options.url.port.value_or(usual_port);
        Heard heard = co_await ask(context, std::move(server), until);
        all.push_back(std::move(heard));
    }
    co_return all;
}

// What a run leaves for the next one.
struct Memory {
    Outcome outcome;
    Steady again{};  // not before
};

// A verdict also holds for the next run, until servers of others may be asked again; a verdict that
// is not ok only holds if they said that they are asked too often.
net::awaitable<Outcome> ask_in_turn(const Options& options, net::Context& context) {
    std::shared_ptr<Memory> memory;
    if (context.kept() != nullptr) memory = context.kept()->take<Memory>();
    if (memory != nullptr && context.clock().steady() < memory->again) {
        Outcome outcome = memory->outcome;
        context.kept()->leave(memory);
        co_return outcome;
    }
    const std::vector<Heard> all = co_await ask_all(options, context);
    Outcome outcome = judge(options, all);
    const bool too_often =
        std::ranges::find(all, Heard::What::asks_for_less, &Heard::what) != all.end();
    if (context.kept() != nullptr && (too_often || outcome.status == Status::ok)) {
        const auto left = std::make_shared<Memory>();
        left->outcome = outcome;
        left->again = context.clock().steady() + (too_often ? leave_alone : ask_every);
        context.kept()->leave(left);
    }
    co_return outcome;
}

Outcome ask_kernel() {
    timex state{};
    const int clock = ::adjtimex(&state);
    if (clock < 0) return unknown("the kernel does not tell");
    const bool synchronised = clock != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
    Outcome outcome = synchronised ? ok("the kernel's clock is kept right")
                                   : degraded("nothing keeps the kernel's clock right");
    return std::move(outcome)
        .with("most_error_seconds", static_cast<double>(state.maxerror) / 1e6)
        .with("estimated_error_seconds", static_cast<double>(state.esterror) / 1e6);
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    if (options.part == "kernel") {
        context.enter("kernel");
        co_return ask_kernel();
    }
    Outcome outcome = co_await ask_in_turn(options, context);
    if (outcome.status == Status::failed) outcome.failed_phase = context.phase();
    co_return outcome;
}

constexpr std::string_view proves = R"(
    The time server answers, is synchronised itself, and this machine's clock is not off
    by more than the bounds. If a name has several addresses, at least two must agree
    within their errors, and the middle one counts: a single wrong server raises no alarm.
    The offset is known only to within half of the time that the answer took, plus the
    server's own error; a clock that is off by less is ok. A server that is not
    synchronised says nothing about this clock. One that refuses, or asks for fewer
    questions, leaves the result unknown. No server is asked more often than once a
    minute; in between the last ok holds. `part: kernel` proves that something keeps the
    kernel's clock right, not that it is right. Answers are not authenticated. Nothing is
    set.)"_prose;

}  // namespace

const Kind kind =
    make_kind<Options, fields, run, verify>("ntp", "This machine's clock agrees with time servers.",
                                            {.proves = proves,
                                             .schemes = {"ntp"},
                                             .urls = {"ntp://pool.ntp.org"},
                                             .category = Category::system});

}  // namespace vitals::checks::ntp
