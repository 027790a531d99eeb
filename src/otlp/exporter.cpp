#include "otlp/exporter.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "alerts/receivers/http_fate.hpp"
#include "model/check_error.hpp"
#include "net/http_client.hpp"
#include "text/amount.hpp"
#include "text/escape.hpp"
#include "text/utf8.hpp"

namespace vitals::otlp {
namespace {

using Duration = Steady::duration;

constexpr std::size_t longest_answer = 64 * 1024;
constexpr std::size_t longest_words = 200;  // of theirs
constexpr std::chrono::seconds first_pause{1}, longest_pause{60}, longest_obeyed{3600};
constexpr std::chrono::milliseconds gathering{200};  // of records that come close together

std::string host_name() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0) return {};
    return name.data();
}

// A collector may ask to come back (OTLP/HTTP, "Retryable Response Codes"); other refusals are
// final.
bool may_be_repeated(int status) {
    return status == 408 || status == 429 || status == 502 || status == 503 || status == 504;
}

std::string one_short_line(std::string_view text) {
    return std::string(text::cut_utf8(text::one_line(text), longest_words));
}

// In case the collector's words contain a header of vitals.
bool holds_secret(std::string_view words, const SecretMap& headers) {
    return std::any_of(headers.begin(), headers.end(), [words](const auto& header) {
        const std::string value = header.second.available() ? header.second.reveal() : "";
        return value.size() >= 4 && words.find(value) != words.npos;
    });
}

}  // namespace

struct Exporter::Delivery {
    config::Otlp otlp;
    bool of_records = false;
    Message message;
    std::vector<Record> records;  // what the message was made of
    // The result of the request.
    int status = 0;
    std::string words;
    std::optional<Duration> pause;
    std::uint64_t rejected = 0;
    System now{};
};

net::awaitable<Outcome> Exporter::send(std::shared_ptr<Delivery> delivery, net::Context& context) {
    const config::Otlp& otlp = delivery->otlp;
    net::HttpRequest request;
    request.method = "POST";
    request.url = otlp.url + (delivery->of_records ? "/v1/logs" : "/v1/metrics");
    request.headers = {{"Content-Type", "application/x-protobuf"}};
    for (const auto& [name, secret] : otlp.headers) {
        if (!secret.available())
            throw CheckError(ErrorClass::local,
                             fmt::format("the header {} has no value yet", name));
        request.headers.emplace_back(name, secret.reveal());
    }
    request.body = delivery->message.bytes;
    request.tls.ca = otlp.ca;
    request.max_body = longest_answer;
    const net::HttpResponse response = co_await net::http(context, std::move(request));
    delivery->status = response.status;
    if (const std::string* wait = response.header("retry-after"))
        delivery->pause = alerts::receivers::retry_after(*wait, delivery->now);
    if (response.status < 200 || response.status > 299) {
        // A google.rpc.Status, or a text of a proxy before the collector.
        delivery->words = one_short_line(response.body);
        co_return ok();
    }
    const auto partial = read_response(response.body);
    if (!partial) throw CheckError(ErrorClass::protocol, "answered with " + partial.error());
    delivery->rejected = std::min<std::uint64_t>(partial->rejected, delivery->message.count);
    delivery->words = one_short_line(partial->why);
    co_return ok();
}

Exporter::Exporter(net::Loop& loop, net::Environment& environment, Clock& clock, const Hub& hub,
                   std::string vitals_version, std::function<void(std::optional<Outcome>)> health)
    : loop_(loop),
      environment_(environment),
      clock_(clock),
      hub_(hub),
      vitals_version_(std::move(vitals_version)),
      host_(host_name()),
      health_(std::move(health)),
      began_(clock.system()),
      sampling_(loop),
      retrying_(loop),
      flushing_(loop) {}

Exporter::~Exporter() = default;

void Exporter::configure(const std::optional<config::Otlp>& otlp) {
    // The same collector: open requests continue, with the new settings from the next request on.
    if (otlp_ && otlp && otlp_->url == otlp->url) {
        const bool other_interval = otlp_->interval != otlp->interval;
        otlp_ = otlp;
        if (other_interval) sampling_.arm(clock_.steady() + otlp_->interval, [this] { sample(); });
        return;
    }
    request_.reset();
    const Dropped lost = std::exchange(under_way_, {});
    waiting_.count_lost(lost.points, lost.records);
    alive_ = std::make_shared<bool>(true);
    sampling_.cancel();
    retrying_.cancel();
    flushing_.cancel();
    resting_.reset();
    failures_ = 0;
    trouble_.clear();
    words_.clear();
    waiting_.clear();
    otlp_ = otlp;
    if (otlp_) sampling_.arm(clock_.steady() + otlp_->interval, [this] { sample(); });
    report();
}

Source Exporter::source() const {
    const auto snapshot = hub_.current();
    return {.service = snapshot == nullptr ? "vitals" : snapshot->service.name,
            .version = snapshot == nullptr ? "" : snapshot->service.version,
            .vitals_version = vitals_version_,
            .host = host_};
}

