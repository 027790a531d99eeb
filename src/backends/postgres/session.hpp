// A conversation with a PostgreSQL server through libpq, which never blocks here: vitals resolves
// names, no file of the user's home is read, and every wait is one of the run. The computation for
// a log-in takes as long as the server wants, and runs in a lane.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access.hpp"
#include "answer.hpp"
#include "net/awaitable.hpp"
#include "net/context.hpp"
#include "portions.hpp"

struct pg_conn;
struct pg_result;

namespace vitals::backends::postgres {

// https://www.postgresql.org/docs/15/errcodes-appendix.html; the message goes to the private text.
CheckError meaning_of(std::string_view sqlstate, std::string_view message);

class Session {
  public:
    // Enters the phases "resolve", "connect", "tls" and "auth". Of several places it uses the first
    // that accepts a session and has the role. As in libpq, the next place is tried after a place
    // that is unreachable or starting, but not after a refused log-in.
    static net::awaitable<std::unique_ptr<Session>> open(net::Context& context, Access access);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // Runs one statement; parameters are texts, $1 and so on. Throws CheckError when the connection
    // is lost, or the answer is larger than a check needs.
    net::awaitable<Answer> ask(std::string sql, std::vector<std::string> parameters = {});
    // The same; an error of the server is thrown as meaning_of().
    net::awaitable<Answer> demand(std::string sql, std::vector<std::string> parameters = {});
    // Begins a transaction in which no statement takes longer than the rest of the run. The limit
    // is local to it, so that behind a pooler nobody else inherits it.
    net::awaitable<void> begin();

    // Restores the session to its state after the log-in, whatever a foreign statement changed.
    net::awaitable<void> discard();

    // See checks/reuse.hpp.
    bool quiet() const;
    void resume(net::Context& context, Steady answer_by);

    int version() const;  // 150004
    bool encrypted() const;

  private:
    Session(net::Context& context, pg_conn* connection);
    static net::awaitable<std::unique_ptr<Session>> open_place(net::Context& context, Access access,
                                                               std::size_t places_left);
    static net::awaitable<std::unique_ptr<Session>> open_at(net::Context& context, Access access,
                                                            std::string address, Steady give_up,
                                                            std::optional<CheckError>& unanswered);
    net::awaitable<bool> connect(const Access& access, Steady give_up);
    net::awaitable<int> poll(const Access& access);
    net::awaitable<void> await_input();
    net::awaitable<void> send_written();
    net::awaitable<void> await_result(std::uint64_t began);
    std::string phase_now(const Access& access) const;
    CheckError connect_error(const Access& access) const;
    CheckError lost() const;
    void take(pg_result* result, Answer& answer) const;

    net::Context* context_;
    std::shared_ptr<Portions> portions_;
    std::shared_ptr<pg_conn> shared_;  // with a lane that computes, which may outlive the run
    pg_conn* connection_;
    std::optional<Steady> answer_by_;  // of the next answer, if it is not the run's deadline
};

// `a"b.c` as an SQL name: each part quoted.
std::string quoted_name(std::string_view name);

}  // namespace vitals::backends::postgres
