// What the discoveries make of a machine, given as values.
#include <gtest/gtest.h>

#include <algorithm>

#include "discover/discovery.hpp"
#include "discover/written.hpp"

namespace vitals::discover {
namespace {

using namespace std::chrono_literals;
using enum Socket::Protocol;

const System now = System(std::chrono::seconds(1'800'000'000));

std::vector<Proposal> found_on(const Machine& machine) {
    std::vector<Proposal> all;
    for (const Discovery* discovery : discoveries())
        std::ranges::move(discovery->find(machine), std::back_inserter(all));
    return all;
}

// The best way to watch the component of that name, as it is written; empty when there is none.
std::string best(const Machine& machine, const std::string& name) {
    for (const Proposal& proposal : found_on(machine))
        if (proposal.name == name) return yaml_of(proposal.candidates.front(), proposal.critical);
    return {};
}

Machine listening_at(std::uint16_t port, const std::string& command,
                     const std::string& address = "127.0.0.1") {
    Machine machine;
    machine.sockets.push_back({.address = address, .port = port, .command = command});
    return machine;
}

TEST(Clock, is_watched_where_something_keeps_it_right) {
    Machine machine;
    EXPECT_EQ(best(machine, "clock"), "");
    machine.processes.push_back({.pid = 7, .command = "chronyd", .unit = {}});
    EXPECT_EQ(best(machine, "clock"), "{check: ntp, part: kernel, interval: 1m, critical: false}");
}

TEST(Containers, are_asked_for_by_name) {
    Machine machine;
    machine.containers.push_back({.engine = "/run/docker.sock", .name = "shop_1"});
    EXPECT_EQ(best(machine, "containers/shop_1"),
              "{check: container, url: \"unix:/run/docker.sock\", name: shop_1, critical: false}");
}

TEST(Services, are_asked_in_their_own_protocol) {
    EXPECT_EQ(best(listening_at(21000, "redis-server"), "redis"),
              "{check: redis, url: \"redis://127.0.0.1:21000\"}");
    EXPECT_EQ(best(listening_at(5672, "beam.smp"), "rabbitmq"),
              "{check: amqp, url: \"amqp://127.0.0.1:5672\"}");
    EXPECT_EQ(best(listening_at(11211, "memcached", "0.0.0.0"), "memcached"),
              "{check: memcached, url: \"memcached://127.0.0.1:11211\"}");
    EXPECT_EQ(best(listening_at(80, "nginx", "::"), "nginx"),
              "{check: http, url: \"http://[::1]:80/\"}");
    EXPECT_EQ(best(listening_at(8200, "vault", "10.1.2.3"), "vault"),
              "{check: vault, url: \"http://10.1.2.3:8200\"}");
    EXPECT_EQ(best(listening_at(53, "unbound"), "resolver"),
              "{check: dns, name: \".\", type: NS, server: \"127.0.0.1:53\"}");
    EXPECT_EQ(best(listening_at(22, "sshd", "0.0.0.0"), "ssh"),
              "{check: ssh, url: \"ssh://127.0.0.1:22\", interval: 1m}");
    EXPECT_EQ(best(listening_at(2379, "etcd"), "etcd"),
              "{check: etcd, url: \"etcd://127.0.0.1:2379\"}");
    EXPECT_EQ(best(listening_at(9200, "java"), "elasticsearch"),
              "{check: elasticsearch, url: \"elasticsearch://127.0.0.1:9200\"}");
    EXPECT_EQ(best(listening_at(993, "dovecot"), "imaps"),
              "{check: imap, url: \"imaps://127.0.0.1:993\", tls: {verify: false}, interval: 1m}");
    EXPECT_EQ(best(listening_at(9000, "shop"), "shop"),
              "{check: tcp, url: \"tcp://127.0.0.1:9000\"}");
}

TEST(Services, of_messages_and_directories_are_asked_too) {
    EXPECT_EQ(best(listening_at(1883, "mosquitto"), "mosquitto"),
              "{check: mqtt, url: \"mqtt://127.0.0.1:1883\"}");
    EXPECT_EQ(best(listening_at(4222, ""), "nats"),
              "{check: nats, url: \"nats://127.0.0.1:4222\"}");
    EXPECT_EQ(best(listening_at(9092, "java"), "kafka"),
              "{check: kafka, url: \"kafka://127.0.0.1:9092\"}");
    EXPECT_EQ(best(listening_at(27017, "mongod"), "mongodb"),
              "{check: mongodb, url: \"mongodb://127.0.0.1:27017\"}");
    EXPECT_EQ(best(listening_at(389, "slapd", "0.0.0.0"), "ldap"),
              "{check: ldap, url: \"ldap://127.0.0.1:389\"}");
}

TEST(Services, are_known_by_their_ports_where_the_owner_is_not) {
    EXPECT_EQ(best(listening_at(6379, ""), "redis"),
              "{check: redis, url: \"redis://127.0.0.1:6379\"}");
    EXPECT_EQ(best(listening_at(22, "systemd"), "ssh").substr(0, 11), "{check: ssh");
    EXPECT_EQ(best(listening_at(6379, "shop"), "shop").substr(0, 11), "{check: tcp");
}

TEST(Services, over_a_socket_need_no_password) {
    Machine machine = listening_at(5432, "postgres");
    machine.user = "root";
    machine.sockets.push_back(
        {.protocol = unix_stream, .address = "/var/run/postgresql/.s.PGSQL.5432"});
    EXPECT_EQ(
        best(machine, "postgres"),
        "{check: postgres, url: \"postgresql://vitals@%2Fvar%2Frun%2Fpostgresql:5432/postgres\"}");
}

TEST(Services, of_mysql_are_logged_in_to_or_their_process_is_looked_at) {
    Machine machine = listening_at(3306, "mariadbd");
    EXPECT_EQ(best(machine, "mysql"), "{check: mysql, url: \"mysql://vitals@127.0.0.1:3306/\"}");
    // A connection without a log-in counts there as a failed one.
    for (const Proposal& proposal : found_on(machine))
        if (proposal.name == "mysql") EXPECT_EQ(proposal.candidates.back().kind, "process");
    machine.sockets.push_back(
        {.protocol = unix_stream, .address = "/run/mysqld/mysqld.sock", .command = "mariadbd"});
    EXPECT_EQ(best(machine, "mysql"),
              "{check: mysql, url: \"unix:/run/mysqld/mysqld.sock\", user: vitals}");
}

TEST(Services, stand_once_and_by_the_nearest_address) {
    Machine machine = listening_at(80, "nginx", "0.0.0.0");
    machine.sockets.push_back({.address = "::", .port = 80, .command = "nginx"});
    machine.sockets.push_back({.address = "127.0.0.1", .port = 8000, .command = "nginx"});
    EXPECT_EQ(best(machine, "nginx"), "{check: http, url: \"http://127.0.0.1:80/\"}");
    EXPECT_EQ(best(machine, "nginx-8000"), "{check: http, url: \"http://127.0.0.1:8000/\"}");
}

TEST(Services, are_left_out_when_no_kind_checks_them) {
    for (const char* command : {"vitals", "epmd", "rpcbind", "cupsd"})
        EXPECT_EQ(best(listening_at(20001, command), command), "") << command;
    EXPECT_EQ(best(listening_at(40000, "shop"), "shop"), "") << "another port after each start";
    EXPECT_EQ(best(listening_at(33060, "mysqld"), "mysql-33060"), "") << "another protocol";
}

TEST(Mounts, are_proposed_when_they_can_fill_up) {
    Machine machine;
    machine.mounts = {
        {"/", "ext4", "254:1", "/", false},
        {"/proc", "proc", "0:5", "/", false},
        {"/var/lib/data", "xfs", "254:2", "/", false},
        {"/srv/again", "xfs", "254:2", "/", false},          // the same disk
        {"/etc/hosts", "ext4", "254:3", "/x/hosts", false},  // a file of a host
        {"/snap/core/1", "squashfs", "7:1", "/", true},
        {"/media/cd", "ext4", "11:0", "/", true},
        {"/run/user/0", "tmpfs", "0:50", "/", false},
        {"/var/lib/docker/overlay2/a/merged", "overlay", "0:60", "/", false},
        {"/boot/efi", "vfat", "254:15", "/", false},
        {"/mnt/share", "nfs4", "0:70", "/", false},
    };
    EXPECT_EQ(best(machine, "disks/root"), "{check: disk, path: /}");
    EXPECT_EQ(best(machine, "disks/srv-again"), "{check: disk, path: /srv/again, mount: true}");
    EXPECT_EQ(best(machine, "disks/mnt-share"), "{check: disk, path: /mnt/share, mount: true}");
    const auto all = found_on(machine);
    EXPECT_EQ(std::ranges::count_if(
                  all, [](const Proposal& each) { return each.name.starts_with("disks/"); }),
              3);
}

TEST(Units, are_proposed_once) {
    Machine machine = listening_at(80, "nginx");
    machine.sockets[0].unit = "nginx.service";
    machine.has_systemd = true;
    machine.units = {{"nginx.service", "active", "running"},
                     {"shop.service", "active", "running"},
                     {"systemd-journald.service", "active", "running"},
                     {"getty@tty1.service", "active", "running"},
                     {"once.service", "active", "exited"},
                     {"shop.socket", "active", "listening"}};
    machine.timers = {{"backup.timer", now - 5h, now + 19h}, {"new.timer", std::nullopt, now + 1h}};
    EXPECT_EQ(best(machine, "units/failed"),
              "{check: systemd, units: [\"*\"], interval: 1m, critical: false}");
    EXPECT_EQ(best(machine, "units/shop"), "{check: systemd, unit: shop.service}");
    for (const char* name :
         {"units/nginx", "units/systemd-journald", "units/getty@tty1", "units/once"})
        EXPECT_EQ(best(machine, name), "") << name;
    EXPECT_EQ(
        best(machine, "timers/backup"),
        "{check: systemd, unit: backup.timer, ran_within: 48h, interval: 1m, critical: false}");
    EXPECT_EQ(best(machine, "timers/new"),
              "{check: systemd, unit: new.timer, interval: 1m, critical: false}");
}

TEST(Certificates, are_named_after_their_folders) {
    Machine machine;
    machine.certificates = {"/etc/letsencrypt/live", "/etc/ssl/shop.pem",
                            "/etc/ssl/api/fullchain.pem"};
    EXPECT_EQ(best(machine, "certificates/letsencrypt"),
              "{check: certificate, path: /etc/letsencrypt/live, interval: 10m, critical: false}");
    EXPECT_NE(best(machine, "certificates/shop"), "");
    EXPECT_NE(best(machine, "certificates/api"), "");
}

TEST(Backups, are_proposed_by_their_rhythm) {
    Machine machine;
    machine.backups = {{"/var/backups/db", {now - 2h, now - 26h, now - 50h}},
                       {"/var/backups/once", {now - 2h}},
                       {"/var/backups/seldom", {now, now - 24h * 100, now - 24h * 400}}};
    EXPECT_EQ(best(machine, "backups/db"),
              "{check: backup, path: /var/backups/db, degraded_after: 37h, failed_after: 72h, "
              "smaller_than: 0%, interval: 10m, critical: false}");
    EXPECT_EQ(best(machine, "backups/once"), "");
    EXPECT_EQ(best(machine, "backups/seldom"), "");
}

// ---- what is written
// -----------------------------------------------------------------------------

Tried tried(std::vector<std::string> reasons) {
    Tried made;
    made.proposal.name = "redis";
    made.proposal.found = "redis-server listens on 127.0.0.1:6379";
    made.proposal.candidates = {
        {.kind = "redis", .options = {{"url", "\"redis://127.0.0.1\""}}, .needs = {"ACL SETUSER"}},
        {.kind = "tcp", .options = {{"url", "\"tcp://127.0.0.1:6379\""}}}};
    made.proposal.candidates.resize(reasons.size());
    for (std::string& reason : reasons) made.trials.push_back({std::move(reason), false});
    return made;
}

TEST(File, says_what_did_not_pass) {
    EXPECT_EQ(lines_of({{"What listens", {tried({"", "x"})}}, {"Empty", {}}}),
              "\n  # ---- What listens ----\n"
              "  # redis-server listens on 127.0.0.1:6379\n"
              "  redis: {check: redis, url: \"redis://127.0.0.1\"}\n");
    EXPECT_EQ(lines_of({{"What listens", {tried({"password required\nx", ""})}}}),
              "\n  # ---- What listens ----\n"
              "  # redis-server listens on 127.0.0.1:6379\n"
              "  # Did not pass: password required x\n"
              "  # ACL SETUSER\n"
              "  # redis: {check: redis, url: \"redis://127.0.0.1\"}\n"
              "  redis: {check: tcp, url: \"tcp://127.0.0.1:6379\"}\n");
}

TEST(File, says_nothing_of_another_protocol) {
    Tried other = tried({"no answer", ""});
    other.trials[0].another_protocol = true;
    EXPECT_EQ(other.worth_a_comment(), 0u) << "unless that was only a guess";
    other.proposal.candidates[0].if_not = IfNot::why_unless_another_protocol;
    EXPECT_EQ(other.worth_a_comment(), 2u);
    other.trials[0].another_protocol = false;
    EXPECT_EQ(other.worth_a_comment(), 0u);
    other.proposal.candidates[0].if_not = IfNot::nothing;
    EXPECT_EQ(other.worth_a_comment(), 2u);
    other.trials[1].reason = "does not pass either";
    EXPECT_EQ(other.worth_a_comment(), 0u);
}

TEST(File, gets_new_lines_and_keeps_the_others) {
    const std::string added = "\n  # ---- New ----\n  b: {check: load}\n";
    EXPECT_EQ(with_added("", added).value(), "\ncomponents:" + added);
    EXPECT_EQ(with_added("components:\n  a: {check: memory}\n", added).value(),
              "components:\n  a: {check: memory}\n" + added);
    EXPECT_EQ(
        with_added("components:\n    a:\n      check: memory\n\n# of tokens\ntokens: {}\n", added)
            .value(),
        "components:\n    a:\n      check: memory\n\n    # ---- New ----\n    b: {check: load}\n\n"
        "# of tokens\ntokens: {}\n");
    EXPECT_EQ(with_added("service: {name: x}", added).value(),
              "service: {name: x}\n\ncomponents:" + added);
    EXPECT_FALSE(with_added("components: {a: {check: memory}}\n", added));
}

TEST(Yaml, quotes_what_would_be_read_otherwise) {
    EXPECT_EQ(yaml_text("/var/lib"), "/var/lib");
    EXPECT_EQ(yaml_text("yes"), "\"yes\"");
    EXPECT_EQ(yaml_text("12"), "\"12\"");
    EXPECT_EQ(yaml_text("a b"), "\"a b\"");
    EXPECT_EQ(yaml_text("a\\x2d\"b"), "\"a\\\\x2d\\\"b\"");
}

}  // namespace
}  // namespace vitals::discover