void Exporter::take(const Transition& transition) {
    if (!otlp_) return;
    waiting_.add(record_of(transition));
    if (request_ == nullptr && !resting_)
        flushing_.arm(clock_.steady() + gathering, [this] { send_next(); });
}

void Exporter::sample() {
    const Steady now = clock_.steady();
    sampling_.arm(now + otlp_->interval, [this] { sample(); });
    if (const auto snapshot = hub_.current())
        waiting_.add(
            metrics_message(*snapshot, source(), now, clock_.system(), began_, waiting_.dropped()));
    send_next();
}

void Exporter::send_now() {
    if (!otlp_) return;
    resting_.reset();
    sample();
}

void Exporter::send_next() {
    if (!otlp_ || request_ != nullptr || resting_ || waiting_.empty()) return;
    auto delivery = std::make_shared<Delivery>();
    delivery->otlp = *otlp_;
    delivery->now = clock_.system();
    delivery->of_records = waiting_.records() > 0 && (records_first_ || waiting_.messages() == 0);
    records_first_ = !delivery->of_records;
    if (delivery->of_records) {
        delivery->records = waiting_.take_records();
        delivery->message = logs_message(delivery->records, source());
    } else {
        delivery->message = *waiting_.take_metrics();
    }
    begin(std::move(delivery));
}

void Exporter::begin(std::shared_ptr<Delivery> delivery) {
    (delivery->of_records ? under_way_.records : under_way_.points) = delivery->message.count;
    auto run = [delivery](net::Context& context) { return send(delivery, context); };
    // A request must not be destroyed inside its own call.
    auto done = [this, delivery, alive = std::weak_ptr(alive_)](Outcome outcome) {
        loop_.post([this, delivery, alive, outcome = std::move(outcome)] {
            if (alive.expired()) return;
            request_.reset();
            under_way_ = {};
            finish(*delivery, outcome);
        });
    };
    request_ =
        std::make_unique<engine::OngoingRun>(environment_, clock_, "vitals/otlp", "otlp",
                                             std::move(run), otlp_->timeout, std::move(done));
}

void Exporter::finish(Delivery& delivery, const Outcome& outcome) {
    words_ = holds_secret(delivery.words, delivery.otlp.headers) ? "" : std::move(delivery.words);
    const bool answered = outcome.status == Status::ok;
    if (!answered) {
        trouble_ = "the collector cannot be reached: " + outcome.detail;
        words_ = holds_secret(outcome.error, delivery.otlp.headers) ? "" : outcome.error;
        // An unreadable answer says nothing about the result: sending it again might count twice.
        if (outcome.error_class == ErrorClass::protocol && delivery.status != 0) {
            trouble_ = "the collector " + outcome.detail;
            delivery.status = 200;
        }
    }
    const std::size_t points = delivery.of_records ? 0 : delivery.message.count;
    const std::size_t records = delivery.of_records ? delivery.message.count : 0;
    const int status = delivery.status;
    if (status >= 200 && status < 300) {
        failures_ = 0;
        if (answered) trouble_.clear();
        if (delivery.rejected > 0) {
            const auto lost = static_cast<std::size_t>(delivery.rejected);
            waiting_.count_lost(points == 0 ? 0 : lost, records == 0 ? 0 : lost);
            trouble_ = fmt::format(
                "the collector refused {} of {}", lost,
                text::counted(delivery.message.count, points == 0 ? "log record" : "data point"));
        }
    } else if (status == 0 || may_be_repeated(status)) {
        if (status != 0) trouble_ = fmt::format("the collector is not ready: status {}", status);
        retry(delivery);
    } else {
        failures_ = 0;
        waiting_.count_lost(points, records);
        trouble_ = fmt::format("the collector refuses what it is sent: status {}", status);
    }
    report();
    send_next();
}

void Exporter::retry(Delivery& delivery) {
    if (delivery.of_records)
        waiting_.give_back(std::move(delivery.records));
    else
        waiting_.give_back(std::move(delivery.message));
    records_first_ = delivery.of_records;
    Duration pause =
        std::min<Duration>(first_pause * (1u << std::min(failures_, 6u)), longest_pause);
    ++failures_;
    if (delivery.pause) pause = std::clamp<Duration>(*delivery.pause, first_pause, longest_obeyed);
    resting_ = clock_.steady() + pause;
    retrying_.arm(*resting_, [this] {
        resting_.reset();
        send_next();
    });
}

void Exporter::report() {
    std::optional<Outcome> health;
    if (otlp_) {
        health = trouble_.empty() ? ok() : degraded(trouble_);
        health->error = words_;
    }
    const auto same = [](const std::optional<Outcome>& a, const std::optional<Outcome>& b) {
        return a.has_value() == b.has_value() &&
               (!a || (a->detail == b->detail && a->error == b->error));
    };
    if (same(health, reported_)) return;
    reported_ = health;
    health_(std::move(health));
}

}  // namespace vitals::otlp
