// Sockets: listeners, connections, TLS, serving threads. endpoints/ decides the answer to a
// request. Serving threads only read snapshots; changes of state go through Control.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "endpoints/control.hpp"
#include "endpoints/routes.hpp"
#include "model/clock.hpp"
#include "model/hub.hpp"
#include "model/listener.hpp"
#include "server/limits.hpp"
#include "vitals/log.hpp"

namespace vitals::server {

class Server {
  public:
    // Binds every listener. Throws std::runtime_error that names the one that cannot be bound, and
    // why. With `threads` 0 the host drives it: descriptor() and poll().
    Server(std::vector<Listener> listeners, std::shared_ptr<const endpoints::Routes> routes,
           endpoints::Control control, const Hub& hub, Clock& clock, Log log, Limits limits = {},
           unsigned threads = 1);
    ~Server();  // closes everything, joins its threads

    void replace_routes(std::shared_ptr<const endpoints::Routes> routes);  // any thread
    // Stops accepting. Idle connections are closed, the others after their present answer. Returns
    // when none is left, or at the deadline.
    void drain(std::chrono::milliseconds at_most);
    // The same without waiting: call begin once, then ask until it is done.
    void begin_drain();
    bool drained();
    // With `threads` 0: what to wait for, and what to call then, or after a second at most.
    int descriptor() const;
    void poll();
    // The port that a listener got (index as given); 0 for unix sockets.
    std::uint16_t port(std::size_t listener) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace vitals::server
