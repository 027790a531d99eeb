// One conversation with a MySQL or MariaDB server: log-in, statements and answers, and the meaning
// of its errors. Used on the loop's thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access.hpp"
#include "model/check_error.hpp"
#include "net/awaitable.hpp"
#include "net/context.hpp"
#include "net/conversation.hpp"
#include "wire/mysql.hpp"
#include "wire/replies.hpp"

namespace vitals::backends::mysql {

using wire::mysql::Error;

// The meaning of an error: its class, and its public detail. The server's text goes into the
// private error.
CheckError meaning_of(const Error& error);
bool is_unknown_to_server(const Error& error);  // a statement or a variable that it does not have

// The answer to one statement.
struct Answer {
    std::vector<std::string> columns;
    std::vector<wire::mysql::Result::Row> rows;
    std::optional<Error> error;

    // The first column of the first row, if there is one that is not null.
    std::optional<std::string> value() const;
    // The column of that name in a row; nothing if it is null or missing.
    std::optional<std::string> value(std::size_t row, std::string_view column) const;
    // From rows of a name and a value, as SHOW VARIABLES and SHOW STATUS return them.
    std::optional<std::string> listed(std::string_view name) const;
};

// The whole number that a column holds; nothing if it is null or no such number.
std::optional<std::int64_t> number_of(const std::optional<std::string>& column);

class Session {
  public:
    // Enters the phases "resolve", "connect", "greeting", "tls" and "auth".
    static net::awaitable<std::unique_ptr<Session>> open(net::Context& context, Access access);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // Runs one statement. Throws CheckError{protocol} for an invalid answer.
    net::awaitable<Answer> ask(std::string sql);
    // The same; an error of the server is thrown as meaning_of().
    net::awaitable<Answer> demand(std::string sql);
    // A configured statement must not run on when nobody waits for it any more: lets the server end
    // it at the deadline. Servers that know no such setting do without.
    net::awaitable<void> limit_statements(net::Context& context);
    // Restores the session to its state after the log-in, whatever a foreign statement changed; if
    // that is not possible, the session is not used again.
    net::awaitable<void> discard();
    // A server logs and counts a client that closes without a goodbye.
    net::awaitable<void> close(net::Context& context);

    bool is_mariadb() const { return greeting_.is_mariadb(); }
    const std::string& version() const { return greeting_.version; }
    bool encrypted() const { return access_.tls.has_value(); }

    // See checks/reuse.hpp.
    bool quiet() const { return usable_ && conversation_.quiet(); }
    void resume(net::Context&, Steady answer_by) { conversation_.answer_by(answer_by); }

  private:
    using Machine = wire::Replies<decltype(&wire::mysql::take_packet)>;

    Session(std::unique_ptr<net::Connection> connection, Access access)
        : conversation_(std::move(connection), Machine(wire::mysql::take_packet)),
          access_(std::move(access)) {}

    net::awaitable<std::string> next();  // the next packet's payload, in sequence
    void send(std::string_view payload);
    net::awaitable<void> greet(net::Context& context);
    net::awaitable<void> start_tls(net::Context& context, std::uint32_t capabilities);
    net::awaitable<void> log_in(net::Context& context);
    net::awaitable<void> prove(net::Context& context, std::string plugin);
    net::awaitable<void> prove_in_full(std::string plugin);
    net::awaitable<std::string> proof(net::Context& context, std::string plugin,
                                      std::string salt) const;
    CheckError refusal(const Error& error) const;
    bool private_way() const { return access_.tls || !access_.endpoint.unix_path.empty(); }

    net::Conversation<Machine> conversation_;
    Access access_;
    wire::mysql::Greeting greeting_;
    std::uint8_t sequence_ = 0;  // of the next packet of either side
    bool usable_ = true;
};

}  // namespace vitals::backends::mysql
