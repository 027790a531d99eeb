#include "config/other_words.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "text/words.hpp"

namespace vitals::config {

namespace {

using enum OtherWord::What;

constexpr OtherWord words[] = {
    {kind, "postgresql", "postgres"},
    {kind, "pg", "postgres"},
    {kind, "pgsql", "postgres"},
    {kind, "psql", "postgres"},
    {kind, "https", "http"},
    {kind, "web", "http"},
    {kind, "website", "http"},
    {kind, "url", "http"},
    {kind, "rabbitmq", "amqp"},
    {kind, "rabbit", "amqp"},
    {kind, "valkey", "redis"},
    {kind, "keydb", "redis"},
    {kind, "memcache", "memcached"},
    {kind, "minio", "s3"},
    {kind, "bucket", "s3"},
    {kind, "sqlite3", "sqlite"},
    {kind, "eventbridge", "event_bridge"},
    {kind, "command", "exec"},
    {kind, "script", "exec"},
    {kind, "shell", "exec"},
    {kind, "program", "exec"},
    {kind, "nagios", "exec"},
    {kind, "plugin", "exec"},
    {kind, "docker", "container"},
    {kind, "port", "tcp"},
    {kind, "socket", "tcp"},
    {kind, "ssl", "tls"},
    {kind, "resolver", "dns"},
    {kind, "nslookup", "dns"},
    {kind, "dig", "dns"},
    {kind, "mail", "smtp"},
    {kind, "ws", "websocket"},
    {kind, "wss", "websocket"},
    {kind, "filesystem", "disk"},
    {kind, "disk_space", "disk"},
    {kind, "df", "disk"},
    {kind, "cpu", "load"},
    {kind, "loadavg", "load"},
    {kind, "mem", "memory"},
    {kind, "ram", "memory"},
    {kind, "proc", "process"},
    {kind, "pid", "process"},
    {kind, "heartbeat", "push"},
    {kind, "passive", "push"},
    {kind, "mariadb", "mysql"},
    {kind, "percona", "mysql"},
    {kind, "mongo", "mongodb"},
    {kind, "redpanda", "kafka"},
    {kind, "mosquitto", "mqtt"},
    {kind, "openldap", "ldap"},
    {kind_missing, "ftp", "'tcp' with tcp://HOST:21 proves that the port answers"},
    {kind, "opensearch", "elasticsearch"},
    {kind, "podman", "container"},
    {kind, "pop", "pop3"},
    {kind, "promql", "prometheus"},
    {kind, "icmp", "ping"},
    {kind_missing, "udp", "'dns' asks a name server"},
    {kind_missing, "snmp", "'exec' runs for instance snmpget"},
    {key, "type", "check"},
    {key, "kind", "check"},
    {key, "prober", "check"},
    {key, "username", "user"},
    {key, "login", "user"},
    {key, "pass", "password"},
    {key, "uri", "url"},
    {key, "address", "url"},
    {key, "target", "url"},
    {key, "host", "url"},
    {key, "hostname", "url"},
    {key, "dsn", "url"},
    {key, "every", "interval"},
    {key, "period", "interval"},
    {key, "frequency", "interval"},
    {key, "retries", "failures"},
    {key, "failure_threshold", "failures"},
    {key, "success_threshold", "successes"},
    {key, "dependencies", "depends_on"},
    {key, "labels", "tags"},
    {section, "checks", "components"},
    {section, "services", "components"},
    {section, "monitors", "components"},
    {section, "targets", "components"},
    {section, "probes", "components"},
    {section, "listen", "listeners"},
    {section, "global", "defaults"},
    {section, "logging", "log"},
};

char folded(char c) {
    if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
    return c == '-' ? '_' : c;
}

}  // namespace

std::span<const OtherWord> other_words() {
    return words;
}

const OtherWord* other_word(OtherWord::What what, std::string_view written) {
    const auto* const at = std::ranges::find_if(words, [&](const OtherWord& word) {
        return word.what == what && std::ranges::equal(word.written, written, {}, {}, folded);
    });
    return at == std::end(words) ? nullptr : at;
}

std::string other_kind(std::string_view written) {
    if (const auto* word = other_word(kind, written))
        return fmt::format("{} is written '{}' here", text::in_quotes(written), word->here);
    const auto* word = other_word(kind_missing, written);
    if (word == nullptr) return {};
    return fmt::format("{} is not a kind of check yet; meanwhile {}{}", text::in_quotes(written),
                       word->here,
                       word->here.starts_with("'exec'") ? "" : ", 'exec' runs a command of yours");
}

}  // namespace vitals::config
