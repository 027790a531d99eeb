// The client's side of one connection: a socket, in the clear or behind TLS. Inside drill only.
#pragma once

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "net/awaitable.hpp"

namespace vitals::drill {

using Socket = boost::asio::generic::stream_protocol::socket;

inline constexpr auto tuple = boost::asio::as_tuple(boost::asio::use_awaitable);

// Closing sends a reset instead of an end.
inline void reset(Socket& socket) {
    boost::system::error_code ignored;
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    if (socket.is_open()) {
        ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    socket.close(ignored);
}

class Client {
  public:
    explicit Client(Socket socket) : socket_(std::move(socket)) {}

    net::awaitable<bool> shake_hands(boost::asio::ssl::context& context) {
        tls_.emplace(socket_, context);
        const auto side = boost::asio::ssl::stream_base::server;
        const auto [error] = co_await tls_->async_handshake(side, tuple);
        co_return !error;
    }

    // At least one byte; 0 at the end of the stream or when it broke.
    net::awaitable<std::size_t> read(std::span<char> bytes) {
        const auto into = boost::asio::buffer(bytes.data(), bytes.size());
        if (tls_) {
            const auto [error, size] = co_await tls_->async_read_some(into, tuple);
            co_return error ? 0 : size;
        }
        const auto [error, size] = co_await socket_.async_read_some(into, tuple);
        co_return error ? 0 : size;
    }

    // All of them, or false.
    net::awaitable<bool> write(std::string_view bytes) {
        const auto from = boost::asio::buffer(bytes.data(), bytes.size());
        if (tls_) {
            const auto [error, size] = co_await boost::asio::async_write(*tls_, from, tuple);
            co_return !error;
        }
        const auto [error, size] = co_await boost::asio::async_write(socket_, from, tuple);
        co_return !error;
    }

    // Nothing more is sent.
    void end() {
        boost::system::error_code ignored;
        socket_.shutdown(Socket::shutdown_send, ignored);
    }

    Socket& socket() { return socket_; }

  private:
    Socket socket_;
    std::optional<boost::asio::ssl::stream<Socket&>> tls_;
};

}  // namespace vitals::drill
