// replication: the role of a PostgreSQL or MySQL server for its standbys, or for its primary, and
// how far they are apart. Chef Delivery's status uses the properties.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::replication {

struct Options {
    text::Url url;
    std::string user;
    Secret password;
    std::string role = "auto";                // auto | primary | standby
    std::vector<std::string> degraded_above;  // of lag: sizes, durations
    std::vector<std::string> failed_above;
    std::vector<std::string> ignore_slots;  // globs
    std::optional<std::chrono::milliseconds> fresh_within;
    text::Url source;  // of a replica of MySQL; empty: not asked
    std::chrono::milliseconds auth_every = usual_auth_every;
    net::TlsOptions tls;
};

// The statements for a server of that version (150004); before 10, WAL was called xlog.
std::string primary_statement(int version);
std::string standby_statement(int version);
std::string replayed_statement(int version);

extern const Kind kind;

}  // namespace vitals::checks::replication
