// The section `listeners`.
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include <fmt/format.h>

#include "config/address.hpp"
#include "config/draft.hpp"
#include "config/secret_forms.hpp"
#include "config/sections.hpp"
#include "text/words.hpp"

namespace vitals::config {

namespace {

// A certificate is public: it only has to be readable.
void check_readable(const std::string& path, Position position, Reading& reading) {
    if (!reading.read_secrets || path.empty() || ::access(path.c_str(), R_OK) == 0) return;
    reading.problem(position,
                    fmt::format("{} cannot be read: {}", path,
                                std::error_code(errno, std::generic_category()).message()));
}

void check_proxies(const Node& node, const Listener& listener,
                   const Listener::ProxyProtocol& proxies, Reading& reading) {
    const Position position = node.find("proxy_protocol")->position;
    if (listener.unix_path.empty() && proxies.trusted.empty())
        reading.problem(position,
                        "proxy_protocol has no 'trusted', the addresses of the proxies, such as "
                        "[10.0.0.0/8]");
    if (listener.control)
        reading.problem(
            position,
            fmt::format("a listener with proxy_protocol cannot have 'control': anyone who reaches "
                        "the proxy of {} would control vitals without a token",
                        text::in_quotes(listener.text)));
}

void read_listener(const Node& node, Draft& draft) {
    Reading& reading = draft.reading;
    ListenerKeys keys;
    const Subject subject{.noun = "a listener", .name = "a listener"};
    const Part part{section("listeners").description.fields, ObjectRef(keys)};
    const bool good = apply(node, node.position, std::span(&part, 1), subject, reading);
    const Node* address = node.find("address");
    if (address == nullptr || address->broken || keys.address.empty()) {
        draft.lost.emplace("listeners");
        return;
    }
    ListenerConfig listener;
    if (std::string problem = parse_address(keys.address, listener); !problem.empty()) {
        reading.problem(address->position, std::move(problem));
        draft.config.listeners.push_back(std::move(listener));  // endpoints may name its text
        draft.config.listeners.back().port = 0;
        return;
    }
    listener.position = address->position;
    listener.tls = keys.tls;
    listener.http2 = keys.http2;
    listener.control = keys.control;
    for (const ListenerConfig& other : draft.config.listeners)
        if (same_address(listener, other)) {
            reading.problem(address->position,
                            fmt::format("{} collides with the listener {} on line {}",
                                        text::in_quotes(listener.text), text::in_quotes(other.text),
                                        other.position.line));
            break;
        }
    if (good && listener.tls) check_listener_files(*node.find("tls"), *listener.tls, reading);
    if (good && keys.proxy_protocol) check_proxies(node, listener, *keys.proxy_protocol, reading);
    listener.proxy_protocol = std::move(keys.proxy_protocol);
    if (listener.http2 && listener.proxy_protocol)
        reading.problem(node.find("http2")->position,
                        "a listener with proxy_protocol speaks HTTP/1 alone; leave out 'http2'");
    const bool guarded = listener.tls && !listener.tls->client_ca.empty();
    if (listener.control && !is_local(listener) && !guarded)
        reading.warning(address->position,
                        fmt::format("anyone who can reach {} controls vitals without a token; use "
                                    "a unix socket, a loopback address or tls with client_ca",
                                    text::in_quotes(listener.text)));
    draft.config.listeners.push_back(std::move(listener));
}

}  // namespace

void check_listener_files(const Node& node, const Listener::Tls& tls, Reading& reading) {
    const auto position = [&node](std::string_view key) {
        const Node* at = node.find(key);
        return at == nullptr ? node.position : at->position;
    };
    check_readable(tls.certificate, position("certificate"), reading);
    check_readable(tls.client_ca, position("client_ca"), reading);
    check_private_file(tls.key, position("key"), reading);
}

void read_listeners(const Node& node, Draft& draft) {
    for (const Node& item : node.items) read_listener(item, draft);
}

}  // namespace vitals::config
