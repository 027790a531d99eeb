#include "drill/datagram_relay.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "drill/proxy.hpp"

namespace vitals::drill {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr auto tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t largest = 65'507;  // a datagram over IPv4
constexpr std::size_t most_clients = 10'000;
constexpr std::size_t most_delayed = 10'000;
// A client that is silent for this long has left: datagrams have no visible end.
constexpr std::chrono::seconds patience{5};

// The first datagram of a flood, as large as possible; the others follow.
Delivery flood(const Behaviour& behaviour, std::string_view datagram) {
    auto first = std::string(datagram.substr(0, behaviour.after)) + behaviour.text;
    const auto room = largest - std::min(largest, first.size());
    // An endless flood could not be stopped: a client does not say that it has left.
    const std::uint64_t size = behaviour.size == 0 ? room : behaviour.size;
    const auto said = std::min<std::uint64_t>(behaviour.text.size(), size);
    const auto more = std::min<std::uint64_t>(size - said, room);
    first.append(static_cast<std::size_t>(more), 'x');
    return {.datagram = std::move(first), .flood = size - said - more};
}

}  // namespace

Delivery deliver(const Behaviour& behaviour, std::string_view datagram, std::uint64_t passed) {
    std::string same(datagram);
    switch (behaviour.fault) {
        case Fault::refuse:
        case Fault::hang:
            return {};
        case Fault::hang_after:
            if (passed + datagram.size() > behaviour.after) return {};
            break;
        case Fault::truncate:
            same.resize(std::min<std::uint64_t>(same.size(), behaviour.after));
            break;
        case Fault::garble:
            for (auto at = behaviour.after; at < same.size(); ++at) {
                same[at] = static_cast<char>(same[at] ^ 0x55);
            }
            break;
        case Fault::drip: {
            const auto size = static_cast<std::int64_t>(datagram.size());
            const auto rate = static_cast<std::int64_t>(behaviour.rate);
            return {.datagram = std::move(same), .later = milliseconds(1000 * size / rate)};
        }
        case Fault::delay:
            return {.datagram = std::move(same), .later = behaviour.delay};
        case Fault::another_protocol:
            return {.datagram = greeting(behaviour)};
        case Fault::flood:
            return flood(behaviour, datagram);
        default:
            break;
    }
    return {.datagram = std::move(same)};
}

struct DatagramRelay::Client {
    Client(asio::io_context& context, Address address)
        : address(std::move(address)), socket(context), silence(context) {}

    const Address address;
    udp::socket socket;          // to the backend
    asio::steady_timer silence;  // closes it
    std::uint64_t passed = 0;
};

DatagramRelay::DatagramRelay(asio::io_context& context, const Address& listen, Address to,
                             const Behaviour& behaviour, Figures& figures)
    : socket_(context, listen), to_(std::move(to)), behaviour_(&behaviour), figures_(&figures) {
    socket_.non_blocking(true);
}

void DatagramRelay::start() {
    const auto run = [](std::shared_ptr<DatagramRelay> self) -> net::awaitable<void> {
        co_await self->listen();
    };
    asio::co_spawn(socket_.get_executor(), run(shared_from_this()), asio::detached);
}

void DatagramRelay::close() {
    error_code ignored;
    socket_.close(ignored);
    for (auto& [address, client] : clients_) {
        client->socket.close(ignored);
        client->silence.cancel();
    }
}

std::uint16_t DatagramRelay::port() const {
    return socket_.local_endpoint().port();
}

net::awaitable<void> DatagramRelay::listen() {
    std::vector<char> buffer(largest);
    while (socket_.is_open()) {
        Address from;
        const auto into = asio::buffer(buffer);
        const auto [error, size] = co_await socket_.async_receive_from(into, from, tuple);
        // Otherwise a client has left: what was sent to it came back as an error.
        if (!socket_.is_open()) co_return;
        if (error) continue;
        const auto client = client_at(from);
        if (client == nullptr) continue;
        client->silence.expires_after(patience);
        error_code failed;
        client->socket.send(asio::buffer(buffer.data(), size), 0, failed);
    }
}

