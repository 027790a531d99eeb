#include "postgres.hpp"

#include <utility>

#include "checks/expected_value.hpp"
#include "checks/run_on_postgres.hpp"
#include "text/prose.hpp"

namespace vitals::checks::postgres {

namespace {

using namespace backends::postgres;

Verified verify(const Options& options) {
    if (!options.expect.empty() && options.query.empty())
        return std::unexpected("expect without a query");
    return verify_access_to_postgres(options);
}

constexpr Field fields[] = {
    url_field<Options>(),
    user_field<Options>(),
    password_field<Options>(),
    field<&Options::query>("query", "The statement to run instead of SELECT 1.",
                           {.example = "SELECT count(*) < 1000 FROM queue"}),
    expected_value_field<Options>("t"),
    field<&Options::writable>(
        "writable", "Failed on a standby, and where transactions are read-only by default."),
    auth_every_field<Options>(),
    tls_field<Options>(),
};

void judge(const Options& options, const Answer& answer) {
    if (options.query.empty())
        require_one(answer.value());
    else
        require_expected(options.expect, answer.value());
}

net::awaitable<void> insist_on_writing(net::Context& context, Session& session) {
    context.enter("writable");
    const Answer answer = co_await session.demand(
        "SELECT pg_catalog.pg_is_in_recovery(), "
        "pg_catalog.current_setting('transaction_read_only')");
    const bool complete = answer.rows.size() == 1 && answer.rows[0].size() == 2;
    if (!complete) throw CheckError(ErrorClass::protocol, "not a PostgreSQL answer");
    if (answer.rows[0][0] != "f")
        throw CheckError(ErrorClass::assertion, "is a standby: read-only");
    if (answer.rows[0][1] != "off")
        throw CheckError(ErrorClass::assertion, "refuses writes: read-only by default");
}

net::awaitable<Outcome> ask(const Options& options, net::Context& context, Session& session) {
    context.enter("query");
    // A configured query may take long, and change something. SELECT 1 does neither, and a pooler
    // takes it without a transaction, too.
    const bool foreign = !options.query.empty();
    if (foreign) co_await session.begin();
    const std::string query = foreign ? options.query : "SELECT 1";
    const Answer answer = co_await session.demand(query);
    judge(options, answer);
    if (options.writable) co_await insist_on_writing(context, session);
    if (foreign) {
        context.enter("commit");
        co_await session.demand("COMMIT");
    }
    // No lock, setting or temporary table of a configured query stays in the session.
    const bool may_leave_something = may_keep(options, context) && foreign;
    if (may_leave_something) co_await session.discard();
    std::string detail = options.expect.empty() ? "answers" : "answers as expected";
    if (options.writable) detail += ", may be written to";
    co_return ok(std::move(detail)).with("tls", session.encrypted());
}

constexpr std::string_view proves = R"(
    PostgreSQL accepts this user, has a connection slot left for it, and answers SELECT 1.
    With `query`, the first value of the result is compared with `expect`; the query runs
    in a transaction of its own. With `writable: true`, the server is also no standby and
    not read-only by default; a standby answers SELECT 1 too. Behind a pooler, the query
    reaches the database; the authentication may end at the pooler. This kind does not
    prove that a row can be written: use postgres_crud for that.)"_prose;

}  // namespace

const Kind kind =
    make_kind<Options, fields, run_on_postgres<ask, Options>, verify, from_url<Options>>(
        "postgres", "Logs in and runs a query.",
        {.proves = proves,
         .schemes = {"postgresql", "postgres"},
         .urls = {"postgresql://user:password@host/database"},
         .category = Category::datastore});

}  // namespace vitals::checks::postgres
