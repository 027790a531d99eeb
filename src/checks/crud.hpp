// One row of a probe table is created, retrieved, updated and deleted: the steps that kinds for
// different servers have in common. They have a class Rows for their statements.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "model/check_error.hpp"
#include "net/awaitable.hpp"
#include "net/context.hpp"
#include "text/quote.hpp"
#include "vitals/outcome.hpp"

namespace vitals::checks {

// The steps of Rows enter their phases, and throw CheckError.
template <class Rows, class Options, class Session>
net::awaitable<Outcome> create_to_delete(const Options& options, net::Context& context,
                                         Session& session) {
    Rows rows(options, context, session);
    co_await rows.create();
    co_await rows.retrieve();
    co_await rows.update();
    co_await rows.remove();
    co_await rows.commit();
    co_return ok("created, retrieved, updated, deleted").with("tls", session.encrypted());
}

// Throws if a row that was read does not hold what was written. `got`: nothing, there is no row.
inline void compare_row(const std::optional<std::string>& got, const std::string& expected) {
    if (got == expected) return;
    throw CheckError(ErrorClass::assertion,
                     got ? "the row holds something else than was written"
                         : "the row that was written is not there",
                     "got " + text::quoted(got.value_or("no row")));
}

template <class Answer>
void expect_deleted(const Answer& left) {
    if (!left.rows.empty())
        throw CheckError(ErrorClass::assertion, "the row is still there after its deletion");
}

// The answer to a statement that may hang; nothing: it came too late.
template <class Answer>
net::awaitable<std::optional<Answer>> unless_late(net::awaitable<Answer> statement) {
    try {
        Answer answer = co_await std::move(statement);
        co_return answer;
    } catch (const CheckError& error) {
        if (error.error_class != ErrorClass::timeout) throw;
    }
    co_return std::nullopt;
}

}  // namespace vitals::checks
