#include "alerts/receivers/sender.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "alerts/receivers/http_fate.hpp"
#include "alerts/receivers/payload.hpp"
#include "alerts/receivers/transport.hpp"
#include "model/check_error.hpp"
#include "model/mask.hpp"
#include "net/http_client.hpp"
#include "text/url.hpp"
#include "wire/nagios.hpp"

namespace vitals::alerts::receivers {

namespace {

constexpr std::size_t kept_bytes = 4096;         // of an answer
constexpr std::size_t accepted_bytes = 1 << 20;  // a longer answer is not that of a receiver
constexpr std::size_t why_bytes = 300;
// The time before an acknowledgement is sent again.
constexpr std::array pauses = {std::chrono::seconds(5), std::chrono::seconds(15),
                               std::chrono::seconds(45), std::chrono::seconds(135),
                               std::chrono::seconds(405)};

// Whether the message may have arrived although the attempt failed in this phase. The client's
// phase begins with the first byte of the request, so an interrupted request also counts as
// doubtful: at worst that costs a copy; the opposite error would cost a message.
bool may_have_arrived(std::string_view phase) {
    return phase == committed_phase || phase == "wait" || phase == "read";
}

// Faults of this machine that no further attempt repairs: a missing program.
bool is_for_good(const CheckError& error) {
    return error.error_class == ErrorClass::local && error.detail.starts_with("command");
}

Attempt failed_attempt(const CheckError& error, std::string_view phase) {
    Attempt attempt{.fate = may_have_arrived(phase) ? Fate::doubtful : Fate::refused,
                    .why = error.detail};
    if (is_for_good(error)) attempt.fate = Fate::rejected;
    if (!phase.empty()) attempt.why += fmt::format(" (in phase {})", phase);
    return attempt;
}

Attempt failed_attempt(const std::exception_ptr& problem, std::string_view phase) {
    try {
        std::rethrow_exception(problem);
    } catch (const CheckError& error) {
        return failed_attempt(error, phase);
    } catch (const std::exception& error) {
        return failed_attempt(CheckError(ErrorClass::local, "the attempt threw an exception"),
                              phase);
    }
}

// Also without the parts of a URL that is a secret: a server may repeat the requested path.
std::string without_parts(std::string text, const NamedSecrets& secrets) {
    constexpr std::size_t shortest = 6;  // bytes of a part that can be a secret
    constexpr std::string_view separators = "/?&=#;,";
    text = without_secrets(std::move(text), secrets);
    for (const auto& [name, secret] : secrets) {
        if (!secret.available()) continue;
        const std::string value(secret.reveal());
        std::size_t at = value.find("://");
        at = at == std::string::npos ? at : value.find('/', at + 3);
        while (at != std::string::npos) {
            const std::size_t end = value.find_first_of(separators, at + 1);
            const std::string part =
                value.substr(at + 1, end == std::string::npos ? end : end - at - 1);
            for (std::size_t found = text.find(part);
                 part.size() >= shortest && found != std::string::npos;
                 found = text.find(part, found))
                text.replace(found, part.size(), "***");
            at = end;
        }
    }
    return text;
}

net::awaitable<Attempt> exchange(const Configured& to, const NamedSecrets& secrets,
                                 HttpRequest made, net::Context& context) {
    net::HttpRequest request;
    request.method = std::move(made.method);
    request.url = std::move(made.url);
    request.headers = std::move(made.headers);
    request.body = std::move(made.body);
    request.max_body = accepted_bytes;
    if (to.receiver->tls != nullptr) request.tls = to.receiver->tls(to.options);
    net::HttpResponse response = co_await net::http(context, std::move(request));
    HttpAnswer answer;
    answer.status = response.status;
    answer.headers = std::move(response.headers);
    answer.body = without_parts(response.body.substr(0, kept_bytes), secrets);
    const System now = context.clock().system();
    if (to.receiver->judge != nullptr) co_return to.receiver->judge(answer, now);
    co_return fate_by_code(answer, now);
}

}  // namespace

// One attempt. Its coroutine owns it, because the context must outlive it.
struct Sender::Flight {
    Flight(Sender& sender, std::shared_ptr<const Configured> receiver, Envelope said, What is,
           Ended call)
        : to(std::move(receiver)),
          envelope(std::move(said)),
          what(is),
          ended(std::move(call)),
          secrets(secrets_of(to->receiver->description.fields, to->options.ref())),
          context(sender.environment_, sender.clock_, "vitals/alerts", "alerts",
                  sender.clock_.steady() + std::min(to->receiver->deadline, sender.pace_.longest)),
          timer(sender.environment_.loop()) {}

