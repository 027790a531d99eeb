// One connection through a proxy, from the client to the backend. Inside drill only.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "drill/client.hpp"
#include "drill/distortion.hpp"
#include "drill/route_state.hpp"

namespace vitals::drill {

// Its own coroutines keep it alive; the route's state knows it while it lives.
class Tunnel : public std::enable_shared_from_this<Tunnel> {
  public:
    Tunnel(std::shared_ptr<Proxy::State> state, Socket client);
    ~Tunnel();
    Tunnel(const Tunnel&) = delete;
    Tunnel& operator=(const Tunnel&) = delete;

    void start();
    // The route's fault has changed.
    void changed();
    // A reset on both sides.
    void drop();

  private:
    net::awaitable<void> run();
    net::awaitable<bool> begin();
    net::awaitable<bool> negotiate();
    net::awaitable<bool> negotiate_postgres();  // start_tls.cpp, like the next three
    net::awaitable<bool> negotiate_smtp();
    net::awaitable<bool> pass_reply_on(bool with_offer);
    net::awaitable<bool> negotiate_nats();
    net::awaitable<bool> negotiate_mysql();  // start_tls_mysql.cpp, like the next three
    net::awaitable<bool> pass_log_in_on();
    net::awaitable<std::string> packet_of_server();  // empty: broken
    net::awaitable<std::string> packet_of_client();
    net::awaitable<bool> connect();
    net::awaitable<void> say_something_else();
    net::awaitable<void> forward();
    net::awaitable<void> answer();
    net::awaitable<void> pump_answer();
    net::awaitable<bool> pass_on(std::span<char> piece);
    net::awaitable<bool> follow(Next next);
    net::awaitable<void> flood();
    net::awaitable<void> close_in_order();
    net::awaitable<void> until_client_leaves();
    net::awaitable<void> pause(std::chrono::milliseconds most);

    std::shared_ptr<Proxy::State> state_;
    Client client_;
    Socket server_;
    boost::asio::steady_timer pause_;  // of the answer's side; a change of the fault ends it
    boost::asio::steady_timer linger_;
    Distortion distortion_;
    std::uint64_t generation_;
    std::string early_;          // of the client, to be passed on first
    bool heard_ = false;         // the client has said something
    bool relaying_ = false;      // both sides are connected
    bool client_ended_ = false;  // says nothing more
    bool answer_ended_ = false;  // nothing of the backend is passed on any more
    bool answered_ = false;      // the coroutine that passes the answer on has ended
    std::uint64_t moved_ = 0;    // pieces of the answer
    std::uint64_t passed_ = 0;   // bytes of it
};

}  // namespace vitals::drill
