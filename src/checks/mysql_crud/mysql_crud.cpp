#include "mysql_crud.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "checks/access_fields.hpp"
#include "checks/crud.hpp"
#include "checks/random_text.hpp"
#include "checks/run_on_mysql.hpp"
#include "net/within.hpp"
#include "text/prose.hpp"
#include "text/quote.hpp"

namespace vitals::checks::mysql_crud {

namespace {

using namespace backends::mysql;

constexpr int no_table = 1146, no_column = 1054, not_permitted = 1142, not_permitted_here = 1044,
              no_default = 1364;
constexpr std::size_t longest_name = 64;

bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= longest_name && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '$';
    });
}

Verified verify_table(const std::string& table) {
    const std::size_t dot = table.find('.');
    const bool good = dot == std::string::npos
                          ? is_name(table)
                          : is_name(std::string_view(table).substr(0, dot)) &&
                                is_name(std::string_view(table).substr(dot + 1));
    return verified(good ? std::string()
                         : "is no name of a table; expected table or database.table");
}

std::string quoted_name(const std::string& table) {
    const std::size_t dot = table.find('.');
    if (dot == std::string::npos) return fmt::format("`{}`", table);
    return fmt::format("`{}`.`{}`", table.substr(0, dot), table.substr(dot + 1));
}

bool names_database(const text::Url& url) {
    return url.path.size() > 1 || url.parameter("db") != nullptr;
}

Verified verify(const Options& options) {
    if (!options.table.contains('.') &&
        (options.url.scheme == "unix" ? options.url.parameter("db") == nullptr
                                      : !names_database(options.url)))
        return std::unexpected("no database; name one in url, or write table as database.table");
    return verify_access(options.url, options.user, options.tls);
}

Verified from_url(Options& options, std::string_view url) {
    constexpr std::string_view prefix = "crud+";
    options.url = url.substr(url.starts_with(prefix) ? prefix.size() : 0);
    return verify_url(options.url);
}

constexpr Field fields[] = {
    mysql_url_field<Options>(),
    user_field<Options>(),
    password_field<Options>(),
    field<&Options::table, verify_table>("table",
                                         "The table for probe rows, or database.table; created if "
                                         "it is missing and the user may create it.",
                                         {.example = "monitoring.vitals_probe"}),
    auth_every_field<Options>(),
    mysql_tls_field<Options>(),
};

