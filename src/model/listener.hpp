// An address on which the program answers, as the configuration or a host asks for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vitals {

// The protocol on a listener's connections. A protocol other than HTTP belongs to one dialect,
// whose endpoint has the listener for itself.
enum class Protocol : std::uint8_t { http, agent, grpc };

constexpr bool may_speak_tls(Protocol protocol) noexcept {
    return protocol != Protocol::agent;
}

struct Listener {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8080;  // 0: any free port
    std::string unix_path;  // not empty: a unix socket; a stale file of a dead process is replaced
    struct Tls {
        std::string certificate, key, client_ca;  // PEM files; re-read when they change
    };
    std::optional<Tls> tls;
    // Each connection begins with the client's address, from a proxy. These are the addresses or
    // blocks (`10.0.0.0/8`) of the trusted proxies; other addresses are refused.
    struct ProxyProtocol {
        std::vector<std::string> trusted;
    };
    std::optional<ProxyProtocol> proxy_protocol;
    bool http2 = false;    // beside HTTP/1: with prior knowledge, or agreed on in TLS (ALPN)
    bool control = false;  // serves /v1/* without a token
    std::string text;      // as written: how endpoints name it
    Protocol protocol = Protocol::http;
};

}  // namespace vitals
