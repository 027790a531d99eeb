// prometheus: the value of a PromQL query, within bounds.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::prometheus {

struct Options {
    text::Url url;
    std::string user;
    Secret password;
    Secret token;
    std::string query;
    std::optional<double> degraded_above;
    std::optional<double> failed_above;
    std::optional<double> degraded_below;
    std::optional<double> failed_below;
    std::string series = "all";
    std::string empty = "failed";
    std::optional<std::chrono::milliseconds> max_age;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::prometheus