std::shared_ptr<DatagramRelay::Client> DatagramRelay::client_at(const Address& address) {
    if (const auto known = clients_.find(address); known != clients_.end()) return known->second;
    if (clients_.size() >= most_clients) return nullptr;
    auto& context = static_cast<asio::io_context&>(socket_.get_executor().context());
    auto made = std::make_shared<Client>(context, address);
    error_code error;
    made->socket.open(to_.protocol(), error);
    if (!error) made->socket.connect(to_, error);
    if (!error) made->socket.non_blocking(true, error);
    if (error) return nullptr;
    ++figures_->accepted;
    clients_.emplace(address, made);
    made->silence.expires_after(patience);
    const auto run = [](std::shared_ptr<DatagramRelay> self,
                        std::shared_ptr<Client> client) -> net::awaitable<void> {
        co_await self->answer(client);
    };
    asio::co_spawn(context, run(shared_from_this(), made), asio::detached);
    const auto watch_it = [](std::shared_ptr<DatagramRelay> self,
                             std::shared_ptr<Client> client) -> net::awaitable<void> {
        co_await self->watch(std::move(client));
    };
    asio::co_spawn(context, watch_it(shared_from_this(), made), asio::detached);
    return made;
}

net::awaitable<void> DatagramRelay::answer(std::shared_ptr<Client> client) {
    std::vector<char> buffer(largest);
    while (client->socket.is_open()) {
        const auto into = asio::buffer(buffer);
        const auto [error, size] = co_await client->socket.async_receive(into, tuple);
        if (!client->socket.is_open() || !socket_.is_open()) co_return;
        if (error) {
            ++figures_->unreachable;
            figures_->trouble = error.message();
            continue;
        }
        auto delivery = deliver(*behaviour_, std::string_view(buffer.data(), size), client->passed);
        client->passed += size;
        figures_->longest = std::max<std::uint64_t>(figures_->longest, client->passed);
        if (!delivery.datagram) continue;
        if (delivery.later == milliseconds::zero()) {
            co_await send(client->address, std::move(delivery));
        } else if (delayed_ < most_delayed) {
            const auto run = [](std::shared_ptr<DatagramRelay> self, Address to,
                                Delivery what) -> net::awaitable<void> {
                co_await self->send(to, std::move(what));
            };
            asio::co_spawn(socket_.get_executor(),
                           run(shared_from_this(), client->address, std::move(delivery)),
                           asio::detached);
        }
    }
}

// Waits until it has been silent for a while: a new datagram moves the timer, which ends the wait
// early.
net::awaitable<void> DatagramRelay::watch(std::shared_ptr<Client> client) {
    while (client->socket.is_open() &&
           client->silence.expiry() > std::chrono::steady_clock::now()) {
        co_await client->silence.async_wait(tuple);
    }
    error_code ignored;
    client->socket.close(ignored);
    clients_.erase(client->address);
}

net::awaitable<void> DatagramRelay::send(Address to, Delivery delivery) {
    asio::steady_timer timer(socket_.get_executor());
    if (delivery.later > milliseconds::zero()) {
        ++delayed_;
        timer.expires_after(delivery.later);
        co_await timer.async_wait(tuple);
        --delayed_;
    }
    send_one(to, *delivery.datagram);
    const std::string piece(std::min<std::uint64_t>(delivery.flood, largest), 'x');
    for (auto left = delivery.flood; left > 0 && socket_.is_open();) {
        const auto size = std::min<std::uint64_t>(left, largest);
        send_one(to, std::string_view(piece).substr(0, size));
        left -= size;
        // Lets others have their turn.
        timer.expires_after(milliseconds::zero());
        co_await timer.async_wait(tuple);
    }
}

void DatagramRelay::send_one(const Address& to, std::string_view datagram) {
    // A full queue loses datagrams, as any router may.
    error_code ignored;
    if (socket_.is_open()) socket_.send_to(asio::buffer(datagram), to, 0, ignored);
}

}  // namespace vitals::drill
