#include "postgres_crud.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "checks/crud.hpp"
#include "checks/random_text.hpp"
#include "checks/run_on_postgres.hpp"
#include "text/prose.hpp"
#include "text/quote.hpp"

namespace vitals::checks::postgres_crud {

namespace {

using namespace backends::postgres;

constexpr const char* facts_statement =
    "SELECT pg_catalog.pg_backend_pid(), "
    "pg_catalog.current_setting('synchronous_standby_names') <> '' "
    "AND pg_catalog.current_setting('synchronous_commit') NOT IN ('off', 'local')";
constexpr std::string_view no_table = "42P01";
constexpr std::string_view not_permitted = "42501";
constexpr std::string_view no_column = "42703";
constexpr std::string_view made_meanwhile = "23505";  // also of CREATE TABLE IF NOT EXISTS
constexpr std::string_view exists_already = "42P07";

constexpr Field fields[] = {
    url_field<Options>(),
    user_field<Options>(),
    password_field<Options>(),
    field<&Options::table, verify_name_of_table>(
        "table",
        "The table for probe rows, or schema.table; created if it is missing and the user may "
        "create it.",
        {.example = "monitoring.vitals_probe"}),
    auth_every_field<Options>(),
    tls_field<Options>(),
};

std::string creation_of(const std::string& name) {
    return fmt::format("CREATE TABLE IF NOT EXISTS {} (id text PRIMARY KEY, value text NOT NULL)",
                       name);
}

// All steps are in one transaction: if it is interrupted anywhere, the server undoes it, and nobody
// else ever sees the row.
class Rows {
  public:
    Rows(const Options& options, net::Context& context, Session& session)
        : options_(options),
          context_(context),
          session_(session),
          name_(quoted_name(options.table)) {}

    net::awaitable<void> create() {
        context_.enter("create");
        co_await session_.begin();
        const Answer facts = co_await session_.demand(facts_statement);
        if (facts.rows.size() == 1 && facts.rows[0].size() == 2) {
            backend_ = facts.rows[0][0].value_or("");
            synchronous_ = facts.rows[0][1] == "t";
        }
        Answer answer = co_await insert();
        if (answer.sqlstate == no_table) {
            co_await make_table();
            co_await session_.begin();
            answer = co_await insert();
        }
        if (answer.sqlstate == no_column) {
            throw CheckError(ErrorClass::assertion,
                             "table has other columns than id text and value text",
                             "got " + text::quoted(answer.message));
        }
        require(answer, "INSERT 0 1", "the row was not created");
    }

    net::awaitable<void> retrieve() {
        context_.enter("retrieve");
        const std::string sql = fmt::format("SELECT value FROM {} WHERE id = $1", name_);
        std::vector<std::string> parameters{id_};
        const Answer answer = co_await session_.demand(sql, std::move(parameters));
        compare_row(answer.value(), value_);
    }

    net::awaitable<void> update() {
        context_.enter("update");
        value_ = "vitals-" + random_text();
        const std::string sql =
            fmt::format("UPDATE {} SET value = $2 WHERE id = $1 RETURNING value", name_);
        std::vector<std::string> parameters{id_, value_};
        const Answer answer = co_await session_.demand(sql, std::move(parameters));
        compare_row(answer.value(), value_);
        co_await retrieve();
    }

    net::awaitable<void> remove() {
        context_.enter("delete");
        const std::string sql = fmt::format("DELETE FROM {} WHERE id = $1", name_);
        std::vector<std::string> parameters{id_};
        const Answer answer = co_await session_.ask(sql, std::move(parameters));
        require(answer, "DELETE 1", "the row was not deleted");
        const std::string again = fmt::format("SELECT value FROM {} WHERE id = $1", name_);
        std::vector<std::string> same{id_};
        const Answer left = co_await session_.demand(again, std::move(same));
        expect_deleted(left);
    }

    net::awaitable<void> commit() {
        context_.enter("commit");
        const Answer answer = co_await end("COMMIT");
        require(answer, "COMMIT", "the server rolled back instead");
    }

