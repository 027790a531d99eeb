// Several servers in one URL: finds the one that a client would use.
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "diagnosis.hpp"
#include "model/refusals.hpp"
#include "session.hpp"

namespace vitals::backends::postgres {

net::awaitable<std::unique_ptr<Session>> Session::open(net::Context& context, Access access) {
    std::vector<std::string> roles(1, access.role);
    // With a single place, libpq accepts any server; with several, a standby at any place comes
    // first.
    if (access.role == "prefer-standby" && access.places.size() > 1) roles = {"standby", "any"};
    Refusals refusals;
    for (const std::string& role : roles) {
        refusals = {};
        for (std::size_t index = 0; index < access.places.size(); ++index) {
            access.place = access.places[index];
            access.role = role;
            const std::size_t left = access.places.size() - index - 1;
            std::optional<CheckError> error;
            try {
                auto session = co_await open_place(context, access, left);
                co_return session;
            } catch (const CheckError& caught) {
                error = caught;
            }
            if (!gives_way(*error)) throw CheckError(*error);
            const std::string where = fmt::format("{}:{}", access.place.host, access.place.port);
            refusals.add(where, std::move(*error), context.phase());
        }
    }
    throw refusals.summary("no session at any of");
}

}  // namespace vitals::backends::postgres
