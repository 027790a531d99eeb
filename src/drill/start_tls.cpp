// How TLS begins when a client asks for it in the words of its protocol.
#include <algorithm>
#include <array>
#include <boost/asio/read_until.hpp>
#include <cctype>

#include "drill/tunnel.hpp"

namespace vitals::drill {
namespace {

namespace asio = boost::asio;

constexpr std::size_t longest_reply = 16 * 1024;
constexpr std::size_t longest_command = 4096;
// How long a backend may take for its messages before TLS.
constexpr std::chrono::seconds patience{10};

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
    std::uint32_t number = 0;
    for (std::size_t i = at; i < at + 4; ++i) {
        number = (number << 8U) | static_cast<unsigned char>(bytes[i]);
    }
    return number;
}

bool is_command(std::string_view line, std::string_view command) {
    const auto same = [](char a, char b) {
        return std::toupper(static_cast<unsigned char>(a)) == b;
    };
    return line.size() >= command.size() &&
           std::equal(command.begin(), command.end(), line.begin(),
                      [&same](char b, char a) { return same(a, b); });
}

// `250 the end` is a reply's last line, `250-more` is not.
bool is_last_line(std::string_view line) {
    return line.size() < 4 || line[3] != '-';
}

bool is_offer(std::string_view line) {
    return line.size() > 4 && is_command(line.substr(4), "STARTTLS");
}

}  // namespace

// A client begins with a request of eight bytes for TLS (or GSSAPI encryption, which is declined).
// Without it, the connection is forwarded in the clear. Source: PostgreSQL, "Message Formats",
// SSLRequest.
net::awaitable<bool> Tunnel::negotiate_postgres() {
    constexpr std::uint32_t tls_request = 80877103;
    constexpr std::uint32_t gss_request = 80877104;
    for (;;) {
        std::array<char, 8> head{};
        std::size_t size = 0;
        while (size < head.size()) {
            const auto room = std::span(head).subspan(size);
            const auto more = co_await client_.read(room);
            if (more == 0) co_return false;
            size += more;
        }
        const std::string_view read(head.data(), head.size());
        const auto code = number_at(read, 4);
        if (number_at(read, 0) != head.size() || (code != tls_request && code != gss_request)) {
            early_ = read;
            co_return true;
        }
        const std::string_view reply = code == tls_request ? "S" : "N";
        if (!co_await client_.write(reply)) co_return false;
        if (code == tls_request) co_return co_await negotiate();
    }
}

// The backend greets, the client says EHLO and is offered STARTTLS, whatever the backend offers.
// Either the client asks for it, and begins again after TLS. Or it does not: then everything
// continues in the clear. Source: RFC 3207.
net::awaitable<bool> Tunnel::negotiate_smtp() {
    const std::weak_ptr<Tunnel> self = weak_from_this();
    linger_.expires_after(patience);
    linger_.async_wait([self](const boost::system::error_code& error) {
        if (const auto tunnel = self.lock(); tunnel && !error) tunnel->drop();
    });
    if (!co_await connect()) co_return false;
    bool offered = false;
    for (;;) {
        if (!co_await pass_reply_on(offered)) co_return false;
        std::string line;
        while (line.find('\n') == std::string::npos) {
            std::array<char, 512> buffer{};
            const auto size = co_await client_.read(buffer);
            if (size == 0 || line.size() > longest_command) co_return false;
            line.append(buffer.data(), size);
        }
        if (offered && is_command(line, "STARTTLS")) {
            linger_.cancel();
            const std::string_view agreed = "220 go ahead\r\n";
            if (!co_await client_.write(agreed)) co_return false;
            co_return co_await negotiate();
        }
        if (!is_command(line, "EHLO")) {
            linger_.cancel();
            early_ = std::move(line);
            co_return true;
        }
        offered = true;
        const auto bytes = asio::buffer(line);
        const auto [error, size] = co_await asio::async_write(server_, bytes, tuple);
        if (error) co_return false;
    }
}

// The backend's greeting demands TLS; a client that reads it begins again after TLS. Source: NATS,
// "Client protocol", INFO.
net::awaitable<bool> Tunnel::negotiate_nats() {
    const std::weak_ptr<Tunnel> self = weak_from_this();
    linger_.expires_after(patience);
    linger_.async_wait([self](const boost::system::error_code& error) {
        if (const auto tunnel = self.lock(); tunnel && !error) tunnel->drop();
    });
    if (!co_await connect()) co_return false;
    std::string greeting;
    auto into = asio::dynamic_buffer(greeting, longest_reply);
    const auto [error, size] = co_await asio::async_read_until(server_, into, '\n', tuple);
    linger_.cancel();
    const std::size_t object = greeting.find('{');
    if (error || size != greeting.size() || object == std::string::npos) co_return false;
    greeting.insert(object + 1, "\"tls_required\":true,");
    if (!co_await client_.write(greeting)) co_return false;
    co_return co_await negotiate();
}

// The backend's next reply; with the offer after its first line, unless it has one.
net::awaitable<bool> Tunnel::pass_reply_on(bool with_offer) {
    std::string read;
    std::string reply;
    std::size_t first = 0;
    for (bool more = true; more && reply.size() < longest_reply;) {
        auto into = asio::dynamic_buffer(read, longest_reply);
        const auto [error, size] = co_await asio::async_read_until(server_, into, '\n', tuple);
        if (error) co_return false;
        const auto line = read.substr(0, size);
        read.erase(0, size);
        more = !is_last_line(line);
        with_offer = with_offer && !is_offer(line);
        if (first == 0) first = size;
        reply += line;
    }
    if (with_offer && reply.starts_with("250")) {
        reply.insert(first, reply[3] == '-' ? "250-STARTTLS\r\n" : "250 STARTTLS\r\n");
        reply[3] = '-';
    }
    co_return co_await client_.write(reply);
}

}  // namespace vitals::drill