  private:
    net::awaitable<Answer> insert() {
        const std::string sql = fmt::format("INSERT INTO {} (id, value) VALUES ($1, $2)", name_);
        std::vector<std::string> parameters{id_, value_};
        Answer answer = co_await session_.ask(sql, std::move(parameters));
        co_return answer;
    }

    net::awaitable<void> make_table() {
        co_await session_.demand("ROLLBACK");
        co_await session_.begin();
        const std::string sql = creation_of(name_);
        const Answer answer = co_await session_.ask(sql);
        if (answer.sqlstate == not_permitted || answer.sqlstate == "3F000") {
            throw CheckError(
                ErrorClass::assertion,
                "table is missing and this user may not create it; run as its future owner: " + sql,
                "got " + text::quoted(answer.message));
        }
        // Another client, perhaps another vitals, was quicker.
        const bool raced = answer.sqlstate == made_meanwhile || answer.sqlstate == exists_already;
        if (!answer.succeeded() && !raced) throw meaning_of(answer.sqlstate, answer.message);
        std::string statement = raced ? "ROLLBACK" : "COMMIT";
        const Answer ended = co_await end(std::move(statement));
        if (!ended.succeeded()) throw meaning_of(ended.sqlstate, ended.message);
    }

    // No setting of the server bounds a commit that waits for synchronous standbys, and it still
    // waits when its client has gone: each run would take a connection for good. So it is given up
    // while there is time to end it.
    net::awaitable<Answer> end(std::string sql) {
        if (synchronous_) {
            const auto patience = context_.left() * 3 / 4;
            session_.resume(context_, context_.clock().steady() + patience);
        }
        auto statement = session_.ask(std::move(sql));
        auto answer = co_await unless_late(std::move(statement));
        if (answer) co_return *std::move(answer);
        const std::string phase = context_.phase();
        co_await end_backend();
        context_.enter(phase);
        throw CheckError(ErrorClass::timeout, "the commit waits for a synchronous standby");
    }

    // Ends our own commit from a second session; if there is no second session, it stays.
    net::awaitable<void> end_backend() {
        try {
            auto other = co_await open_postgres(options_, context_);
            std::vector<std::string> parameters{backend_};
            co_await other->ask("SELECT pg_catalog.pg_cancel_backend($1)", std::move(parameters));
        } catch (const CheckError&) {
        }
    }

    static void require(const Answer& answer, std::string_view tag, const char* detail) {
        if (!answer.succeeded()) throw meaning_of(answer.sqlstate, answer.message);
        if (answer.tag != tag)
            throw CheckError(ErrorClass::assertion, detail, "got " + text::quoted(answer.tag));
    }

    const Options& options_;
    net::Context& context_;
    Session& session_;
    std::string name_;
    std::string backend_;       // its process
    bool synchronous_ = false;  // a commit waits for standbys
    std::string id_ = "vitals-" + random_text();
    std::string value_ = "vitals-" + random_text();
};

constexpr std::string_view proves = R"(
    Rows of a table can be created, read, updated and deleted, and the transaction
    commits. Each step is compared with what was asked for. All steps are one transaction:
    a run that is cut off leaves nothing behind, and no other session sees the row. Where
    commits wait for a synchronous standby that is gone, the check ends its own commit
    from a second connection. The table is created if it is missing; if the user may not
    create it, the detail holds the statement to run. The check cannot tell whether the
    application's own tables are right.)"_prose;

}  // namespace

const Kind kind =
    make_kind<Options, fields, run_on_postgres<create_to_delete<Rows, Options, Session>, Options>,
              verify_access_to_postgres<Options>, from_url<Options>>(
        "postgres_crud", "Creates, retrieves, updates and deletes one row of a probe table.",
        {.proves = proves,
         .schemes = {"crud+postgresql", "crud+postgres"},
         .urls = {"crud+postgresql://user:password@host/database"},
         .category = Category::datastore});

}  // namespace vitals::checks::postgres_crud
