#include "brokers.hpp"

#include <fmt/format.h>

#include <optional>

#include "net/endpoint_of.hpp"
#include "net/within.hpp"
#include "text/amount.hpp"

namespace vitals::checks::kafka {

namespace {

using backends::kafka::Access;

constexpr std::uint16_t usual_port = 9092;

std::vector<net::Endpoint> bootstrap_of(const Options& options) {
    std::vector<net::Endpoint> endpoints;
    for (const std::string& text : text::servers_of(options.url.text))
        endpoints.push_back(net::endpoint_of(text::Url(text), usual_port));
    return endpoints;
}

Access access_of(const Options& options, net::Endpoint endpoint) {
    Access access;
    access.endpoint = std::move(endpoint);
    if (options.url.scheme == "kafkas") access.tls = options.tls;
    access.user = options.user.empty() ? options.url.user : options.user;
    access.password =
        options.password.configured() ? options.password.reveal() : options.url.password;
    access.mechanism = options.mechanism;
    return access;
}

}  // namespace

Steady share_of(net::Context& context, std::size_t steps) {
    const Steady now = context.clock().steady();
    return now + (context.deadline() - now) / static_cast<int>(steps + 1);
}

net::awaitable<void> Brokers::open(net::Context& context, net::Endpoint endpoint) {
    std::string name = endpoint.text();
    auto session = co_await Session::open(context, access_of(options_, std::move(endpoint)));
    sessions_[std::move(name)] = std::move(session);
}

Session* Brokers::known(const net::Endpoint& endpoint) const {
    const auto found = sessions_.find(endpoint.text());
    return found == sessions_.end() ? nullptr : found->second.get();
}

net::awaitable<Session*> Brokers::first(Verdict& verdict) {
    const std::vector<net::Endpoint> servers = bootstrap_of(options_);
    std::string problems;
    for (std::size_t index = 0; index < servers.size(); ++index) {
        const net::Endpoint& server = servers[index];
        const bool last = index + 1 == servers.size();
        std::optional<CheckError> problem;
        try {
            const Steady until =
                last ? context_.deadline() : share_of(context_, servers.size() - index);
            auto work = open(context_, server);
            const bool in_time = co_await net::within(context_, until, std::move(work));
            if (!in_time) problem = CheckError(ErrorClass::timeout, "does not answer");
        } catch (const CheckError& error) {
            if (last || error.error_class == ErrorClass::auth) throw;
            problem = error;
        }
        if (!problem) {
            if (index > 0)
                verdict.degrade(fmt::format("{} of {} cannot be used", index,
                                            text::counted(servers.size(), "bootstrap server")),
                                problems);
            co_return known(server);
        }
        problems +=
            fmt::format("{}{}: {}", problems.empty() ? "" : ", ", server.text(), problem->detail);
    }
    throw CheckError(ErrorClass::timeout, "does not answer", problems);
}

net::awaitable<Session*> Brokers::at(const wire::kafka::Broker& broker, Steady until) {
    net::Endpoint endpoint;
    endpoint.host = broker.host;
    endpoint.port = static_cast<std::uint16_t>(broker.port);
    if (Session* session = known(endpoint)) co_return session;
    if (broker.port <= 0 || broker.port > 65535 || broker.host.empty())
        throw CheckError(ErrorClass::protocol, "advertises no address");
    // Its phases are not recorded: a cluster may have a hundred brokers.
    net::Context own(context_.environment(), context_.clock(), context_.component(),
                     context_.kind(), until);
    auto work = open(own, endpoint);
    const bool in_time = co_await net::within(context_, until, std::move(work));
    if (!in_time) throw CheckError(ErrorClass::timeout, "does not answer");
    co_return known(endpoint);
}

}  // namespace vitals::checks::kafka