    net::awaitable<void> carry_out() {
        if (const Transport* own = to->receiver->transport) {
            attempt = co_await own->tell(envelope, to->options, context);
            co_return;
        }
        HttpRequest made = make();
        if (std::string problem = text::url_problem(made.url, {"https", "http"});
            !problem.empty()) {
            attempt = {.fate = Fate::rejected, .why = "the URL " + std::move(problem)};
            co_return;
        }
        host = text::Url(made.url).host;
        attempt = co_await exchange(*to, secrets, std::move(made), context);
    }

    HttpRequest make() const {
        if (what == What::alive) return to->receiver->alive(envelope, to->options);
        if (what == What::acknowledgement) return to->receiver->acknowledge(envelope, to->options);
        return to->receiver->request(envelope, to->options);
    }

    static net::awaitable<void> run(std::shared_ptr<Flight> flight) {
        co_await flight->carry_out();
    }

    // A secret without a value may get one later; nothing is sent without it.
    const std::string* missing_secret() const {
        for (const auto& [name, secret] : secrets)
            if (!secret.available()) return &name;
        return nullptr;
    }

    void deliver(Attempt result) {
        timer.cancel();
        auto call = std::exchange(ended, nullptr);
        if (!call) return;
        std::string why = without_parts(std::move(result.why), secrets);
        why = wire::printable(why, why_bytes);
        if (!why.empty() && !host.empty()) why = host + ": " + why;
        result.why = std::move(why);
        call(std::move(result));
    }

