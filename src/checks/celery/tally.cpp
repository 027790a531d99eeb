#include "tally.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "text/amount.hpp"
#include "text/quote.hpp"

namespace vitals::checks::celery {

Tally::Tally(const Options& options)
    : options_(options), range_(parse_count_range(options.workers).value_or(CountRange{1})) {}

bool Tally::wanted(const std::string& node) const {
    const auto& names = options_.destination;
    return names.empty() || std::find(names.begin(), names.end(), node) != names.end();
}

void Tally::take(const wire::celery::Reply& reply) {
    if (!wanted(reply.node)) return;
    answered_.insert(reply.node);
    const auto& queues = reply.queues;
    const bool as_wanted = options_.part == "queue" ? std::find(queues.begin(), queues.end(),
                                                                options_.queue) != queues.end()
                                                    : reply.pong;
    if (as_wanted) good_.insert(reply.node);
    if (!reply.error.empty()) error_ = "got " + text::quoted(reply.error);
}

void Tally::take(const wire::celery::WorkerEvent& event) {
    if (event.node.empty() || !wanted(event.node)) return;
    if (event.type == "worker-offline") {
        answered_.erase(event.node);
        good_.erase(event.node);
    } else if (event.type == "worker-heartbeat" || event.type == "worker-online") {
        answered_.insert(event.node);
        good_.insert(event.node);
    }
}

void Tally::take_unread(std::string_view content_type, std::string_view body) {
    ++unread_;
    error_ = fmt::format("got {} as {}", text::quoted(body), text::quoted(content_type, 64));
}

bool Tally::done() const {
    if (asked_ && answered_.size() + unread_ >= *asked_) return true;
    if (!options_.destination.empty() && options_.part != "queue")
        return good_.size() == options_.destination.size();
    if (!options_.destination.empty() && answered_.size() == options_.destination.size())
        return true;
    return range_.most == CountRange{}.most && good_.size() >= range_.least;
}

Outcome Tally::outcome() const {
    const auto plural = [](std::size_t count) { return text::counted(count, "worker"); };
    const bool beats = options_.part == "heartbeat";
    const auto with_count = [&](Outcome outcome) {
        if (outcome.status != Status::ok && unread_ > 0) {
            const bool none = answered_.empty() && options_.destination.empty();
            outcome.detail = (none ? std::string() : outcome.detail + "; ") + plural(unread_) +
                             " answered, but not in JSON";
            outcome.error_class = ErrorClass::protocol;
        }
        outcome.with("workers", static_cast<std::int64_t>(good_.size()));
        return outcome;
    };
    if (answered_.empty() && asked_ == std::size_t{0})
        return with_count(failed("there are no workers", ErrorClass::assertion));
    if (answered_.empty() && options_.destination.empty()) {
        return with_count(failed(beats ? "no heartbeat of a worker" : "no worker answered",
                                 ErrorClass::timeout, error_));
    }
    if (options_.part == "queue" && !answered_.empty()) {
        if (good_.empty()) {
            return with_count(failed(fmt::format("no worker consumes queue {}", options_.queue),
                                     ErrorClass::assertion, error_));
        }
    } else if (!options_.destination.empty()) {
        std::string missing;
        for (const std::string& node : options_.destination)
            if (!good_.contains(node)) missing += (missing.empty() ? "" : ", ") + node;
        if (!missing.empty()) {
            return with_count(failed((beats ? "no heartbeat of " : "no answer of ") + missing,
                                     ErrorClass::timeout, error_));
        }
        return with_count(ok(plural(good_.size()) + (beats ? " alive" : " answered")));
    }
    if (!range_.contains(good_.size())) {
        return with_count(failed(
            fmt::format("{}, expected {}", plural(good_.size()), options_.workers),
            good_.size() < range_.least ? ErrorClass::timeout : ErrorClass::assertion, error_));
    }
    const std::string_view does =
        options_.part == "queue"
            ? (good_.size() == 1 ? " consumes the queue" : " consume the queue")
        : beats ? " alive"
                : " answered";
    return with_count(ok(plural(good_.size()) + std::string(does)));
}

}  // namespace vitals::checks::celery
