// Every kind of check there is.
#include "app/catalog.hpp"

#include <algorithm>
#include <array>

#include "checks/amqp/amqp.hpp"
#include "checks/celery/celery.hpp"
#include "checks/clickhouse/clickhouse.hpp"
#include "checks/cloudfront/cloudfront.hpp"
#include "checks/disk/disk.hpp"
#include "checks/dns/dns.hpp"
#include "checks/event_bridge/event_bridge.hpp"
#include "checks/exec/exec.hpp"
#include "checks/file/file.hpp"
#include "checks/grpc/grpc.hpp"
#include "checks/http/http.hpp"
#include "checks/load/load.hpp"
#include "checks/lsyncd/lsyncd.hpp"
#include "checks/memcached/memcached.hpp"
#include "checks/memory/memory.hpp"
#include "checks/migrations/migrations.hpp"
#include "checks/postgres/postgres.hpp"
#include "checks/postgres_crud/postgres_crud.hpp"
#include "checks/process/process.hpp"
#include "checks/push/push.hpp"
#include "checks/redis/redis.hpp"
#include "checks/replication/replication.hpp"
#include "checks/s3/s3.hpp"
#include "checks/smtp/smtp.hpp"
#include "checks/sqlite/sqlite.hpp"
#include "checks/tcp/tcp.hpp"
#include "checks/tls/tls.hpp"
#include "checks/vault/vault.hpp"
#include "checks/websocket/websocket.hpp"
#include "dialects/dialect.hpp"
#include "workers/source.hpp"

namespace vitals::app {

std::span<const checks::Kind* const> kinds() {
    static constexpr std::array all = {
        &checks::postgres::kind,     &checks::postgres_crud::kind,
        &checks::migrations::kind,   &checks::replication::kind,
        &checks::lsyncd::kind,       &checks::redis::kind,
        &checks::memcached::kind,    &checks::s3::kind,
        &checks::clickhouse::kind,   &checks::vault::kind,
        &checks::event_bridge::kind, &checks::cloudfront::kind,
        &checks::http::kind,         &checks::tcp::kind,
        &checks::tls::kind,          &checks::dns::kind,
        &checks::smtp::kind,         &checks::disk::kind,
        &checks::memory::kind,       &checks::load::kind,
        &checks::process::kind,      &checks::file::kind,
        &checks::exec::kind,         &checks::sqlite::kind,
        &checks::amqp::kind,         &checks::celery::kind,
        &checks::grpc::kind,         &checks::websocket::kind,
        &checks::push::kind,
    };
    return all;
}

const checks::Kind* find_kind(std::string_view name) {
    for (const checks::Kind* kind : kinds())
        if (kind->description.name == name) return kind;
    return nullptr;
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
            catalog.kinds.push_back({.description = kind->description, .pushed = !kind->bind});
        for (const dialects::Dialect* dialect : dialects::all())
            catalog.dialects.push_back({.description = dialect->description,
                                        .usual_path = dialect->usual_path,
                                        .mounted_by_default = dialect->mounted_by_default});
        for (const workers::Source* source : workers::sources())
            catalog.sources.push_back({.description = source->description});
        return catalog;
    }();
    return made;
}

}  // namespace vitals::app
