#include "net/detail/connect.hpp"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "net/detail/failure.hpp"
#include "net/detail/resolver.hpp"
#include "net/environment.hpp"

namespace vitals::net {

namespace asio = boost::asio;
using Address = asio::generic::stream_protocol::endpoint;

namespace {

struct Attempt {
    std::string where;
    int error = 0;
};

// 0 or an errno. With Asio's own open(), programs that are started (exec) would inherit the socket.
int open_socket(Socket& socket, int family) {
    const int descriptor = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return errno;
    boost::system::error_code error;
    socket.assign(asio::generic::stream_protocol(family, 0), descriptor, error);
    if (error)
        ::close(descriptor);
    else
        socket.non_blocking(true, error);
    return error.value();
}

int pending_error(int descriptor) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
    return error;
}

// If it is not possible, it is not needed.
void confirm_with_data(int descriptor) {
    const int off = 0;
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_QUICKACK, &off, sizeof off);
}

bool has_peer(int descriptor) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    return getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
}

// 0, or the errno for which this address does not answer. Throws only when the run is cancelled. It
// calls connect(2) directly: a unix socket with a full backlog gives EAGAIN, which Asio takes for
// "in progress", and then reports a connection that does not exist.
awaitable<int> connect_to(Context& context, Socket& socket, Address address, Steady give_up,
                          FirstWord first_word) {
    const int family = address.protocol().family();
    if (const int error = open_socket(socket, family); error != 0) co_return error;
    if (first_word == FirstWord::ours) confirm_with_data(socket.native_handle());
    bool late = false;
    std::optional<Timer> slice;
    if (give_up != Steady::max()) {
        slice.emplace(context.environment().loop());
        slice->arm(give_up, [&late, &socket] {
            late = true;
            boost::system::error_code ignored;
            socket.cancel(ignored);
        });
    }
    std::chrono::milliseconds pause(5);
    while (::connect(socket.native_handle(), address.data(),
                     static_cast<socklen_t>(address.size())) != 0) {
        if (errno == EINPROGRESS || errno == EINTR) {
            // A server on this machine has answered by now: asking costs less than waiting.
            if (has_peer(socket.native_handle())) co_return 0;
            auto [failed] =
                co_await socket.async_wait(Socket::wait_write, asio::as_tuple(asio::use_awaitable));
            if (failed && late) co_return ETIMEDOUT;
            if (failed) throw run_cancelled();
            co_return pending_error(socket.native_handle());
        }
        if (errno != EAGAIN || family != AF_UNIX) co_return errno;
        // The backlog of a server that does not accept is full: that is a server that hangs.
        co_await context.sleep(pause);
        pause = std::min(pause * 2, std::chrono::milliseconds(100));
    }
    co_return 0;
}

// Of several failures the one that says most: first an answer, then no answer, then no route.
const Attempt& telling(const std::vector<Attempt>& attempts) {
    const auto rank = [](const Attempt& attempt) {
        switch (attempt.error) {
            case ECONNREFUSED:
            case ECONNRESET:
                return 3;
            case ETIMEDOUT:
                return 2;
            case ENETUNREACH:
            case EHOSTUNREACH:
            case EADDRNOTAVAIL:
            case EAFNOSUPPORT:
                return 0;
            default:
                return 1;
        }
    };
    const auto less = [&rank](const Attempt& a, const Attempt& b) { return rank(a) < rank(b); };
    return *std::max_element(attempts.begin(), attempts.end(), less);
}

CheckError failure(const std::vector<Attempt>& attempts) {
    const Attempt& chosen = telling(attempts);
    CheckError error = connect_failure(chosen.error, chosen.where);
    for (const Attempt& attempt : attempts) {
        if (&attempt == &chosen) continue;
        error.error += fmt::format("; {}: {}", attempt.where, system_text(attempt.error));
    }
    return error;
}

bool blind(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

void refuse_too_long(const std::string& path) {
    constexpr std::size_t most = sizeof(sockaddr_un::sun_path) - 1;
    if (path.size() <= most) return;
    throw CheckError(ErrorClass::local, "socket path too long",
                     fmt::format("unix:{}: at most {} bytes", path, most));
}

awaitable<Connected> connect_unix(Context& context, std::string path) {
    context.enter("connect");
    const std::string where = "unix:" + path;
    refuse_too_long(path);
    Socket socket(context.environment().loop().context());
    const Address address = asio::local::stream_protocol::endpoint(path);
    const int error =
        co_await connect_to(context, socket, address, Steady::max(), FirstWord::unknown);
    if (error != 0) throw connect_failure(error, where);
    co_return Connected(std::move(socket), where);
}

// When this address must have answered, so that the next ones get their share of the time.
Steady end_of_share(const Context& context, std::size_t addresses_left) {
    if (addresses_left <= 1) return Steady::max();  // the run's own deadline holds
    return std::chrono::steady_clock::now() +
           context.left() / static_cast<std::int64_t>(addresses_left);
}

}  // namespace

bool connected_to_itself(int descriptor) {
    sockaddr_storage ours{};
    sockaddr_storage theirs{};
    socklen_t ours_size = sizeof ours;
    socklen_t theirs_size = sizeof theirs;
    if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&ours), &ours_size) != 0) return false;
    if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&theirs), &theirs_size) != 0)
        return false;
    if (ours.ss_family != AF_INET && ours.ss_family != AF_INET6) return false;
    return ours_size == theirs_size && std::memcmp(&ours, &theirs, ours_size) == 0;
}

awaitable<Connected> connect(Context& context, Endpoint endpoint, FirstWord first_word) {
    endpoint = context.environment().way_to(std::move(endpoint), false);
    if (!endpoint.unix_path.empty()) {
        Connected connected = co_await connect_unix(context, endpoint.unix_path);
        co_return connected;
    }
    std::vector<std::string> addresses(1, endpoint.host);
    if (!is_address(endpoint.host)) {
        context.enter("resolve");
        addresses = co_await context.environment().resolve(context, endpoint.host);
    }
    context.enter("connect");
    std::vector<Attempt> attempts;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        Endpoint tried{addresses[i], endpoint.port, {}};
        Socket socket(context.environment().loop().context());
        const asio::ip::tcp::endpoint target(asio::ip::make_address(addresses[i]), endpoint.port);
        const Address address = target;
        const Steady give_up = end_of_share(context, addresses.size() - i);
        int error = co_await connect_to(context, socket, address, give_up, first_word);
        if (error == 0 && connected_to_itself(socket.native_handle())) error = ECONNREFUSED;
        if (error == 0) {
            boost::system::error_code ignored;
            socket.set_option(asio::ip::tcp::no_delay(true), ignored);
            co_return Connected(std::move(socket), tried.text());
        }
        if (blind(error)) throw connect_failure(error, tried.text());
        attempts.push_back(Attempt{tried.text(), error});
    }
    if (attempts.empty())
        throw CheckError(ErrorClass::resolve, "name has no address", endpoint.host);
    throw failure(attempts);
}

}  // namespace vitals::net
