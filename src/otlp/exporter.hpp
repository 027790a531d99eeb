// Sends metrics and log records to an OpenTelemetry collector: OTLP over HTTP, protobuf. One
// request at a time. While the collector is away, what waits is bounded, and what was dropped is
// counted and told. It may not delay anything else: no status depends on it but its own. Used on
// the loop's thread. No log line, no outcome holds a header's value.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/otlp.hpp"
#include "engine/ongoing_run.hpp"
#include "model/clock.hpp"
#include "model/hub.hpp"
#include "net/environment.hpp"
#include "net/loop.hpp"
#include "otlp/waiting.hpp"

namespace vitals::otlp {

class Exporter {
  public:
    // `health`: told how the component vitals/otlp is; nothing when the section is gone. Called
    // when that changes.
    Exporter(net::Loop& loop, net::Environment& environment, Clock& clock, const Hub& hub,
             std::string vitals_version, std::function<void(std::optional<Outcome>)> health);
    ~Exporter();
    Exporter(const Exporter&) = delete;
    Exporter& operator=(const Exporter&) = delete;

    // From now on; what waits for another collector is dropped and counted.
    void configure(const std::optional<config::Otlp>& otlp);
    void take(const Transition& transition);
    // What there is, at once: the end is near.
    void send_now();

  private:
    struct Delivery;  // one request: what it carries, and what came of it
    static net::awaitable<Outcome> send(std::shared_ptr<Delivery> delivery, net::Context& context);

    void sample();
    void send_next();
    void begin(std::shared_ptr<Delivery> delivery);
    void finish(Delivery& delivery, const Outcome& outcome);
    void retry(Delivery& delivery);
    void report();
    Source source() const;

    net::Loop& loop_;
    net::Environment& environment_;
    Clock& clock_;
    const Hub& hub_;
    const std::string vitals_version_, host_;
    const std::function<void(std::optional<Outcome>)> health_;
    const System began_;
    std::optional<config::Otlp> otlp_;
    Waiting waiting_;
    net::Timer sampling_, retrying_, flushing_;
    bool records_first_ = true;      // each signal has its turn
    unsigned failures_ = 0;          // in a row
    std::string trouble_, words_;    // of the last request: ours, and theirs
    std::optional<Steady> resting_;  // until then nothing is sent
    std::optional<Outcome> reported_;
    std::unique_ptr<engine::OngoingRun> request_;
    Dropped under_way_;            // what the request carries
    std::shared_ptr<bool> alive_;  // what was posted for an earlier configuration is dropped
};

}  // namespace vitals::otlp