std::string creation_of(const std::string& name) {
    return fmt::format(
        "CREATE TABLE IF NOT EXISTS {} (id VARCHAR(64) NOT NULL PRIMARY KEY, value VARCHAR(64) NOT "
        "NULL) ENGINE=InnoDB",
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
        const Answer own = co_await session_.demand("SELECT CONNECTION_ID()");
        connection_ = own.value().value_or("");
        co_await begin();
        Answer answer = co_await insert();
        if (answer.error && answer.error->code == no_table) {
            co_await make_table();
            co_await begin();
            answer = co_await insert();
        }
        if (answer.error && (answer.error->code == no_column || answer.error->code == no_default))
            throw CheckError(ErrorClass::assertion,
                             "table has other columns than id and value, texts",
                             "got " + text::quoted(answer.error->text));
        if (answer.error) throw meaning_of(*answer.error);
    }

    net::awaitable<void> retrieve() {
        context_.enter("retrieve");
        co_await compare(value_);
    }

    net::awaitable<void> update() {
        context_.enter("update");
        value_ = "vitals-" + random_text();
        co_await demand(
            fmt::format("UPDATE {} SET value = '{}' WHERE id = '{}'", name_, value_, id_));
        co_await compare(value_);
    }

    net::awaitable<void> remove() {
        context_.enter("delete");
        co_await demand(fmt::format("DELETE FROM {} WHERE id = '{}'", name_, id_));
        const Answer left = co_await session_.demand(selection());
        expect_deleted(left);
    }

    net::awaitable<void> commit() {
        context_.enter("commit");
        co_await demand("COMMIT");
    }

  private:
    std::string selection() const {
        return fmt::format("SELECT value FROM {} WHERE id = '{}'", name_, id_);
    }

    net::awaitable<void> begin() { co_await session_.demand("START TRANSACTION"); }

    net::awaitable<Answer> insert() {
        Answer answer = co_await write(
            fmt::format("INSERT INTO {} (id, value) VALUES ('{}', '{}')", name_, id_, value_));
        co_return answer;
    }

    net::awaitable<void> demand(std::string sql) {
        const Answer answer = co_await write(std::move(sql));
        if (answer.error) throw meaning_of(*answer.error);
    }

    net::awaitable<void> make_table() {
        co_await session_.demand("ROLLBACK");
        const std::string sql = creation_of(name_);
        const Answer answer = co_await write(sql);
        if (!answer.error) co_return;
        if (answer.error->code == not_permitted || answer.error->code == not_permitted_here)
            throw CheckError(
                ErrorClass::assertion,
                "table is missing and this user may not create it; run as a user who may: " + sql,
                "got " + text::quoted(answer.error->text));
        throw meaning_of(*answer.error);
    }

    net::awaitable<void> compare(std::string expected) {
        const Answer answer = co_await session_.demand(selection());
        compare_row(answer.value(), expected);
    }

    // A statement that waits for a lock, or for space on a full disk, still waits when its client
    // has gone: each run would take a connection for good. So it is given up while there is time to
    // end it.
    net::awaitable<Answer> write(std::string sql) {
        const auto patience = context_.left() * 3 / 4;
        session_.resume(context_, context_.clock().steady() + patience);
        auto statement = session_.ask(std::move(sql));
        auto answer = co_await unless_late(std::move(statement));
        if (answer) co_return *std::move(answer);
        co_await end_connection();
        throw CheckError(ErrorClass::timeout,
                         "writing hangs: a lock on tables, or no room on the disk");
    }

    // Ends our own statement from a second session; if there is no second session, it stays.
    net::awaitable<void> end_connection() {
        const Steady now = context_.clock().steady();
        const Steady until = now + (context_.deadline() - now) * 3 / 4;
        net::Context other(context_.environment(), context_.clock(), context_.component(),
                           context_.kind(), until);
        try {
            auto work = kill(other);
            co_await net::within(context_, until, std::move(work));
        } catch (const CheckError&) {
        }
    }

    net::awaitable<void> kill(net::Context& context) {
        auto session = co_await open_mysql(options_, context);
        co_await session->ask("KILL " + connection_);
        co_await retire(context, *session);
    }

    const Options& options_;
    net::Context& context_;
    Session& session_;
    std::string name_;
    std::string connection_;  // its number
    std::string id_ = "vitals-" + random_text();
    std::string value_ = "vitals-" + random_text();
};

constexpr std::string_view proves = R"(
    Rows of a table can be created, read, updated and deleted, and the transaction
    commits. Each step is compared with what was asked for. All steps are one transaction:
    a run that is cut off leaves nothing behind, and no other session sees the row, as
    long as the table's engine has transactions; the one that the check makes is InnoDB.
    It sees what `mysql` does not: tables that are locked for all, and a full disk. There
    statements hang; the check ends its own statement from a second connection. The table
    is created if it is missing; if the user may not create it, the detail holds the
    statement to run. A user who may write to a read-only server does so here, too. The
    check cannot tell whether the application's own tables are right.)"_prose;

}  // namespace

const Kind kind =
    make_kind<Options, fields, run_on_mysql<create_to_delete<Rows, Options, Session>, Options>,
              verify, from_url>("mysql_crud",
                                "Creates, retrieves, updates and deletes one row of a probe table.",
                                {.proves = proves,
                                 .schemes = {"crud+mysql", "crud+mysqls", "crud+mariadb"},
                                 .urls = {"crud+mysql://user:password@host/database"},
                                 .category = Category::datastore});

}  // namespace vitals::checks::mysql_crud
