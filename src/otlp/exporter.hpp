// Sends metrics and log records to an OpenTelemetry collector: OTLP over HTTP, protobuf. One
// request at a time. While the collector is away, the queue is bounded, and dropped items are
// counted and reported. It must not delay anything else: only its own status depends on it. Used on
// the loop's thread. No log line and no outcome contains the value of a header.
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
    // `health`: receives the state of the component vitals/otlp; nothing when the section is gone.
    // Called when it changes.
    Exporter(net::Loop& loop, net::Environment& environment, Clock& clock, const Hub& hub,
             std::string vitals_version, std::function<void(std::optional<Outcome>)> health);
    ~Exporter();
    Exporter(const Exporter&) = delete;
    Exporter& operator=(const Exporter&) = delete;

    // From now on; what waits for another collector is dropped and counted.
    void configure(const std::optional<config::Otlp>& otlp);
    void take(const Transition& transition);
    // Sends everything at once: the end is near.
    void send_now();

  private:
    struct Delivery;  // one request: its content, and its result
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
    std::shared_ptr<bool> alive_;  // messages for an earlier configuration are dropped
};

}  // namespace vitals::otlp
