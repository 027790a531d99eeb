#include "drill/tunnel.hpp"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstring>

namespace vitals::drill {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr std::size_t piece_size = 16 * 1024;
constexpr std::size_t flood_piece = 64 * 1024;
constexpr milliseconds for_ever = std::chrono::hours(24);
// How long a client may take to leave after it was told of the end.
constexpr milliseconds farewell{1'000};
// How long a client takes at most to see that it is connected.
constexpr milliseconds acquaintance{500};
// How long a backend may be silent after its client has ended.
constexpr milliseconds patience{10'000};

}  // namespace

Tunnel::Tunnel(std::shared_ptr<Proxy::State> state, Socket client)
    : state_(std::move(state)),
      client_(std::move(client)),
      server_(state_->context),
      pause_(state_->context),
      linger_(state_->context),
      distortion_(state_->route.behaviour),
      generation_(state_->generation) {
    state_->tunnels.insert(this);
}

Tunnel::~Tunnel() {
    state_->tunnels.erase(this);
}

void Tunnel::start() {
    const auto run_it = [](std::shared_ptr<Tunnel> self) -> net::awaitable<void> {
        co_await self->run();
    };
    asio::co_spawn(state_->context, run_it(shared_from_this()), asio::detached);
}

void Tunnel::changed() {
    // A connection that never came further than the fault that is over now, or was promised another
    // one, cannot continue.
    if (!relaying_ || at_start(state_->route.behaviour)) return drop();
    pause_.cancel();
}

void Tunnel::drop() {
    reset(client_.socket());
    reset(server_);
    client_ended_ = answer_ended_ = true;
    pause_.cancel();
}

net::awaitable<void> Tunnel::pause(milliseconds most) {
    pause_.expires_after(most);
    co_await pause_.async_wait(tuple);
}

net::awaitable<void> Tunnel::run() {
    const auto fault = state_->route.behaviour.fault;
    // The number of bytes is zero: such a client waits in vain from the first byte.
    if (fault == Fault::hang) {
        co_await until_client_leaves();
        co_return;
    }
    if (!co_await begin()) {
        drop();
        co_return;
    }
    if (fault == Fault::another_protocol) {
        co_await say_something_else();
        co_return;
    }
    if (distortion_.take({}).next == Next::flood) {
        co_await flood();
        co_return;
    }
    if (!server_.is_open() && !co_await connect()) {
        drop();
        co_return;
    }
    relaying_ = true;
    const auto forward_it = [](std::shared_ptr<Tunnel> self) -> net::awaitable<void> {
        co_await self->forward();
    };
    asio::co_spawn(state_->context, forward_it(shared_from_this()), asio::detached);
    co_await answer();
}

// TLS, if the client expects it.
net::awaitable<bool> Tunnel::begin() {
    const auto fault = state_->route.behaviour.fault;
    if (fault == Fault::another_protocol) co_return true;
    if (state_->route.tls == TlsStart::postgres) co_return co_await negotiate_postgres();
    if (state_->route.tls == TlsStart::smtp) co_return co_await negotiate_smtp();
    if (state_->route.tls == TlsStart::mysql) co_return co_await negotiate_mysql();
    if (state_->route.tls == TlsStart::nats) co_return co_await negotiate_nats();
    if (state_->route.tls == TlsStart::never && !is_certificate(fault)) co_return true;
    co_return co_await negotiate();
}

net::awaitable<bool> Tunnel::negotiate() {
    const auto& route = state_->route;
    auto& context = state_->authority.server(route.behaviour.fault, route.tls == TlsStart::http2);
    co_return co_await client_.shake_hands(context);
}

net::awaitable<bool> Tunnel::connect() {
    boost::system::error_code trouble = asio::error::host_not_found;
    for (const auto& endpoint : state_->to) {
        boost::system::error_code ignored;
        server_.close(ignored);
        const auto [error] = co_await server_.async_connect(endpoint, tuple);
        if (!error) co_return client_.socket().is_open();
        trouble = error;
        if (state_->ended || !client_.socket().is_open()) co_return false;
    }
    ++state_->figures.unreachable;
    state_->figures.trouble = trouble.message();
    co_return false;
}

net::awaitable<void> Tunnel::say_something_else() {
    const auto behaviour = state_->route.behaviour;
    const auto said = greeting(behaviour);
    std::array<char, 1024> heard{};
    if (speaks_first(behaviour) && !co_await client_.write(said)) co_return;
    if (co_await client_.read(heard) == 0) co_return;
    if (!speaks_first(behaviour) && !co_await client_.write(said)) co_return;
    co_await close_in_order();
}

// Forwards from the client to the backend, as it is.
net::awaitable<void> Tunnel::forward() {
    std::array<char, piece_size> buffer{};
    auto held = std::move(early_);
    for (;;) {
        if (!held.empty()) {
            const auto bytes = asio::buffer(held);
            const auto [error, size] = co_await asio::async_write(server_, bytes, tuple);
            if (error && !answer_ended_) break;
        }
        const auto size = co_await client_.read(buffer);
        if (size == 0) break;
        held.assign(buffer.data(), size);
        heard_ = true;
    }
    client_ended_ = true;
    boost::system::error_code ignored;
    server_.shutdown(Socket::shutdown_send, ignored);
    pause_.cancel();  // a held connection waits for nobody any more
    // A client that has left looks like one that has only finished sending, and a backend need not
    // react.
    for (auto seen = moved_ - 1; !answered_ && seen != moved_;) {
        seen = moved_;
        linger_.expires_after(patience);
        co_await linger_.async_wait(tuple);
    }
    if (!answered_) drop();
}

// Forwards from the backend to the client, as the fault says.
net::awaitable<void> Tunnel::answer() {
    co_await pump_answer();
    answered_ = true;
    linger_.cancel();
}

net::awaitable<void> Tunnel::pump_answer() {
    std::array<char, piece_size> buffer{};
    bool goes_on = co_await pass_on({});
    while (goes_on) {
        const auto into = asio::buffer(buffer);
        const auto [error, size] = co_await server_.async_read_some(into, tuple);
        if (error == asio::error::eof) {
            // A client that must receive nothing does not learn of the end either.
            goes_on = co_await pass_on({});
            break;
        }
        if (error) {
            drop();
            co_return;
        }
        const std::span<char> piece(buffer.data(), size);
        goes_on = co_await pass_on(piece);
    }
    if (goes_on) client_.end();
}

// False when that was the last of the answer. An empty piece asks what happens now.
net::awaitable<bool> Tunnel::pass_on(std::span<char> piece) {
    for (;;) {
        if (generation_ != state_->generation) {
            generation_ = state_->generation;
            distortion_ = Distortion(state_->route.behaviour);
        }
        const auto step = distortion_.take(piece);
        if (step.wait > milliseconds::zero() && !piece.empty()) {
            co_await pause(step.wait);
            if (generation_ != state_->generation) continue;
        }
        if (step.pass > 0) {
            const std::string_view bytes(piece.data(), step.pass);
            if (!co_await client_.write(bytes)) {
                drop();
                co_return false;
            }
            piece = piece.subspan(step.pass);
            ++moved_;
            passed_ += step.pass;
            state_->figures.longest = std::max(state_->figures.longest, passed_);
        }
        if (step.next == Next::hold) {
            if (!client_ended_) co_await pause(for_ever);
            if (client_ended_) {
                drop();
                co_return false;
            }
        } else if (step.next != Next::go_on) {
            co_return co_await follow(step.next);
        } else if (piece.empty()) {
            co_return true;
        }
    }
}

net::awaitable<bool> Tunnel::follow(Next next) {
    answer_ended_ = true;
    if (next == Next::reset) {
        // Otherwise a client may learn of the reset before it learns that it is connected.
        if (!heard_) co_await pause(acquaintance);
        drop();
    }
    if (next == Next::half_close) client_.end();
    if (next == Next::flood) co_await flood();
    if (next == Next::close) co_await close_in_order();
    co_return false;
}

net::awaitable<void> Tunnel::flood() {
    const auto behaviour = state_->route.behaviour;
    const auto generation = state_->generation;
    auto piece = behaviour.text + std::string(flood_piece, 'x');
    std::uint64_t sent = 0;
    while (generation == state_->generation && (behaviour.size == 0 || sent < behaviour.size)) {
        if (behaviour.size != 0 && behaviour.size - sent < piece.size()) {
            piece.resize(static_cast<std::size_t>(behaviour.size - sent));
        }
        if (!co_await client_.write(piece)) break;
        sent += piece.size();
        if (!behaviour.text.empty()) piece.assign(flood_piece, 'x');
    }
    co_await close_in_order();
}

// Sends the end. Further bytes of the client are read, because a reset might overtake what it has
// not read yet.
net::awaitable<void> Tunnel::close_in_order() {
    boost::system::error_code ignored;
    client_.end();
    server_.close(ignored);
    if (!relaying_) {
        const std::weak_ptr<Tunnel> self = weak_from_this();
        pause_.expires_after(farewell);
        pause_.async_wait([self](const boost::system::error_code& error) {
            if (const auto tunnel = self.lock(); tunnel && !error) tunnel->drop();
        });
        co_await until_client_leaves();
        pause_.cancel();
    } else if (!client_ended_) {
        co_await pause(farewell);
    }
    client_.socket().close(ignored);
}

net::awaitable<void> Tunnel::until_client_leaves() {
    std::array<char, 1024> heard{};
    while (co_await client_.read(heard) > 0) {
    }
}

}  // namespace vitals::drill
