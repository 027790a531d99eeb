#include "workers/celery/celery_options.hpp"

#include "backends/celery/names.hpp"
#include "text/url.hpp"
#include "workers/celery/celery_source.hpp"

namespace vitals::workers::celery {

namespace {

bool by_redis(const text::Url& url) {
    return url.scheme == "redis" || url.scheme == "rediss";
}

std::string verify_url(const void* value) {
    const auto& text = *static_cast<const std::string*>(value);
    if (auto problem = text::url_problem(text, {"amqp", "amqps", "redis", "rediss"});
        !problem.empty()) {
        return problem;
    }
    const text::Url url = *text::parse_url(text);
    if (!url.query.empty()) return "has a query; put options into keys of their own";
    if (!by_redis(url))
        return url.path.size() > 256 ? "names a virtual host of more than 255 bytes" : "";
    const std::string database = url.path.size() > 1 ? url.path.substr(1) : "0";
    const bool number =
        database.size() <= 5 && database.find_first_not_of("0123456789") == database.npos;
    return number ? std::string() : "names no database; expected redis://host:port/0";
}

std::string verify_exchange(const void* value) {
    const auto& name = *static_cast<const std::string*>(value);
    return name.empty() || name.size() > 200 ? "has 1 to 200 bytes" : std::string();
}

std::string verify_prefix(const void* value) {
    return static_cast<const std::string*>(value)->size() > 200 ? "has at most 200 bytes" : "";
}

std::string verify_fanout(const void* value) {
    return backends::celery::fanout_prefix_problem(*static_cast<const std::string*>(value));
}

std::string verify(const void* erased) {
    const auto& options = *static_cast<const CeleryOptions*>(erased);
    const auto url = text::parse_url(options.url);
    if (!url) return {};  // said by the field
    if (!url->user.empty() && !options.user.empty()) return "user stands in the URL and apart";
    if (!url->password.empty() && options.password.configured())
        return "password stands both in the URL and apart from it";
    if (options.tls.certificate.empty() && !options.tls.key.empty())
        return "tls: a key without a certificate";
    const CeleryOptions usual;
    if (!by_redis(*url) && (options.fanout_prefix != usual.fanout_prefix ||
                            options.global_keyprefix != usual.global_keyprefix))
        return "fanout_prefix and global_keyprefix are for Redis";
    return {};
}

constexpr Field fields[] = {
    field<&CeleryOptions::url>(
        "url",
        "The application's broker: amqp://host:port/vhost, amqps://, "
        "redis://host:port/database or rediss://.",
        {.required = true, .example = "amqp://vitals@127.0.0.1/", .verify = verify_url}),
    field<&CeleryOptions::user>("user", "Who to log in as; or in the URL."),
    field<&CeleryOptions::password>("password", "With which password; or in the URL."),
    field<&CeleryOptions::event_exchange>("event_exchange", "The application's event_exchange.",
                                          {.verify = verify_exchange}),
    field<&CeleryOptions::fanout_prefix>(
        "fanout_prefix",
        "On Redis: the application's fanout_prefix, `{db}` stands for the database; `false` where "
        "it is switched off.",
        {.verify = verify_fanout}),
    field<&CeleryOptions::global_keyprefix>("global_keyprefix",
                                            "On Redis: the application's global_keyprefix.",
                                            {.verify = verify_prefix}),
    field<&CeleryOptions::tls>("tls", "Whom to trust, and who to be.",
                               {.members = net::tls_fields}),
};

}  // namespace

const Source source = make_source<CeleryOptions, CelerySource>(describe<CeleryOptions>(
    "celery", "Listens to the events by which Celery's workers say on their broker that they live.",
    fields, verify));

}  // namespace vitals::workers::celery
