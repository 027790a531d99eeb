// TLS for listeners: contexts that follow their files, and a session on a non-blocking socket.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "model/listener.hpp"

namespace vitals::server {

// The protocol that a listener agrees to when a client offers several (ALPN, RFC 7301): none in any
// case; HTTP/2 before HTTP/1; or only HTTP/2, so that an offer without it ends the handshake.
enum class Offers : std::uint8_t { none, http2_and_1, http2 };

// A listener's certificate, key and client authorities. Thread-safe.
class TlsContext {
  public:
    // Throws std::runtime_error that says which file is wrong and how.
    explicit TlsContext(const Listener::Tls& files, Offers offers = Offers::none);

    std::shared_ptr<SSL_CTX> current() const;
    // Reads the files again if one of them has changed. Unusable files change nothing: the last
    // good ones stay. Returns a line for the log, or nothing if no file has changed.
    struct Change {
        bool good = true;
        std::string text;
    };
    std::expected<Change, std::nullptr_t> refresh();

  private:
    std::string signature() const;

    const Listener::Tls files_;
    const Offers offers_;
    std::string signature_;  // of the files that were read last
    mutable std::mutex mutex_;
    std::shared_ptr<SSL_CTX> context_;
};

// The server's side of one connection. Used by one thread.
class TlsSession {
  public:
    // Throws std::bad_alloc.
    TlsSession(std::shared_ptr<SSL_CTX> context, int descriptor);

    enum class Step { done, again, failed };
    Step handshake();
    // The agreed protocol (ALPN): "h2", "http/1.1", or nothing.
    std::string_view protocol() const noexcept;
    // Bytes moved; 0: the peer closed normally; -1: not now (EAGAIN); -2: the end.
    ssize_t read(std::span<char> buffer);
    ssize_t write(std::span<const char> bytes);
    void say_goodbye() noexcept;  // close_notify, if it can be sent at once
    // Bytes of memory, by estimate: OpenSSL does not report them.
    std::size_t held() const noexcept;
    const std::string& problem() const noexcept { return problem_; }

  private:
    ssize_t judge(int result);

    std::shared_ptr<SSL_CTX> context_;
    std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
    std::string problem_;
};

}  // namespace vitals::server
