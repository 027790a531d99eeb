#include "names.hpp"

namespace vitals::backends::celery {

bool by_redis(const text::Url& broker) {
    return broker.scheme == "redis" || broker.scheme == "rediss";
}

std::string broker_problem(const text::Url& broker) {
    if (auto problem = text::url_problem(broker.text, {"amqp", "amqps", "redis", "rediss"});
        !problem.empty())
        return problem;
    if (!broker.query.empty()) return "has a query; put options into keys of their own";
    if (!by_redis(broker)) return {};
    const std::string database = database_of(broker.path);
    const bool number =
        database.size() <= 5 && database.find_first_not_of("0123456789") == database.npos;
    return number ? std::string() : "names no database; expected redis://host:port/0";
}

bool by_sentinel(const text::Url& broker) {
    return broker.scheme == "sentinel" || broker.scheme == "sentinels";
}

std::string brokers_problem(const text::Url& brokers) {
    const std::vector<std::string> all = text::servers_of(brokers.text);
    for (const std::string& one : all) {
        const text::Url url(one);
        if (by_sentinel(url) != by_sentinel(brokers))
            return "names brokers and sentinels; expected the one or the other";
        if (!by_sentinel(url)) {
            if (auto problem = broker_problem(url); !problem.empty()) return problem;
            continue;
        }
        if (auto problem = text::url_problem(one, {"sentinel", "sentinels"}); !problem.empty())
            return problem;
        if (!url.query.empty()) return "has a query; put options into keys of their own";
        if (url.scheme != brokers.scheme)
            return "names sentinels with TLS and without; expected the one or the other";
    }
    return {};
}

// kombu splits a channel that begins with a slash at its first dot, and does not split other
// channels. With any other prefix, a worker crashes at the first control message, whoever sends it.
std::string fanout_prefix_problem(std::string_view prefix) {
    if (prefix == "false") return {};
    const bool parted =
        prefix.size() >= 2 && prefix.starts_with('/') && prefix.find('.') == prefix.size() - 1;
    if (!parted)
        return "is no prefix that kombu can read again; expected one such as /{db}. with a slash "
               "before it and its only dot behind it, or false";
    return prefix.size() > 200 ? "has more than 200 bytes" : std::string();
}

std::string Names::channel(const std::string& exchange) const {
    constexpr std::string_view placeholder = "{db}";
    std::string prefix = fanout_prefix == "false" ? "" : fanout_prefix;
    if (const auto at = prefix.find(placeholder); at != std::string::npos)
        prefix.replace(at, placeholder.size(), database);
    return global_keyprefix + prefix + exchange;
}

std::vector<std::string> Names::event_channels(const std::string& event_exchange) const {
    std::string all;
    for (const char c : channel(event_exchange)) {
        if (std::string_view("*?[]\\^").find(c) != std::string_view::npos) all += '\\';
        all += c;
    }
    return {all + "/worker.*", all};
}

std::string database_of(std::string_view path) {
    return path.size() > 1 ? std::string(path.substr(1)) : "0";
}

}  // namespace vitals::backends::celery
