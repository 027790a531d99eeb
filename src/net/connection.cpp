// The one Connection: a connected socket, plain or with TLS on it.
#include "net/connection.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <utility>

#include "net/detail/connect.hpp"
#include "net/detail/environment_state.hpp"
#include "net/detail/failure.hpp"
#include "net/detail/socket_bio.hpp"
#include "net/detail/tls_context.hpp"
#include "net/environment.hpp"

namespace vitals::net {

namespace asio = boost::asio;

namespace {

struct FreeSession {
    void operator()(SSL* session) const { SSL_free(session); }
};

constexpr std::size_t most_unwaited = 64 * 1024;

class Stream final : public Connection {
  public:
    Stream(Connected connected, std::shared_ptr<TlsContexts> contexts)
        : socket_(std::move(connected.socket)),
          address_(std::move(connected.address)),
          contexts_(std::move(contexts)) {}

    ~Stream() override {
        // Tries once to send the goodbye; a socket that does not take it at once drops it.
        if (session_ && !broken_ && SSL_is_init_finished(session_.get()) == 1)
            SSL_shutdown(session_.get());
        ERR_clear_error();
    }

    // Waits before it reads, never between reading and returning: all waiting conversations share
    // Conversation's buffer.
    awaitable<std::size_t> read_some(std::span<char> buffer) override {
        if (unwaited_ >= most_unwaited) co_await let_others_run();
        // An answer takes time: there is nothing to read at once.
        if (std::exchange(asked_, false) && !session_ && !answer_by_)
            co_await wait(Socket::wait_read);
        for (;;) {
            const ssize_t got = read_now(buffer);
            if (got >= 0) {
                ended_ = got == 0;
                answer_by_.reset();
                unwaited_ += static_cast<std::size_t>(got);
                co_return static_cast<std::size_t>(got);
            }
            if (answer_by_) {
                const bool in_time = co_await readable(*answer_by_);
                if (!in_time) throw broken(CheckError(ErrorClass::timeout, "no answer", address_));
            } else {
                co_await wait(need_);
            }
        }
    }

    awaitable<bool> readable(Steady until) override {
        if (session_ && SSL_pending(session_.get()) > 0) co_return true;
        asio::steady_timer timer(socket_.get_executor(), until);
        // The handler of the timer may run when nobody waits any more.
        const auto waiting = std::make_shared<bool>(true);
        const auto late = std::make_shared<bool>(false);
        timer.async_wait([this, alive = std::weak_ptr<bool>(waiting), late](auto problem) {
            if (problem || alive.expired()) return;
            *late = true;
            socket_.cancel();
        });
        auto [error] =
            co_await socket_.async_wait(Socket::wait_read, asio::as_tuple(asio::use_awaitable));
        unwaited_ = 0;
        if (!error) co_return true;
        const auto state = co_await asio::this_coro::cancellation_state;
        if (*late && state.cancelled() == asio::cancellation_type::none) co_return false;
        broken_ = true;
        if (error == asio::error::operation_aborted) throw run_cancelled();
        throw stream_failure(error.value(), address_);
    }

    awaitable<void> write(std::string_view bytes) override {
        asked_ = true;
        while (!bytes.empty() && !unsent_) {
            const ssize_t sent = session_ ? write_tls(bytes) : write_plain(bytes);
            if (sent >= 0)
                bytes.remove_prefix(static_cast<std::size_t>(sent));
            else if (unsent_)
                hear_last_words();
            else
                co_await wait(need_);
        }
    }

    awaitable<void> start_tls(const TlsOptions& options, std::string host) override {
        co_await start_tls(options, std::move(host), {});
    }

    // Offers a list of protocols (ALPN) in the form of the wire.
    awaitable<void> start_tls(const TlsOptions& options, std::string host,
                              std::string_view protocols) {
        context_ = contexts_->get(options);
        session_.reset(SSL_new(context_->get()));
        BIO* bio = session_ ? socket_bio(socket_.native_handle()) : nullptr;
        if (bio == nullptr) throw CheckError(ErrorClass::local, "no memory for TLS");
        SSL_set_bio(session_.get(), bio, bio);
        expect(session_.get(), options.server_name.empty() ? host : options.server_name, verdict_);
        SSL_set_alpn_protos(session_.get(),
                            reinterpret_cast<const unsigned char*>(protocols.data()),
                            static_cast<unsigned>(protocols.size()));
        for (;;) {
            ERR_clear_error();
            errno = 0;
            const int result = SSL_connect(session_.get());
            if (result == 1) break;
            const int error = SSL_get_error(session_.get(), result);
            if (!wants(error)) {
                const int system_error = error == SSL_ERROR_SYSCALL ? errno : 0;
                throw broken(handshake_failure(verdict_, *context_, ERR_get_error(), system_error,
                                               address_));
            }
            co_await wait(need_);
        }
        note_session(session_.get(), verdict_);
    }

