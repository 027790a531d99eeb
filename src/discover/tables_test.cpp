#include "discover/tables.hpp"

#include <gtest/gtest.h>

namespace vitals::discover {
namespace {

using enum Socket::Protocol;

TEST(SocketTable, contains_sockets_that_listen) {
    const auto found = listening(
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
        "   0: 0100007F:18EB 00000000:0000 0A 00000000:00000000 00:00000000 00000000   107        "
        "0 "
        "25716 1 0000000000000000 100 0 0 10 0\n"
        "   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        "
        "0 "
        "300 1 0000000000000000 100 0 0 10 0\n"
        "   2: 0100007F:A1B2 0100007F:18EB 01 00000000:00000000 00:00000000 00000000     0        "
        "0 "
        "301 1 0000000000000000 20 4 30 10 -1\n"
        "nonsense\n",
        tcp);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0], (Socket{.address = "127.0.0.1", .port = 6379, .inode = 25716}));
    EXPECT_EQ(found[1], (Socket{.address = "0.0.0.0", .port = 80, .inode = 300}));
}

TEST(SocketTable, contains_ipv6_and_datagrams) {
    const std::string rest =
        " 00000000:00000000 00:00000000 00000000     0        0 7 1 0000000000000000 100 0 0 10 "
        "0\n";
    const std::string none = " 00000000000000000000000000000000:0000 0A";
    EXPECT_EQ(listening("0: 00000000000000000000000001000000:0050" + none + rest, tcp)[0].address,
              "::1");
    EXPECT_EQ(listening("0: 00000000000000000000000000000000:0050" + none + rest, tcp)[0].address,
              "::");
    EXPECT_EQ(listening("0: 0000000000000000FFFF00000100007F:0050" + none + rest, tcp)[0].address,
              "127.0.0.1");
    const auto names = listening("0: 3500007F:0035 00000000:0000 07" + rest, udp);
    ASSERT_EQ(names.size(), 1u);
    EXPECT_EQ(names[0].address, "127.0.0.53");
    EXPECT_EQ(names[0].port, 53);
}

TEST(SocketTable, contains_paths) {
    const auto found = listening_unix(
        "Num       RefCount Protocol Flags    Type St Inode Path\n"
        "ffff8881: 00000002 00000000 00010000 0001 01 17364 /run/postgresql/.s.PGSQL.5432\n"
        "ffff8882: 00000003 00000000 00000000 0001 03 17365 /run/postgresql/.s.PGSQL.5432\n"
        "ffff8883: 00000002 00000000 00010000 0001 01 17366 @abstract\n"
        "ffff8884: 00000002 00000000 00010000 0001 01 17367 /run/with blank\n");
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].address, "/run/postgresql/.s.PGSQL.5432");
    EXPECT_EQ(found[0].inode, 17364u);
    EXPECT_EQ(found[1].address, "/run/with blank");
}

TEST(MountTable, is_read) {
    const auto found = mounts_of(
        "22 27 0:20 / /sys rw,nosuid shared:7 - sysfs sysfs rw\n"
        "27 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,discard\n"
        "28 27 254:2 /sub /srv/a\\040b ro,relatime - btrfs /dev/vda2 rw\n"
        "29 27 7:1 / /snap/core/1 ro - squashfs /dev/loop1 ro\n"
        "broken\n");
    ASSERT_EQ(found.size(), 4u);
    EXPECT_EQ(
        found[1],
        (Mount{.point = "/", .type = "ext4", .device = "254:1", .root = "/", .read_only = false}));
    EXPECT_EQ(found[2].point, "/srv/a b");
    EXPECT_EQ(found[2].root, "/sub");
    EXPECT_TRUE(found[2].read_only);
    EXPECT_TRUE(found[3].read_only);
}

TEST(Cgroup, names_its_unit) {
    EXPECT_EQ(unit_of_cgroup("0::/system.slice/nginx.service\n"), "nginx.service");
    EXPECT_EQ(
        unit_of_cgroup("0::/system.slice/system-postgresql.slice/postgresql@15-main.service\n"),
        "postgresql@15-main.service");
    EXPECT_EQ(unit_of_cgroup("12:cpu:/\n1:name=systemd:/system.slice/cron.service/sub\n"),
              "cron.service");
    EXPECT_EQ(
        unit_of_cgroup("0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.service\n"),
        "");
    EXPECT_EQ(unit_of_cgroup("0::/\n"), "");
}

TEST(Configurations, name_their_certificates) {
    using Paths = std::vector<std::string>;
    EXPECT_EQ(
        paths_behind("server {\n  ssl_certificate /etc/ssl/a.pem;\n"
                     "  ssl_certificate_key /etc/ssl/a.key;\n  # ssl_certificate /etc/ssl/b.pem;\n"
                     "  ssl_certificate \"/etc/ssl/c.pem\";\n  ssl_certificate $name;\n}\n",
                     "ssl_certificate"),
        (Paths{"/etc/ssl/a.pem", "/etc/ssl/c.pem"}));
    EXPECT_EQ(paths_behind("smtpd_tls_cert_file=/etc/ssl/d.pem\n", "smtpd_tls_cert_file"),
              Paths{"/etc/ssl/d.pem"});
    EXPECT_EQ(paths_behind("ssl_cert = </etc/dovecot/e.pem\n", "ssl_cert"),
              Paths{"/etc/dovecot/e.pem"});
    EXPECT_EQ(haproxy_certificates("frontend a\n  bind :443 ssl crt /etc/haproxy/f.pem alpn h2\n"),
              Paths{"/etc/haproxy/f.pem"});
    EXPECT_EQ(name_servers_of("search x\nnameserver 127.0.0.53\noptions a\n"), Paths{"127.0.0.53"});
}

}  // namespace
}  // namespace vitals::discover
