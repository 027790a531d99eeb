// The two ways to Celery's workers.
#pragma once

#include <memory>
#include <string>

#include "celery.hpp"
#include "net/connection.hpp"
#include "tally.hpp"
#include "wire/url.hpp"

namespace vitals::checks::celery {

// One run's question.
struct Question {
    const Options& options;
    const wire::Url& url;
    std::string ticket;  // random, unlike any other's
    Steady until{};      // who has not answered by then has not answered
};

// Both fill the tally in and return when it is done or the time is up.
net::awaitable<void> ask_by_amqp(net::Context& context, net::Connection& connection,
                                 const Question& question, Tally& tally);

// What a run that was cut may have left on Redis, for the next one to remove.
struct Leftovers {
    std::vector<std::string> inboxes;
};
net::awaitable<void> ask_by_redis(net::Context& context, net::Connection& connection,
                                  const Question& question, Tally& tally, Leftovers& leftovers);

}  // namespace vitals::checks::celery
