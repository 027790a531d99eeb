// What cron lines and wrappers that were made for Healthchecks or Uptime Kuma send: `/ping/KEY`,
// `/ping/KEY/start`, `/api/push/KEY?status=up`. The key in the path says which component is meant
// and is the only right that it takes. It is never logged, counted under, or answered.
// Sources: https://healthchecks.io/docs/http_api/, Uptime Kuma's route `/api/push/:pushToken`.
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
    bool kuma = false;  // else as Healthchecks has it
    std::string_view key;
    std::string_view slug;  // empty: the key says it all
    enum class What : std::uint8_t { end, start, fail, log } what = What::end;
    std::optional<int> exit_code;  // of an end: up to 999
};

// Of a decoded path; points into it. Nothing: it is none. Pure; fuzzed.
std::optional<PingPath> parse_ping_path(std::string_view path);

// Whether a path may be one: `/ping/...`, `/api/push/...`, and `/UUID...` as hc-ping.com has it.
bool is_ping_path(std::string_view path) noexcept;

// What stands for a component in a path: `backups/db main` is `backups-db-main`.
std::string slug_of(std::string_view component);

// Whom it came from and whom it may be for.
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