    awaitable<void> settle_tls(Steady until) override {
        if (!session_ || SSL_version(session_.get()) < TLS1_3_VERSION) co_return;
        // A server sends tickets to a client that it has accepted.
        const auto let_in = [this] {
            return SSL_SESSION_has_ticket(SSL_get0_session(session_.get())) == 1;
        };
        while (verdict_.asked && !let_in()) {
            const bool more = co_await readable(until);
            if (!more) co_return;
            char byte = 0;
            ERR_clear_error();
            errno = 0;
            const int result = SSL_peek(session_.get(), &byte, 1);
            if (result > 0) co_return;
            const bool ended = block_or_end(SSL_get_error(session_.get(), result)) == 0;
            if (ended) co_return;
        }
    }

    std::optional<PeerCertificate> certificate() const override { return verdict_.certificate; }
    std::string peer() const override { return address_; }

    // The protocol that both sides agreed on by ALPN; empty when the server does not know ALPN.
    std::string protocol() const {
        const unsigned char* name = nullptr;
        unsigned size = 0;
        SSL_get0_alpn_selected(session_.get(), &name, &size);
        return {reinterpret_cast<const char*>(name), size};
    }

    bool quiet() const override {
        if (broken_ || ended_) return false;
        if (session_ && SSL_has_pending(session_.get()) == 1) return false;
        char byte = 0;
        const auto peeked = recv(descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        return peeked < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    }

    void answer_by(Steady until) override { answer_by_ = until; }

  private:
    ssize_t read_now(std::span<char> buffer) {
        if (last_words_.empty()) return session_ ? read_tls(buffer) : read_plain(buffer);
        const std::size_t size = last_words_.copy(buffer.data(), buffer.size());
        last_words_.erase(0, size);
        return static_cast<ssize_t>(size);
    }

    // Nothing more can be sent, and unsent_ says why. What the peer said before it closed can still
    // be read, and says more.
    void hear_last_words() {
        std::array<char, 4096> buffer;
        const ssize_t got = read_now(buffer);
        if (got <= 0) throw broken(*unsent_);
        last_words_.assign(buffer.data(), static_cast<std::size_t>(got));
    }

    // The four functions below return the number of bytes, or -1; need_ then says what to wait for.
    // When writing returns -1, unsent_ is also set.
    ssize_t read_plain(std::span<char> buffer) {
        const ssize_t got = recv(descriptor(), buffer.data(), buffer.size(), 0);
        if (got >= 0) return got;
        if (!would_block()) throw broken(unsent_ ? *unsent_ : stream_failure(errno, address_));
        need_ = Socket::wait_read;
        return got;
    }

    ssize_t write_plain(std::string_view bytes) {
        const ssize_t sent = send(descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && would_block())
            need_ = Socket::wait_write;
        else if (sent < 0)
            unsent_ = broken(stream_failure(errno, address_));
        return sent;
    }

    ssize_t read_tls(std::span<char> buffer) {
        std::size_t got = 0;
        ERR_clear_error();
        errno = 0;
        const int result = SSL_read_ex(session_.get(), buffer.data(), buffer.size(), &got);
        if (result == 1) return static_cast<ssize_t>(got);
        return block_or_end(SSL_get_error(session_.get(), result));
    }

    ssize_t write_tls(std::string_view bytes) {
        std::size_t sent = 0;
        ERR_clear_error();
        errno = 0;
        const int result = SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &sent);
        if (result == 1) return static_cast<ssize_t>(sent);
        const int system_error = errno;
        if (!wants(SSL_get_error(session_.get(), result)))
            unsent_ = broken(stream_failure(system_error != 0 ? system_error : EPIPE, address_));
        return -1;
    }

    static bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

