// The role of a MySQL or MariaDB server for its replicas, or for its source.
// https://mariadb.com/kb/en/show-replica-status/ and
// https://dev.mysql.com/doc/refman/8.4/en/show-replica-status.html
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "backends/mysql/session.hpp"
#include "net/awaitable.hpp"
#include "net/context.hpp"
#include "replication.hpp"

namespace vitals::checks::replication {

// One source that a server copies; most have one.
struct Channel {
    std::string name;  // empty: the only one
    std::string receiving;
    std::string applying;
    std::optional<std::int64_t> seconds;  // behind
    std::int64_t delay = 0;               // of these, configured
    std::int64_t receive_error = 0;
    std::int64_t apply_error = 0;
    std::string source;  // its address; private
    std::string said;    // the errors' texts, which may hold a whole statement; private
};

// From one row of SHOW REPLICA STATUS, with the column names of any version.
Channel read_channel(const backends::mysql::Answer& answer, std::size_t row);
// The outcome of that channel, without its lag.
Outcome judge_channel(const Channel& channel);

net::awaitable<Outcome> look_at_mysql(const Options& options, net::Context& context,
                                      backends::mysql::Session& session);

}  // namespace vitals::checks::replication
