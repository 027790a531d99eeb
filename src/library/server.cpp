// The public server around the internal one.
#include "vitals/server.hpp"

#include <charconv>
#include <stdexcept>

#include "library/core.hpp"
#include "library/mounts.hpp"
#include "server/server.hpp"

namespace vitals {

namespace {

Listener listener_at(const std::string& address, bool control) {
    Listener listener;
    listener.control = control;
    listener.text = address;
    if (address.starts_with("unix:")) {
        listener.unix_path = address.substr(5);
        if (listener.unix_path.empty())
            throw std::invalid_argument("'unix:' is not an address, expected unix:PATH");
        return listener;
    }
    const auto colon = address.rfind(':');
    const auto refuse = [&] {
        throw std::invalid_argument("'" + address +
                                    "' is not an address, expected host:port, [::1]:port or "
                                    "unix:PATH");
    };
    if (colon == std::string::npos || colon == 0) refuse();
    listener.host = address.substr(0, colon);
    if (listener.host.starts_with('[') && listener.host.ends_with(']'))
        listener.host = listener.host.substr(1, listener.host.size() - 2);
    const char* const first = address.data() + colon + 1;
    const char* const last = address.data() + address.size();
    const auto [end, error] = std::from_chars(first, last, listener.port);
    if (error != std::errc() || end != last || first == last) refuse();
    return listener;
}

}  // namespace

struct Server::State {
    State(Registry& registry, std::shared_ptr<library::Core> given, const ServerOptions& options)
        : core(settled(std::move(given))),
          server({listener_at(options.address, options.control)},
                 library::usual_routes(options.dialects, options.disclose_errors),
                 control(registry, options), core->hub, core->clock, core->options.log, {},
                 options.own_thread ? 1u : 0u) {}

    // A request must not find an empty registry, which is ready, before the registered components
    // are published.
    static std::shared_ptr<library::Core> settled(std::shared_ptr<library::Core> core) {
        core->settle();
        return core;
    }

    // The only change that a request may make: the decommission, through a control listener. There
    // are no tokens here.
    static endpoints::Control control(Registry& registry, const ServerOptions& options) {
        using Answer = endpoints::Control::Answer;
        constexpr auto refused = "the service's own registry is not changed over HTTP";
        endpoints::Control control;
        control.decommission = [&registry](const std::string& text, const std::string&,
                                           const std::function<void(bool)>& done) {
            registry.decommission(text);
            done(false);
        };
        control.push = [=](const Push&, const auto& done) { done(Answer::refused, refused); };
        control.remove = [=](const std::string&, const std::string&, const auto& done) {
            done(Answer::refused, refused);
        };
        control.metrics = options.metrics;
        control.run = [](const std::string&, const auto& done) { done(nullptr); };
        control.reload = [=](const std::string&, const auto& done) {
            done({.problems = {std::string(refused)}});
        };
        return control;
    }

    std::shared_ptr<library::Core> core;
    server::Server server;
};

Server::Server(Registry& registry, ServerOptions options)
    : state_(std::make_unique<State>(registry, registry.core_, options)) {}

Server::~Server() = default;

std::uint16_t Server::port() const {
    return state_->server.port(0);
}

int Server::descriptor() const {
    return state_->server.descriptor();
}

void Server::poll() {
    state_->server.poll();
}

void Server::drain(std::chrono::milliseconds at_most) {
    state_->server.drain(at_most);
}

}  // namespace vitals
