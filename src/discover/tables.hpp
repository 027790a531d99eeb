// Parses files of Linux and of servers: tables of /proc, lines of configurations. Texts in, values
// out. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "discover/machine.hpp"

namespace vitals::discover {

// /proc/net/tcp and tcp6: the sockets that listen. /proc/net/udp and udp6: those that are bound and
// not connected.
std::vector<Socket> listening(std::string_view table, Socket::Protocol protocol);
// /proc/net/unix: streams that listen at a path.
std::vector<Socket> listening_unix(std::string_view table);
// /proc/PID/mountinfo.
std::vector<Mount> mounts_of(std::string_view mountinfo);
// /proc/PID/cgroup: the unit of the system that the process belongs to, or empty.
std::string unit_of_cgroup(std::string_view text);
// The paths after a word at the begin of a line, such as nginx's `ssl_certificate PATH;`, Apache's
// `SSLCertificateFile PATH`, Postfix's `smtpd_tls_cert_file = PATH`.
std::vector<std::string> paths_behind(std::string_view configuration, std::string_view word);
// HAProxy's `bind ... crt PATH ...`.
std::vector<std::string> haproxy_certificates(std::string_view configuration);
// `nameserver ADDRESS` of resolv.conf.
std::vector<std::string> name_servers_of(std::string_view resolv_conf);

}  // namespace vitals::discover
