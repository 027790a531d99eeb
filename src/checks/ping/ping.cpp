#include "ping.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <utility>

#include "checks/access_fields.hpp"
#include "model/severity.hpp"
#include "net/datagram.hpp"
#include "net/environment.hpp"
#include "text/amount.hpp"
#include "text/prose.hpp"
#include "wire/icmp.hpp"

namespace vitals::checks::ping {

namespace {

using std::chrono::milliseconds;
using wire::icmp::Echo;
using wire::icmp::Version;

constexpr std::size_t most_addresses = 4;
constexpr std::size_t mark_bytes = 8;  // random, so that no other run's answers count

Verified verify_url(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"ping"}); !problem.empty())
        return std::unexpected(problem);
    if (url.port || !url.user.empty() || url.path.size() > 1 || !url.query.empty())
        return std::unexpected("is more than a host; expected ping://host");
    return {};
}

Verified verify(const Options& options) {
    if (options.loss_above.value > options.failed_loss.value)
        return std::unexpected("loss_above is above failed_loss: it would never be degraded");
    return {};
}

constexpr Field fields[] = {
    url_field<Options, verify_url>("The host: ping://host.", "ping://router.example.org"),
    field<&Options::count>("count", "How many echo requests a run sends.",
                           {.unit = "requests", .least = 1, .most = 100}),
    field<&Options::every>("every", "The time between two of them.", {.least = 10, .most = 60000}),
    field<&Options::loss_above>("loss_above",
                                "Degraded when a larger share of them is not answered."),
    field<&Options::failed_loss>("failed_loss",
                                 "Failed when this share of them, or more, is not answered."),
    field<&Options::size>("size", "Bytes of each request beyond its header.",
                          {.unit = "bytes", .least = mark_bytes, .most = 65000}),
    field<&Options::family>("family",
                            "Which addresses of a name are asked: the first that answers, those of "
                            "IPv4 or of IPv6, or one of each, which must both answer.",
                            {.choices = "any|4|6|both"}),
};

std::string random_mark() {
    std::string mark(mark_bytes, '\0');
    if (::getrandom(mark.data(), mark.size(), 0) != static_cast<ssize_t>(mark.size()))
        throw CheckError(ErrorClass::local, "no random numbers");
    return mark;
}

// Kept free at the end of a run, for a verdict that says more than "timeout".
milliseconds reserve(const net::Context& context) {
    return std::clamp(context.left() / 20, milliseconds(5), milliseconds(200));
}

// One address that is asked.
class Asking {
  public:
    Asking(net::Context& context, const Options& options, std::string address)
        : context_(context),
          options_(options),
          version_(address.contains(':') ? Version::six : Version::four),
          datagrams_(context, net::Endpoint{.host = address, .port = 0, .unix_path = {}},
                     net::Datagrams::Protocol::echo),
          payload_(random_mark()) {
        payload_.resize(static_cast<std::size_t>(options.size), 'v');
        echoes_.address = std::move(address);
        echoes_.to_itself = datagrams_.to_itself();
    }

    // Sends all, and waits until all are back, at most until that time.
    net::awaitable<Echoes> ask(Steady until) {
        for (std::int64_t index = 0; index < options_.count; ++index) {
            if (context_.clock().steady() >= until) break;
            send(static_cast<std::uint16_t>(index));
            const bool last = index + 1 == options_.count;
            const Steady next = context_.clock().steady() + options_.every;
            const Steady pause = last ? until : std::min(next, until);
            co_await collect(pause, last);
        }
        co_return std::move(echoes_);
    }

  private:
    void send(std::uint16_t sequence) {
        const std::string request = wire::icmp::write_request(version_, {sequence, payload_});
        ++echoes_.sent;
        waiting_[sequence] = context_.clock().steady();
        try {
            datagrams_.send(request);
        } catch (const CheckError& error) {
            note(error);
        }
    }

    // Takes what comes until then; with `enough`, only until all are back.
    net::awaitable<void> collect(Steady until, bool enough) {
        while (!(enough && waiting_.empty())) {
            std::optional<std::string> bytes;
            try {
                bytes = co_await datagrams_.receive(until, payload_.size() + 64);
            } catch (const CheckError& error) {
                note(error);
                continue;
            }
            if (!bytes) co_return;
            take(*bytes);
        }
    }

    void take(const std::string& bytes) {
        const auto echo = wire::icmp::read_reply(version_, bytes);
        if (!echo || echo->payload != payload_) return;
        const auto sent = waiting_.find(echo->sequence);
        if (sent == waiting_.end()) return;  // a second answer
        echoes_.times.push_back(context_.clock().steady() - sent->second);
        waiting_.erase(sent);
    }

    // An address that is reported as unreachable is lost, with the reason.
    void note(const CheckError& error) {
        if (error.error_class != ErrorClass::connect) throw error;
        echoes_.problem = error.detail;
    }

