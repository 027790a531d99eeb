// Requests of cron lines and wrappers that were made for Healthchecks or Uptime Kuma: `/ping/KEY`,
// `/ping/KEY/start`, `/api/push/KEY?status=up`. The key in the path names the component and is the
// only right that the request needs. The key is never logged, counted or answered. Sources:
// https://healthchecks.io/docs/http_api/, Uptime Kuma's route `/api/push/:pushToken`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "endpoints/access.hpp"
#include "endpoints/plan.hpp"
#include "endpoints/routes.hpp"
#include "endpoints/shared.hpp"
#include "http/request.hpp"

namespace vitals::endpoints {

struct PingPath {
    bool kuma = false;  // otherwise in the form of Healthchecks
    std::string_view key;
    std::string_view slug;  // empty: the key alone names it
    enum class What : std::uint8_t { end, start, fail, log } what = What::end;
    std::optional<int> exit_code;  // for an end: up to 999
};

// From a decoded path; points into it. Nothing: it is not such a path. Pure; fuzzed.
std::optional<PingPath> parse_ping_path(std::string_view path);

// Whether a path may be one: `/ping/...`, `/api/push/...`, and `/UUID...` as on hc-ping.com.
bool is_ping_path(std::string_view path) noexcept;

// The form of a component's name in a path: `backups/db main` is `backups-db-main`.
std::string slug_of(std::string_view component);

// The sender of the request, and the components that it may mean.
struct PingContext {
    Shared& shared;
    const Routes& routes;
    const Peer& peer;
    Steady now;
};

// Answers a request with such a path. `shared` outlives the plan.
void plan_ping(const PingContext& context, const http::Head& head, const http::Target& target,
               Plan& plan);

}  // namespace vitals::endpoints
