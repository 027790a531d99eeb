#include "app/watched_names.hpp"

namespace vitals::app {

net::awaitable<std::vector<std::string>> WatchedNames::resolve(net::Context& context,
                                                               std::string name) {
    std::string component = context.component();
    std::string host = name;
    std::vector<std::string> addresses = co_await Environment::resolve(context, std::move(name));
    // What follows from it does not belong to this run.
    auto tell = [this, component = std::move(component), host = std::move(host), addresses] {
        resolved_(component, host, addresses);
    };
    told_.post(std::move(tell));
    co_return addresses;
}

}  // namespace vitals::app