    net::Context& context_;
    const Options& options_;
    Version version_;
    net::Datagrams datagrams_;
    std::string payload_;
    std::map<std::uint16_t, Steady> waiting_;
    Echoes echoes_;
};

net::awaitable<Echoes> ask(const Options& options, net::Context& context, std::string address,
                           Steady until) {
    Asking asking(context, options, std::move(address));
    Echoes echoes = co_await asking.ask(until);
    co_return echoes;
}

bool is_six(const std::string& address) {
    return address.contains(':');
}

// The addresses of the host that are asked in turn.
net::awaitable<std::vector<std::string>> addresses_of(const Options& options,
                                                      net::Context& context) {
    context.enter("resolve");
    std::vector<std::string> all =
        co_await context.environment().resolve(context, options.url.host);
    const auto first_of = [&](bool six) {
        const auto found =
            std::ranges::find_if(all, [&](const std::string& each) { return is_six(each) == six; });
        if (found == all.end())
            throw CheckError(ErrorClass::resolve,
                             six ? "name has no IPv6 address" : "name has no IPv4 address");
        return *found;
    };
    if (options.family == "both") {
        std::vector<std::string> pair{first_of(false), first_of(true)};
        co_return pair;
    }
    if (options.family != "any") {
        const bool six = options.family == "6";
        first_of(six);
        std::erase_if(all, [&](const std::string& each) { return is_six(each) != six; });
    }
    if (all.size() > most_addresses) all.resize(most_addresses);
    co_return all;
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    const std::vector<std::string> addresses = co_await addresses_of(options, context);
    const bool both = options.family == "both";
    const Steady end = context.deadline() - reserve(context);
    context.enter("echo");
    std::optional<Outcome> chosen;
    for (std::size_t index = 0; index < addresses.size(); ++index) {
        const Steady now = context.clock().steady();
        const Steady until = now + (end - now) / static_cast<int>(addresses.size() - index);
        const Echoes echoes = co_await ask(options, context, addresses[index], until);
        Outcome outcome = judge(options, echoes);
        const bool worse = chosen && severity(outcome.status) > severity(chosen->status);
        const bool better = chosen && severity(outcome.status) < severity(chosen->status);
        if (!chosen || (both ? worse : better)) chosen = std::move(outcome);
        if (!both && !echoes.times.empty()) break;
    }
    if (chosen->status == Status::failed) chosen->failed_phase = context.phase();
    co_return *std::move(chosen);
}

constexpr std::string_view proves = R"(
    The kernel of the host answers echo requests of ICMP, and not too many of them get
    lost on the way. Of a name with several addresses the first that answers counts;
    `family: both` asks one of IPv4 and one of IPv6. This proves nothing about any program
    there. An address of this machine itself is degraded, because its own kernel answers.
    Many networks block ICMP, and many hosts answer only some of it: a missing answer does
    not mean that the host is down. If a port is open, `tcp` proves more. vitals needs no
    privilege for it where Linux lets its group send echo requests
    (net.ipv4.ping_group_range); elsewhere it needs CAP_NET_RAW. With neither, the result
    is unknown.)"_prose;

}  // namespace

Outcome judge(const Options& options, const Echoes& echoes) {
    const std::size_t back = echoes.times.size();
    const double loss = echoes.sent == 0 ? 100
                                         : 100 * static_cast<double>(echoes.sent - back) /
                                               static_cast<double>(echoes.sent);
    const auto sum =
        std::accumulate(echoes.times.begin(), echoes.times.end(), std::chrono::nanoseconds());
    std::string text =
        back == 0 ? "no answer" : fmt::format("{} of {} answered", back, echoes.sent);
    if (back > 0) text += " in " + text::spoken_duration(sum / static_cast<int>(back));
    Outcome outcome = ok(text);
    if (loss >= options.failed_loss.value) {
        const bool told = back == 0 && !echoes.problem.empty();
        const ErrorClass nothing = told ? ErrorClass::connect : ErrorClass::timeout;
        outcome = failed(told ? echoes.problem : text, back == 0 ? nothing : ErrorClass::assertion,
                         echoes.address);
    } else if (loss > options.loss_above.value) {
        outcome = degraded(text);
    } else if (echoes.to_itself) {
        outcome = degraded("is this machine itself, which proves nothing");
    }
    outcome.with("loss_percent", loss).with("address", echoes.address);
    if (back > 0)
        outcome.with("round_trip_seconds",
                     std::chrono::duration<double>(sum / static_cast<int>(back)).count());
    return outcome;
}

const Kind kind = make_kind<Options, fields, run, verify>(
    "ping", "A host answers echo requests (ICMP).",
    {.proves = proves, .schemes = {"ping"}, .urls = {"ping://router.example.org"}});

}  // namespace vitals::checks::ping
