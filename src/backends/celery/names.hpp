// The names of a Celery application on Redis: the options of kombu's transport, and the resulting
// names. Pure. Source: kombu/transport/redis.py.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/url.hpp"

namespace vitals::backends::celery {

// Whether the application's broker is Redis; else it is AMQP.
bool by_redis(const text::Url& broker);
// What is wrong with the URL of a broker: its scheme, a query, Redis' database. Empty: nothing.
std::string broker_problem(const text::Url& broker);
// Whether the URL names sentinels, in kombu's notation: `sentinel://host:26379/0;sentinel://host2`.
bool by_sentinel(const text::Url& broker);
// The same for a URL that may also name several brokers, or sentinels.
std::string brokers_problem(const text::Url& brokers);

inline constexpr std::string_view usual_fanout_prefix = "/{db}.";

// What is wrong with a fanout_prefix, or empty. `false` stands for none.
std::string fanout_prefix_problem(std::string_view prefix);

struct Names {
    std::string global_keyprefix;
    std::string fanout_prefix{usual_fanout_prefix};
    std::string database = "0";  // as it stands in the URL

    // The channel of a fanout exchange.
    std::string channel(const std::string& exchange) const;
    // The pattern for PSUBSCRIBE of the channels on which workers publish their events: separate
    // channels or, with kombu's fanout_patterns off, the one that all events share.
    std::vector<std::string> event_channels(const std::string& event_exchange) const;
};

// The number of the database: the path of a URL, without its slash; 0 if there is none.
std::string database_of(std::string_view path);

}  // namespace vitals::backends::celery