    // -1: to be tried again after a wait; 0: the peer closed.
    ssize_t block_or_end(int error) {
        if (wants(error)) return -1;
        if (error == SSL_ERROR_ZERO_RETURN) return 0;
        // With TLS 1.3, a server that refuses the client certificate says so only now.
        if (verdict_.alert != 0) throw broken(alert_failure(verdict_, address_));
        if (unsent_) throw broken(*unsent_);
        if (error == SSL_ERROR_SYSCALL) throw broken(stream_failure(errno, address_));
        throw broken(CheckError(ErrorClass::tls, "TLS failed",
                                fmt::format("{}: {}", address_, library_text(ERR_get_error()))));
    }

    bool wants(int error) {
        if (error == SSL_ERROR_WANT_READ)
            need_ = Socket::wait_read;
        else if (error == SSL_ERROR_WANT_WRITE)
            need_ = Socket::wait_write;
        else
            return false;
        return true;
    }

    CheckError broken(CheckError error) {
        broken_ = true;
        return error;
    }

    // A peer that sends faster than vitals reads would occupy the loop for ever, and even the run's
    // deadline would not come.
    awaitable<void> let_others_run() {
        unwaited_ = 0;
        co_await asio::post(asio::use_awaitable);
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() == asio::cancellation_type::none) co_return;
        broken_ = true;
        throw run_cancelled();
    }

    awaitable<void> wait(Socket::wait_type what) {
        unwaited_ = 0;
        auto [error] = co_await socket_.async_wait(what, asio::as_tuple(asio::use_awaitable));
        if (!error) co_return;
        broken_ = true;  // a half-read stream is useless
        if (error == asio::error::operation_aborted) throw run_cancelled();
        throw stream_failure(error.value(), address_);
    }

    int descriptor() const { return const_cast<Socket&>(socket_).native_handle(); }

    Socket socket_;
    std::string address_;
    std::shared_ptr<TlsContexts> contexts_;
    std::shared_ptr<const TlsContext> context_;
    TlsVerdict verdict_;
    std::unique_ptr<SSL, FreeSession> session_;
    Socket::wait_type need_ = Socket::wait_read;
    std::size_t unwaited_ = 0;  // bytes read since the loop last ran
    std::optional<Steady> answer_by_;
    std::optional<CheckError> unsent_;  // why nothing more can be sent
    std::string last_words_;            // of a peer that closed, not read yet
    bool asked_ = false;                // written to since the last read
    bool broken_ = false;
    bool ended_ = false;
};

}  // namespace

std::string Endpoint::text() const {
    if (!unix_path.empty()) return "unix:" + unix_path;
    if (host.find(':') != std::string::npos) return fmt::format("[{}]:{}", host, port);
    return fmt::format("{}:{}", host, port);
}

awaitable<std::unique_ptr<Connection>> dial(Context& context, Endpoint endpoint) {
    Connected connected = co_await connect(context, std::move(endpoint));
    auto contexts = context.environment().state().tls;
    co_return std::make_unique<Stream>(std::move(connected), std::move(contexts));
}

awaitable<std::unique_ptr<Connection>> dial(Context& context, Endpoint endpoint,
                                            std::optional<TlsOptions> tls) {
    auto connection = co_await dial(context, endpoint);
    if (tls) {
        context.enter("tls");
        co_await connection->start_tls(*tls, endpoint.host);
    }
    co_return connection;
}

awaitable<std::unique_ptr<Connection>> dial_to_ask(Context& context, Endpoint endpoint) {
    Connected connected = co_await connect(context, std::move(endpoint), FirstWord::ours);
    auto contexts = context.environment().state().tls;
    co_return std::make_unique<Stream>(std::move(connected), std::move(contexts));
}

awaitable<Secured> dial_tls(Context& context, Endpoint endpoint, TlsOptions options,
                            std::string host, std::string_view protocols) {
    Connected connected = co_await connect(context, std::move(endpoint), FirstWord::ours);
    auto contexts = context.environment().state().tls;
    auto stream = std::make_unique<Stream>(std::move(connected), std::move(contexts));
    context.enter("tls");
    co_await stream->start_tls(options, std::move(host), protocols);
    std::string protocol = stream->protocol();
    co_return Secured{std::move(stream), std::move(protocol)};
}

}  // namespace vitals::net
