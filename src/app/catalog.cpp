// Every kind of check there is, in the order of the documentation: one line each.
// clang-format off
#define VITALS_KINDS(kind) \
    kind(postgres) \
    kind(postgres_crud) \
    kind(mysql) \
    kind(mysql_crud) \
    kind(mongodb) \
    kind(migrations) \
    kind(replication) \
    kind(lsyncd) \
    kind(redis) \
    kind(memcached) \
    kind(s3) \
    kind(clickhouse) \
    kind(elasticsearch) \
    kind(etcd) \
    kind(vault) \
    kind(event_bridge) \
    kind(cloudfront) \
    kind(http) \
    kind(prometheus) \
    kind(tcp) \
    kind(tls) \
    kind(dns) \
    kind(smtp) \
    kind(imap) \
    kind(pop3) \
    kind(ssh) \
    kind(ping) \
    kind(ntp) \
    kind(disk) \
    kind(memory) \
    kind(load) \
    kind(process) \
    kind(systemd) \
    kind(container) \
    kind(file) \
    kind(backup) \
    kind(certificate) \
    kind(domain) \
    kind(exec) \
    kind(sqlite) \
    kind(amqp) \
    kind(celery) \
    kind(mqtt) \
    kind(nats) \
    kind(kafka) \
    kind(ldap) \
    kind(grpc) \
    kind(websocket) \
    kind(job) \
    kind(group) \
    kind(push)
// clang-format on

#include "app/catalog.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "alerts/receivers/receiver.hpp"
#include "app/alerting.hpp"
#include "dialects/dialect.hpp"
#include "workers/source.hpp"

#define VITALS_DECLARE(name)         \
    namespace vitals::checks::name { \
    extern const Kind kind;          \
    }
VITALS_KINDS(VITALS_DECLARE)
#undef VITALS_DECLARE

namespace vitals::app {

std::span<const checks::Kind* const> kinds() {
#define VITALS_ADDRESS(name) &checks::name::kind,
    static constexpr const checks::Kind* all[] = {VITALS_KINDS(VITALS_ADDRESS)};
#undef VITALS_ADDRESS
    return all;
}

const checks::Kind* find_kind(std::string_view name) {
    static const auto by_name = [] {
        std::unordered_map<std::string_view, const checks::Kind*> all;
        for (const checks::Kind* kind : kinds()) all.emplace(kind->description.name, kind);
        return all;
    }();
    const auto at = by_name.find(name);
    return at == by_name.end() ? nullptr : at->second;
}

const checks::Kind* kind_of_url(std::string_view url) {
    const std::string_view scheme = url.substr(0, url.find(':'));
    if (scheme.size() == url.size()) return nullptr;
    for (const checks::Kind* kind : kinds())
        if (std::find(kind->schemes.begin(), kind->schemes.end(), scheme) != kind->schemes.end())
            return kind;
    return nullptr;
}

const config::Catalog& catalog() {
    static const config::Catalog made = [] {
        config::Catalog catalog;
        for (const checks::Kind* kind : kinds())
            catalog.kinds.push_back({.description = kind->description,
                                     .pushed = !kind->bind,
                                     .reported = !kind->bind && kind != &checks::push::kind,
                                     .category = kind->category});
        for (const dialects::Dialect* dialect : dialects::all())
            catalog.dialects.push_back({.description = dialect->description,
                                        .usual_path = dialect->usual_path,
                                        .mounted_by_default = dialect->mounted_by_default,
                                        .protocol = dialect->protocol});
        for (const workers::Source* source : workers::sources())
            catalog.sources.push_back({.description = source->description});
        for (const alerts::receivers::Receiver* receiver : alerts::receivers::all())
            catalog.receivers.push_back({.description = receiver->description});
        catalog.zone_problem = zone_problem;
        return catalog;
    }();
    return made;
}

}  // namespace vitals::app
