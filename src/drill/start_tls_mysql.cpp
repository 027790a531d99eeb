// How TLS begins in MySQL's protocol: the server greets, the client asks for TLS with the begin of
// its log-in, and sends the whole log-in after the handshake. Packets are numbered across all of
// that, so each packet of the log-in has another number for a backend without TLS.
// https://mariadb.com/kb/en/connection/
#include <algorithm>
#include <array>
#include <boost/asio/read.hpp>
#include <span>
#include <string>
#include <string_view>

#include "drill/tunnel.hpp"

namespace vitals::drill {
namespace {

namespace asio = boost::asio;

constexpr std::size_t header_size = 4;
constexpr std::size_t longest_packet = 64 * 1024;
constexpr std::size_t tls_request_size = 32;
// How long a backend may take for its messages before TLS.
constexpr std::chrono::seconds patience{10};
constexpr unsigned tls_in_second_byte = 0x08;  // the capability 0x800

std::size_t size_of(std::string_view header) {
    const auto byte = [&](std::size_t at) {
        return static_cast<std::size_t>(static_cast<unsigned char>(header[at]));
    };
    return byte(0) | byte(1) << 8U | byte(2) << 16U;
}

void set_tls(char& byte, bool offered) {
    const auto before = static_cast<unsigned char>(byte);
    byte = static_cast<char>(offered ? before | tls_in_second_byte : before & ~tls_in_second_byte);
}

// A greeting that offers TLS; anything else stays as it is.
void offer_tls(std::string& packet) {
    const std::size_t end_of_version = packet.find('\0', header_size);
    // After the version: number of the connection, salt, NUL, capabilities.
    const std::size_t capabilities = end_of_version + 1 + 4 + 8 + 1;
    const bool greets = packet[header_size] == '\x0a' && end_of_version != std::string::npos &&
                        capabilities + 1 < packet.size();
    if (greets) set_tls(packet[capabilities + 1], true);
}

bool ends_log_in(std::string_view packet) {
    return packet[header_size] == '\0' || packet[header_size] == '\xff';
}

// The server sends more without a request: caching_sha2_password, whose proof was enough.
bool goes_on(std::string_view packet) {
    return packet.substr(header_size) == std::string_view("\x01\x03", 2);
}

}  // namespace

net::awaitable<std::string> Tunnel::packet_of_server() {
    std::string packet(header_size, '\0');
    const auto header = asio::buffer(packet);
    const auto [error, size] = co_await asio::async_read(server_, header, tuple);
    const std::size_t more = error ? 0 : size_of(packet);
    if (more == 0 || more > longest_packet) co_return std::string();
    packet.resize(header_size + more);
    const auto rest = asio::buffer(packet.data() + header_size, more);
    const auto [broken, count] = co_await asio::async_read(server_, rest, tuple);
    co_return broken ? std::string() : packet;
}

net::awaitable<std::string> Tunnel::packet_of_client() {
    std::string packet;
    std::size_t wanted = header_size;
    while (packet.size() < wanted) {
        std::array<char, 1024> buffer{};
        const auto room = std::span(buffer).first(std::min(buffer.size(), wanted - packet.size()));
        const auto size = co_await client_.read(room);
        if (size == 0) co_return std::string();
        packet.append(buffer.data(), size);
        if (packet.size() == header_size) wanted += size_of(packet);
        if (wanted > longest_packet) co_return std::string();
    }
    co_return packet;
}

net::awaitable<bool> Tunnel::negotiate_mysql() {
    const std::weak_ptr<Tunnel> self = weak_from_this();
    linger_.expires_after(patience);
    linger_.async_wait([self](const boost::system::error_code& error) {
        if (const auto tunnel = self.lock(); tunnel && !error) tunnel->drop();
    });
    if (!co_await connect()) co_return false;
    std::string greeting = co_await packet_of_server();
    if (greeting.empty()) co_return false;
    offer_tls(greeting);
    if (!co_await client_.write(greeting)) co_return false;
    std::string first = co_await packet_of_client();
    if (first.empty()) co_return false;
    linger_.cancel();
    if (first.size() != header_size + tls_request_size) {
        early_ = std::move(first);
        co_return true;
    }
    if (!co_await negotiate()) co_return false;
    const bool in = co_await pass_log_in_on();
    co_return in;
}

// After the handshake, until the backend says yes or no.
net::awaitable<bool> Tunnel::pass_log_in_on() {
    for (bool first = true;; first = false) {
        std::string asked = co_await packet_of_client();
        if (asked.empty()) co_return false;
        --asked[3];
        if (first && asked.size() > header_size + 1) set_tls(asked[header_size + 1], false);
        const auto bytes = asio::buffer(asked);
        const auto [error, size] = co_await asio::async_write(server_, bytes, tuple);
        if (error) co_return false;
        for (bool more = true; more;) {
            std::string answer = co_await packet_of_server();
            if (answer.empty()) co_return false;
            ++answer[3];
            if (!co_await client_.write(answer)) co_return false;
            if (ends_log_in(answer)) co_return true;
            more = goes_on(answer);
        }
    }
}

}  // namespace vitals::drill
