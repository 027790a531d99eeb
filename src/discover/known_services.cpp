#include "discover/known_services.hpp"

#include <utility>

namespace vitals::discover {

namespace {

using enum Socket::Protocol;

Candidate candidate(std::string kind, std::vector<std::pair<std::string, std::string>> options,
                    std::vector<std::string> needs = {}) {
    return {std::move(kind), std::move(options), std::move(needs)};
}

Candidate with(IfNot if_not, Candidate candidate) {
    candidate.if_not = if_not;
    return candidate;
}

void postgres(const Listener& listener, const Machine& machine, Proposal& to) {
    std::vector<std::string> users{"vitals"};
    if (machine.user != "root" && !machine.user.empty() && machine.user != "vitals")
        users.push_back(machine.user);
    const std::string name = fmt::format(".s.PGSQL.{}", listener.port);
    for (const Socket& socket : machine.sockets) {
        if (socket.protocol != unix_stream || !socket.address.ends_with("/" + name)) continue;
        const std::string folder =
            socket.address.substr(0, socket.address.size() - name.size() - 1);
        std::string host = folder;
        for (std::size_t at = 0; (at = host.find('/', at)) != std::string::npos;)
            host.replace(at, 1, "%2F");
        for (const std::string& user : users)
            to.candidates.push_back(candidate(
                "postgres",
                {{"url", yaml_text(fmt::format("postgresql://{}@{}:{}/postgres", user, host,
                                               listener.port))}},
                {fmt::format(
                     "A role without rights is enough; over the socket it needs no password "
                     "where pg_hba.conf says peer:"),
                 fmt::format("    sudo -u postgres psql -p {} -c 'CREATE ROLE vitals LOGIN'",
                             listener.port)}));
        break;
    }
    to.candidates.push_back(candidate(
        "postgres",
        {{"url", yaml_text(fmt::format("postgresql://vitals@{}/postgres", listener.place()))}},
        {"A role without rights is enough, with a password of its own:",
         "    CREATE ROLE vitals LOGIN PASSWORD '...';",
         "and here, e.g.: password: {file: /etc/vitals/secrets/postgres}"}));
    to.candidates.push_back(connects(listener));
}

bool is_socket_of_mysql(std::string_view path) {
    return path.ends_with("/mysqld.sock") || path.ends_with("/mysql.sock") ||
           path.ends_with("/mariadb.sock");
}

void redis(const Listener& listener, const Machine&, Proposal& to) {
    to.candidates.push_back(candidate(
        "redis", {{"url", listener.url("redis")}},
        {"A user of its own for keys of its own:",
         "    ACL SETUSER vitals on >PASSWORD ~vitals:* +info +select +set +get +del +ping +role",
         "and here: user: vitals, password: {file: /etc/vitals/secrets/redis}"}));
    to.candidates.push_back(connects(listener));
}

void memcached(const Listener& listener, const Machine&, Proposal& to) {
    to.candidates.push_back(candidate("memcached", {{"url", listener.url("memcached")}}));
    to.candidates.push_back(connects(listener));
}

void rabbitmq(const Listener& listener, const Machine&, Proposal& to) {
    to.candidates.push_back(with(
        IfNot::why_unless_another_protocol,
        candidate("amqp", {{"url", listener.url("amqp")}},
                  {"A user of its own, who may do nothing but write to the default exchange:",
                   "    rabbitmqctl add_user vitals PASSWORD",
                   "    rabbitmqctl set_permissions vitals '^$' '^amq\\.default$' '^$'",
                   "and here: user: vitals, password: {file: /etc/vitals/secrets/rabbitmq}"})));
    to.candidates.push_back(
        candidate("amqp", {{"url", listener.url("amqps")}, {"tls", "{verify: false}"}}));
    if (listener.port == 5672)
        to.candidates.push_back(connects(listener));
    else
        to.guess = true;  // one of RabbitMQ's other ports
}

// It is unknown before a request whether it is a page, a page for some only, or TLS. A page that is
// not for everybody also counts; 400 is the answer of a TLS server to a client that speaks without
// TLS.
void web(const Listener& listener, const Machine&, Proposal& to) {
    using enum IfNot;
    const std::string anything = "[2xx, 3xx, 401, 403, 404, 405]";
    const std::string unverified = "{verify: false}";
    const auto plain = listener.url("http", "/");
    const auto secure = listener.url("https", "/");
    to.candidates = {
        with(nothing, candidate("http", {{"url", plain}})),
        with(why_unless_another_protocol,
             candidate("http", {{"url", secure}, {"certificate_days", "14"}, {"tls", unverified}})),
        with(nothing, candidate("http", {{"url", secure}, {"tls", unverified}})),
        with(nothing, candidate("http", {{"url", plain}, {"expect_status", anything}})),
        with(
            nothing,
            candidate("http", {{"url", secure}, {"expect_status", anything}, {"tls", unverified}})),
        connects(listener)};
}

// Mail servers and sshd log each connection: once a minute is enough.
void smtp(const Listener& listener, const Machine&, Proposal& to) {
    const std::string scheme = listener.port == 465 ? "smtps" : "smtp";
    to.candidates = {
        candidate("smtp",
                  {{"url", listener.url(scheme)}, {"tls", "{verify: false}"}, {"interval", "1m"}}),
        connects(listener)};
}

void vault(const Listener& listener, const Machine&, Proposal& to) {
    to.candidates = {
        with(IfNot::why_unless_another_protocol,
             candidate("vault", {{"url", listener.url("http")}})),
        candidate("vault", {{"url", listener.url("https")}, {"tls", "{verify: false}"}}),
        connects(listener)};
    to.guess = listener.port != 8200;  // its cluster port
}

void clickhouse(const Listener& listener, const Machine&, Proposal& to) {
    to.candidates = {candidate(
        "clickhouse", {{"url", listener.url("http")}},
        {"A user without rights is enough:", "    CREATE USER vitals IDENTIFIED BY '...';",
         "and here: user: vitals, password: {file: /etc/vitals/secrets/clickhouse}"})};
    to.guess = listener.port != 8123;  // its native protocol, other databases' protocols
}

void name_server(const Listener& listener, const Machine&, Proposal& to) {
    const std::string server = yaml_text(listener.place());
    to.candidates = {candidate("dns", {{"name", "\".\""}, {"type", "NS"}, {"server", server}}),
                     candidate("dns", {{"name", "localhost"}, {"type", "A"}, {"server", server}}),
                     connects(listener)};
}

void ssh(const Listener& listener, const Machine&, Proposal& to) {
    to.candidates = {candidate("ssh", {{"url", listener.url("ssh")}, {"interval", "1m"}}),
                     connects(listener)};
}

void etcd(const Listener& listener, const Machine&, Proposal& to) {
    to.candidates = {
        with(IfNot::why_unless_another_protocol,
             candidate("etcd", {{"url", listener.url("etcd")}})),
        candidate("etcd", {{"url", listener.url("etcds")}, {"tls", "{verify: false}"}}),
        connects(listener)};
    to.guess = listener.port != 2379;  // the port of its peers
}

void elasticsearch(const Listener& listener, const Machine&, Proposal& to) {
    const std::vector<std::string> needs{
        "A user with the right to see the cluster's health (monitor), and here:",
        "user: vitals, password: {file: /etc/vitals/secrets/elasticsearch}"};
    to.candidates = {
        with(IfNot::why_unless_another_protocol,
             candidate("elasticsearch", {{"url", listener.url("elasticsearch")}}, needs)),
        candidate("elasticsearch",
                  {{"url", listener.url("elasticsearchs")}, {"tls", "{verify: false}"}}, needs),
        connects(listener)};
}

// Without a user, because its password is not known here: the log-in is not tried.
void mail(const Listener& listener, std::string kind, bool secure, Proposal& to) {
    const std::string scheme = secure ? kind + "s" : kind;
    const std::vector<std::string> needs{
        "To try a log-in, a user of its own, and here:",
        "user: vitals, password: {file: /etc/vitals/secrets/mail}, timeout: 10s"};
    to.candidates = {candidate(
        kind, {{"url", listener.url(scheme)}, {"tls", "{verify: false}"}, {"interval", "1m"}},
        needs)};
    if (!secure)
        to.candidates.push_back(candidate(
            kind, {{"url", listener.url(scheme)}, {"starttls", "never"}, {"interval", "1m"}},
            needs));
    to.candidates.push_back(connects(listener));
}

void imap(const Listener& listener, const Machine&, Proposal& to) {
    mail(listener, "imap", listener.port == 993, to);
}

void pop3(const Listener& listener, const Machine&, Proposal& to) {
    mail(listener, "pop3", listener.port == 995, to);
}

// There a connection without a log-in counts as a failed one, and may lock out this host: if no
// log-in is possible, only its process is checked.
void mysql(const Listener& listener, const Machine& machine, Proposal& to) {
    constexpr std::uint16_t x_protocol = 33060;  // MySQL's other one
    if (listener.port == x_protocol) return;
    for (const Socket& socket : machine.sockets) {
        if (socket.protocol != unix_stream || !is_socket_of_mysql(socket.address)) continue;
        to.candidates.push_back(
            candidate("mysql", {{"url", yaml_text("unix:" + socket.address)}, {"user", "vitals"}},
                      {"A user without rights is enough; over the socket it needs no password:",
                       "    CREATE USER vitals@localhost IDENTIFIED VIA unix_socket;  -- MariaDB",
                       "    CREATE USER vitals@localhost IDENTIFIED WITH auth_socket;  -- MySQL"}));
        break;
    }
    to.candidates.push_back(candidate(
        "mysql", {{"url", yaml_text(fmt::format("mysql://vitals@{}/", listener.place()))}},
        {"A user without rights is enough, with a password of its own:",
         "    CREATE USER vitals@'127.0.0.1' IDENTIFIED BY '...';",
         "and here, e.g.: password: {file: /etc/vitals/secrets/mysql}"}));
    if (!listener.command.empty())
        to.candidates.push_back(candidate("process", {{"name", yaml_text(listener.command)}}));
}

void mosquitto(const Listener& listener, const Machine&, Proposal& to) {
    const std::vector<std::string> needs{
        "A user of its own, for topics of its own:",
        "    mosquitto_passwd /etc/mosquitto/passwords vitals",
        "    user vitals / topic readwrite vitals/#    (in acl_file)",
        "and here: user: vitals, password: {file: /etc/vitals/secrets/mqtt}, and /vitals in the "
        "URL"};
    to.candidates.push_back(with(IfNot::why_unless_another_protocol,
                                 candidate("mqtt", {{"url", listener.url("mqtt")}}, needs)));
    to.candidates.push_back(
        candidate("mqtt", {{"url", listener.url("mqtts")}, {"tls", "{verify: false}"}}));
    to.candidates.push_back(connects(listener));
}

void nats(const Listener& listener, const Machine&, Proposal& to) {
    to.candidates.push_back(
        candidate("nats", {{"url", listener.url("nats")}},
                  {"A user of its own, for subjects of its own:",
                   "    {user: vitals, password: ..., permissions: {publish: \"_INBOX.>\", "
                   "subscribe: \"_INBOX.>\"}}",
                   "and here: user: vitals, password: {file: /etc/vitals/secrets/nats}"}));
    if (listener.port == 4222)
        to.candidates.push_back(connects(listener));
    else
        to.guess = true;  // of its cluster, or its pages
}

void mongodb(const Listener& listener, const Machine&, Proposal& to) {
    to.candidates.push_back(
        candidate("mongodb", {{"url", listener.url("mongodb")}},
                  {"A user without roles is enough:",
                   "    db.getSiblingDB('admin').createUser({user: 'vitals', pwd: "
                   "passwordPrompt(), roles: []})",
                   "and here: user: vitals, password: {file: /etc/vitals/secrets/mongodb}"}));
    to.candidates.push_back(connects(listener));
}

void ldap(const Listener& listener, const Machine&, Proposal& to) {
    to.candidates.push_back(
        with(IfNot::why_unless_another_protocol,
             candidate("ldap", {{"url", listener.url("ldap")}},
                       {"With a user and an entry to look up, more is proven:",
                        "url: ldap://HOST/dc=example,dc=org, user: cn=vitals,dc=example,dc=org,",
                        "password: {file: /etc/vitals/secrets/ldap}, starttls: required"})));
    to.candidates.push_back(
        candidate("ldap", {{"url", listener.url("ldaps")}, {"tls", "{verify: false}"}}));
    to.candidates.push_back(connects(listener));
}

// The brokers of a cluster advertise their own addresses, and may require a log-in.
void kafka(const Listener& listener, const Machine&, Proposal& to) {
    const std::vector<std::string> needs{
        "A user who may describe the topics (and the group), where the cluster knows users:",
        "    kafka-acls.sh --add --allow-principal User:vitals --operation Describe --topic '*'",
        "and here: user: vitals, password: {file: /etc/vitals/secrets/kafka}, mechanism: ..."};
    to.candidates.push_back(with(IfNot::why_unless_another_protocol,
                                 candidate("kafka", {{"url", listener.url("kafka")}}, needs)));
    to.candidates.push_back(
        candidate("kafka", {{"url", listener.url("kafkas")}, {"tls", "{verify: false}"}}, needs));
    to.candidates.push_back(connects(listener));
}

// TLS from the first byte, in a protocol that no kind speaks.
void secure(const Listener& listener, const Machine&, Proposal& to) {
    to.candidates = {candidate("tls", {{"url", listener.url("tls")}, {"tls", "{verify: false}"}}),
                     connects(listener)};
}

}  // namespace

Candidate connects(const Listener& listener) {
    return candidate("tcp", {{"url", listener.url("tcp")}});
}

const std::vector<Service>& services_known() {
    static const std::vector<Service> known{
        {"postgres", {"postgres", "postmaster"}, {5432}, postgres},
        {"redis", {"redis-server", "valkey-server", "keydb-server"}, {6379}, redis},
        {"redis-sentinel", {"redis-sentinel"}, {26379}, redis},
        {"memcached", {"memcached"}, {11211}, memcached},
        {"rabbitmq", {"beam.smp"}, {5672}, rabbitmq},
        {"nginx", {"nginx", "openresty"}, {}, web},
        {"apache", {"apache2", "httpd"}, {}, web},
        {"haproxy", {"haproxy"}, {}, web},
        {"caddy", {"caddy"}, {}, web},
        {"lighttpd", {"lighttpd"}, {}, web},
        {"grafana", {"grafana", "grafana-server"}, {}, web},
        {"prometheus", {"prometheus"}, {}, web},
        {"mail", {"master", "exim4", "opensmtpd", "smtpd"}, {25, 587, 465}, smtp},
        {"vault", {"vault", "bao"}, {8200}, vault},
        {"clickhouse", {"clickhouse-serv", "clickhouse"}, {8123}, clickhouse},
        {"resolver",
         {"named", "unbound", "dnsmasq", "systemd-resolve", "pdns_recursor", "coredns", "knotd",
          "kresd"},
         {53},
         name_server},
        {"ssh", {"sshd"}, {22}, ssh},
        {"mysql", {"mysqld", "mariadbd"}, {3306}, mysql},
        {"imap", {}, {143}, imap},
        {"imaps", {}, {993}, imap},
        {"pop3", {}, {110}, pop3},
        {"pop3s", {}, {995}, pop3},
        {"etcd", {"etcd"}, {2379}, etcd},
        {"elasticsearch", {}, {9200}, elasticsearch},
        {"mosquitto", {"mosquitto"}, {1883, 8883}, mosquitto},
        {"nats", {"nats-server"}, {4222}, nats},
        {"mongodb", {"mongod", "mongos"}, {27017}, mongodb},
        {"kafka", {}, {9092}, kafka},
        {"ldap", {"slapd", "ns-slapd"}, {389}, ldap},
        {"ldaps", {}, {636}, secure},
        {"amqps", {}, {5671}, secure},
        {"web",
         {"node", "gunicorn", "uvicorn", "java", "dotnet", "ruby", "puma", "traefik", "envoy",
          "docker-proxy", "podman", "rootlessport"},
         {80, 443, 8080, 8443},
         web},
    };
    return known;
}

}  // namespace vitals::discover
