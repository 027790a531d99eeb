#include "workers/celery/celery_options.hpp"

#include "backends/celery/names.hpp"
#include "text/url.hpp"
#include "workers/celery/celery_source.hpp"

namespace vitals::workers::celery {

namespace {

using backends::celery::by_redis;

Verified verify_url(const text::Url& url) {
    if (auto problem = backends::celery::broker_problem(url); !problem.empty())
        return std::unexpected(problem);
    return verified(!by_redis(url) && url.path.size() > 256
                        ? "names a virtual host of more than 255 bytes"
                        : "");
}

Verified verify_exchange(const std::string& name) {
    return verified(name.empty() || name.size() > 200 ? "has 1 to 200 bytes" : std::string());
}

Verified verify_prefix(const std::string& value) {
    return verified(value.size() > 200 ? "has at most 200 bytes" : "");
}

Verified verify_fanout(const std::string& value) {
    return verified(backends::celery::fanout_prefix_problem(value));
}

Verified verify(const CeleryOptions& options) {
    const text::Url& url = options.url;
    const CeleryOptions usual;
    if (!by_redis(url) && (options.fanout_prefix != usual.fanout_prefix ||
                           options.global_keyprefix != usual.global_keyprefix))
        return std::unexpected("fanout_prefix and global_keyprefix are for Redis");
    return {};
}

constexpr Field fields[] = {
    field<&CeleryOptions::url, verify_url>(
        "url",
        "The application's broker: amqp://host:port/vhost, amqps://, "
        "redis://host:port/database or rediss://.",
        {.required = true, .example = "amqp://vitals@127.0.0.1/"}),
    field<&CeleryOptions::user>("user", "The user to log in as; it may stand in the URL instead."),
    field<&CeleryOptions::password>("password",
                                    "The password of the user; it may stand in the URL instead."),
    field<&CeleryOptions::event_exchange, verify_exchange>("event_exchange",
                                                           "The application's event_exchange."),
    field<&CeleryOptions::fanout_prefix, verify_fanout>(
        "fanout_prefix",
        "On Redis: the application's fanout_prefix, in which `{db}` stands for the database; "
        "`false` if it is switched off."),
    field<&CeleryOptions::global_keyprefix, verify_prefix>(
        "global_keyprefix", "On Redis: the application's global_keyprefix."),
    field<&CeleryOptions::tls>("tls", "CA, client certificate and server name.",
                               {.members = net::tls_fields}),
};

}  // namespace

const Source source = make_source<CeleryOptions, CelerySource>(describe<CeleryOptions, verify>(
    "celery",
    "Listens to the events by which Celery's workers show on their broker that they are alive.",
    fields));

}  // namespace vitals::workers::celery