    std::shared_ptr<const Configured> to;
    Envelope envelope;
    Alert first;  // the target of the envelope's pointer, if it has one
    What what;
    Ended ended;
    NamedSecrets secrets;
    std::string host;
    Attempt attempt;
    net::Context context;
    net::Timer timer;
    net::Task task;
};

Sender::Sender(net::Environment& environment, Clock& clock, Log log, Pace pace)
    : environment_(environment),
      clock_(clock),
      log_(std::move(log)),
      pace_(pace),
      timer_(environment.loop()) {}

Sender::~Sender() {
    for (const std::shared_ptr<Flight>& flight : flights_) {
        flight->ended = nullptr;
        flight->timer.cancel();
        const net::Task dropped = std::move(flight->task);  // cancelled, and calls nobody
    }
}

void Sender::configure(std::vector<Configured> receivers, Watcher watcher) {
    watcher_ = std::move(watcher);
    receivers_.clear();
    for (Configured& each : receivers)
        receivers_.push_back(std::make_shared<const Configured>(std::move(each)));
    std::erase_if(kept_, [this](const auto& each) { return find(each.first) == nullptr; });
    arm(clock_.steady());
}

const Configured* Sender::find(std::string_view name) const {
    for (const auto& each : receivers_)
        if (each->name == name) return each.get();
    return nullptr;
}

Envelope Sender::envelope_of(const Configured& to, Alert alert) const {
    Envelope envelope;
    envelope.alert = disclosed(std::move(alert), to.disclose);
    envelope.words = words_of(envelope.alert, to.zone);
    envelope.zone = to.zone;
    envelope.now = clock_.system();
    envelope.to = to.address;
    return envelope;
}

void Sender::send(const std::string& receiver, Alert alert, Ended ended) {
    const Configured* to = find(receiver);
    if (to == nullptr) {
        environment_.loop().post([here = std::weak_ptr(here_), ended = std::move(ended), receiver] {
            if (here.expired()) return;
            ended({.fate = Fate::rejected, .why = "there is no receiver " + receiver});
        });
        return;
    }
    if (to->receiver->copies_state && !alert.test) keep(receiver, alert);
    start(*to, envelope_of(*to, std::move(alert)), What::alert, std::move(ended));
}

void Sender::remember(const std::string& receiver, Alert alert) {
    const Configured* to = find(receiver);
    if (to == nullptr || !to->receiver->copies_state) return;
    keep(receiver, alert);
    start(*to, envelope_of(*to, std::move(alert)), What::alert, [](const Attempt&) {});
}

void Sender::acknowledge(const std::string& receiver, Alert alert) {
    const Configured* to = find(receiver);
    if (to == nullptr || to->receiver->acknowledge == nullptr) return;
    const auto one = std::make_shared<Acknowledging>(
        Acknowledging{receiver, std::move(alert), 0, net::Timer(environment_.loop())});
    acknowledging_.insert(one);
    try_to_acknowledge(one);
}

// It is not a message: if it is lost, the end of the incident says so.
void Sender::try_to_acknowledge(const std::shared_ptr<Acknowledging>& one) {
    const Configured* to = find(one->receiver);
    if (to == nullptr) {
        acknowledging_.erase(one);
        return;
    }
    auto ended = [this, weak = std::weak_ptr(one)](const Attempt& attempt) {
        const auto held = weak.lock();
        if (!held) return;
        const bool again = attempt.fate != Fate::delivered && attempt.fate != Fate::rejected &&
                           held->attempts < pauses.size();
        if (attempt.fate != Fate::delivered)
            log_(LogLevel::warning,
                 fmt::format("alerts: {} does not know that {} is acknowledged: {}", held->receiver,
                             held->alert.incident, attempt.why));
        if (!again) {
            acknowledging_.erase(held);
            return;
        }
        held->timer.arm(clock_.steady() + pauses[held->attempts++], [this, weak] {
            if (const auto waiting = weak.lock()) try_to_acknowledge(waiting);
        });
    };
    start(*to, envelope_of(*to, one->alert), What::acknowledgement, std::move(ended));
}

void Sender::start(const Configured& to, Envelope envelope, What what, Ended ended) {
    const auto owner =
        std::ranges::find(receivers_, &to, [](const auto& each) { return each.get(); });
    const auto flight =
        std::make_shared<Flight>(*this, *owner, std::move(envelope), what, std::move(ended));
    if (const auto known = kept_.find(to.name); known != kept_.end()) {
        const auto incident = known->second.find(flight->envelope.alert.incident);
        if (incident != known->second.end()) {
            flight->first = disclosed(incident->second.first, to.disclose);
            flight->envelope.first = &flight->first;
        }
    }
    flights_.insert(flight);
    const std::weak_ptr<Flight> weak = flight;
    if (const std::string* missing = flight->missing_secret()) {
        environment_.loop().post([this, weak, name = *missing] {
            const auto held = weak.lock();
            if (!held || !held->ended) return;
            flights_.erase(held);
            held->deliver(
                {.fate = Fate::refused, .why = "the secret '" + name + "' is not available"});
        });
        return;
    }
    flight->timer.arm(flight->context.deadline(), [weak] {
        const auto held = weak.lock();
        if (!held) return;
        const std::string phase = held->context.phase();
        held->task.cancel();
        held->deliver(failed_attempt(CheckError(ErrorClass::timeout, "no answer in time"), phase));
    });
    auto done = [this, weak](const std::exception_ptr& problem) {
        const auto held = weak.lock();
        if (!held) return;
        flights_.erase(held);
        held->deliver(problem ? failed_attempt(problem, held->context.phase()) : held->attempt);
    };
    flight->task = environment_.loop().spawn(Flight::run(flight), std::move(done));
}

void Sender::keep(const std::string& receiver, const Alert& alert) {
    auto& incidents = kept_[receiver];
    const auto [at, fresh] = incidents.try_emplace(alert.incident, Kept{alert, alert});
    if (!fresh) at->second.latest = alert;
    at->second.until =
        alert.state == State::resolved ? clock_.steady() + pace_.after_end : Steady::max();
}

// All open incidents, and that vitals runs, to receivers that would forget it.
void Sender::repeat() {
    const Steady now = clock_.steady();
    for (auto& [name, incidents] : kept_)
        std::erase_if(incidents, [now](const auto& each) { return each.second.until < now; });
    for (const auto& to : std::vector(receivers_)) {
        if (!to->receiver->copies_state) continue;
        const auto report = [this, name = to->name](const Attempt& attempt) {
            if (attempt.fate == Fate::delivered) return;
            log_(LogLevel::warning, fmt::format("alerts: repeating to {}: {}", name, attempt.why));
        };
        if (to->receiver->alive != nullptr) {
            Alert alert;
            alert.service = watcher_.service;
            alert.host = watcher_.host;
            start(*to, envelope_of(*to, std::move(alert)), What::alive, report);
        }
        const auto known = kept_.find(to->name);
        if (known == kept_.end()) continue;
        for (const auto& [incident, kept] : known->second)
            start(*to, envelope_of(*to, kept.latest), What::alert, report);
    }
    arm(now + pace_.repeat);
}

void Sender::arm(Steady when) {
    const bool any = std::ranges::any_of(
        receivers_, [](const auto& each) { return each->receiver->copies_state; });
    if (!any) return timer_.cancel();
    timer_.arm(when, [this] { repeat(); });
}

}  // namespace vitals::alerts::receivers
