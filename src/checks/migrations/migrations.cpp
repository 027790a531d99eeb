#include "migrations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include "checks/run_on_postgres.hpp"
#include "migration_files.hpp"
#include "net/reading.hpp"
#include "text/prose.hpp"
#include "text/quote.hpp"
#include "text/url.hpp"
#include "wire/nagios.hpp"

namespace vitals::checks::migrations {

namespace {

using namespace backends::postgres;

constexpr std::string_view no_table = "42P01";
constexpr std::string_view not_permitted = "42501";
constexpr std::size_t page = 500;
constexpr std::size_t most_rows = 100'000;
constexpr std::size_t most_shown = 5;
constexpr std::size_t longest_name = 80;

// The questions to a database, and the name of its tool.
struct Framework {
    std::string_view name;        // in configurations
    std::string_view title;       // in sentences
    std::string_view table;       // as the tool creates it
    std::string_view earlier;     // as older versions did
    std::string_view columns;     // that the table must have, between spaces
    std::string_view not_column;  // that it must not have: then it belongs to another tool
    std::string_view statement;   // {}: the table
    MigrationFiles (*read)(const MigrationSearch&);
};

constexpr Framework frameworks[] = {
    {"django", "Django", "django_migrations", "", " app name ", "", "SELECT app, name FROM {}",
     read_django},
    {"alembic", "Alembic", "alembic_version", "", " version_num ", "", "SELECT version_num FROM {}",
     read_alembic},
    {"flyway", "Flyway", "flyway_schema_history", "schema_version",
     " installed_rank version description type checksum success ", "",
     "SELECT version, description, type, checksum, success FROM {} ORDER BY installed_rank",
     read_flyway},
    {"liquibase", "Liquibase", "databasechangelog", "", " id author filename exectype ", "",
     "SELECT id, author, filename, exectype FROM {}", read_liquibase},
    {"rails", "Rails", "schema_migrations", "", " version ", "dirty", "SELECT version FROM {}",
     read_rails},
    {"golang-migrate", "golang-migrate", "schema_migrations", "", " version dirty ", "",
     "SELECT version, dirty FROM {} LIMIT 1", read_golang},
    {"diesel", "Diesel", "__diesel_schema_migrations", "", " version run_on ", "",
     "SELECT version FROM {}", read_diesel},
    {"sqitch", "Sqitch", "sqitch.changes", "", " change project ", "",
     "SELECT change, project FROM {}", read_sqitch},
};

constexpr std::string_view columns_statement =
    "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 "
    "AND NOT attisdropped";
// Where else a table with that name, or of another tool, exists.
constexpr std::string_view elsewhere_statement =
    "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n "
    "ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'f') "
    "AND c.relname = ANY (string_to_array($1, ',')) ORDER BY c.relname <> $2, 1 LIMIT 3";
constexpr std::string_view lock_statement = "SELECT 1 FROM {} WHERE locked LIMIT 1";

const Framework& framework_of(const std::string& name) {
    for (const Framework& each : frameworks)
        if (each.name == name) return each;
    throw CheckError(ErrorClass::local, "unknown framework", name);
}

Verified verify_path(const std::vector<std::string>& paths) {
    const bool good = std::none_of(paths.begin(), paths.end(), [](const std::string& each) {
        return each.empty() || each.contains('\0');
    });
    return verified(good ? std::string() : "expected the path of a directory or file");
}

Verified verify_table(const std::string& table) {
    return table.empty() ? Verified() : verify_name_of_table(table);
}

Verified verify(const Options& options) {
    if (!options.apps.empty() && options.framework != "django")
        return std::unexpected("apps is for framework: django");
    if (!options.contexts.empty() && options.framework != "liquibase")
        return std::unexpected("contexts is for framework: liquibase");
    return verify_access_to_postgres(options);
}

constexpr Field fields[] = {
    url_field<Options>(),
    user_field<Options>(),
    password_field<Options>(),
    field<&Options::framework>(
        "framework", "The tool that applies them.",
        {.required = true,
         .choices = "django|alembic|flyway|liquibase|rails|golang-migrate|diesel|sqitch",
         .example = "django"}),
    field<&Options::path, verify_path>(
        "path",
        "The directory of the project or of its migrations, or several of these; with Liquibase "
        "the root change log, with Sqitch the plan.",
        {.required = true, .example = "/srv/shop"}),
    field<&Options::apps>("apps",
                          "Django: only the apps with these labels, which must all exist; with `!` "
                          "before each, all apps but these, such as apps that are not installed.",
                          {.example = "[\"!sandbox\"]"}),
    field<&Options::contexts>("contexts",
                              "Liquibase: the contexts that it is run with; by default all."),
    field<&Options::table, verify_table>(
        "table", "The table of the tool, or schema.table, if it does not have the usual name.",
        {.example = "shop.django_migrations"}),
    field<&Options::ahead>("ahead",
                           "The status when the database has migrations that are newer than the "
                           "files, as during the deployment of a new version.",
                           {.choices = "ok|degraded|failed"}),
    auth_every_field<Options>(),
    tls_field<Options>(),
};

// `a, b, c and 4 more`
std::string listed(const std::vector<std::string>& names) {
    std::string made;
    const std::size_t shown = std::min(names.size(), most_shown);
    for (std::size_t index = 0; index < shown; ++index)
        made += (index > 0 ? ", " : "") + wire::printable(names[index], longest_name);
    if (names.size() > shown) made += fmt::format(" and {} more", names.size() - shown);
    return made;
}

// The content of the table; if it is missing, a possible reason.
class Table {
  public:
    Table(Session& session, const Framework& framework, const Options& options)
        : session_(session), framework_(framework), name_(options.table) {}

    // The rows; none when there is no table.
    net::awaitable<std::vector<Row>> read() {
        bool there = false;
        if (!name_.empty()) {
            there = co_await is_there();
        } else {
            name_ = framework_.table;
            there = co_await is_there();
            if (!there && !framework_.earlier.empty()) {
                name_ = framework_.earlier;
                there = co_await is_there();
                if (!there) name_ = framework_.table;
            }
        }
        std::vector<Row> rows;
        if (!there) {
            co_await explain();
            co_return rows;
        }
        const std::string statement =
            fmt::format(fmt::runtime(framework_.statement), quoted_name(name_));
        // In pages, because the session limits the size of an answer.
        const std::string declaration =
            "DECLARE vitals_migrations NO SCROLL CURSOR FOR " + statement;
        co_await ask(declaration);
        const std::string fetch = fmt::format("FETCH {} FROM vitals_migrations", page);
        for (;;) {
            Answer answer = co_await ask(fetch);
            const std::size_t got = answer.rows.size();
            std::move(answer.rows.begin(), answer.rows.end(), std::back_inserter(rows));
            if (got < page) break;
            if (rows.size() > most_rows)
                throw CheckError(ErrorClass::assertion,
                                 "the table of migrations has more than 100000 rows");
        }
        co_return rows;
    }
    // The text about a missing table; empty otherwise.
    const std::string& missing() const { return missing_; }

    // Liquibase: whether a tool holds the lock, or has left it behind.
    net::awaitable<bool> is_locked() {
        std::string lock = name_;
        if (framework_.name != "liquibase" || !missing_.empty()) co_return false;
        if (!lock.ends_with("changelog")) co_return false;
        name_ = lock + "lock";
        constexpr std::string_view columns = " locked ";
        const bool there = co_await is_there(columns);
        if (!there) co_return false;
        const std::string statement = fmt::format(lock_statement, quoted_name(name_));
        const Answer answer = co_await ask(statement);
        co_return !answer.rows.empty();
    }

  private:
    net::awaitable<Answer> ask(std::string sql, std::vector<std::string> parameters = {}) {
        Answer answer = co_await session_.ask(std::move(sql), std::move(parameters));
        if (answer.sqlstate == not_permitted)
            throw CheckError(ErrorClass::auth,
                             fmt::format("user may not read the table {}: GRANT SELECT ON {} to it "
                                         "(and USAGE on its schema)",
                                         name_, name_),
                             text::quoted(answer.message));
        if (answer.sqlstate == no_table)
            throw CheckError(ErrorClass::assertion, "the table of migrations went away meanwhile",
                             text::quoted(answer.message));
        if (!answer.succeeded()) throw meaning_of(answer.sqlstate, answer.message);
        co_return answer;
    }
    net::awaitable<bool> is_there() {
        const bool there = co_await is_there(framework_.columns);
        co_return there;
    }
    // Whether it exists; throws when it is another table.
    net::awaitable<bool> is_there(std::string_view columns) {
        std::vector<std::string> parameters{quoted_name(name_)};
        const Answer answer = co_await ask(std::string(columns_statement), std::move(parameters));
        if (answer.rows.empty()) co_return false;
        std::string found = " ";
        for (const Row& row : answer.rows) found += column(row, 0) + " ";
        for (std::size_t at = 1; at < columns.size();) {
            const std::size_t end = columns.find(' ', at);
            const std::string each(columns.substr(at - 1, end - at + 2));
            if (!found.contains(each))
                throw CheckError(
                    ErrorClass::assertion,
                    fmt::format("the table {} is not one of {}: it has no column {}", name_,
                                framework_.title, columns.substr(at, end - at)));
            at = end + 1;
        }
        if (!framework_.not_column.empty() &&
            found.contains(fmt::format(" {} ", framework_.not_column)))
            throw CheckError(
                ErrorClass::assertion,
                fmt::format(
                    "the table {} is not one of {}: it has a column {}, as golang-migrate's has",
                    name_, framework_.title, framework_.not_column));
        co_return true;
    }
    net::awaitable<void> explain() {
        missing_ = fmt::format("the table {} is missing", name_);
        std::string names;
        const std::string own = name_.substr(name_.find('.') + 1);
        for (const Framework& each : frameworks)
            names += std::string(each.table.substr(each.table.find('.') + 1)) + ",";
        // A name as general as `changes` in another schema means nothing, except for Sqitch.
        std::vector<std::string> parameters{names + own, own};
        const Answer answer = co_await ask(std::string(elsewhere_statement), std::move(parameters));
        std::string others;
        for (const Row& row : answer.rows) {
            const std::string place = column(row, 0);
            if (place.ends_with(".changes") && place != "sqitch.changes") continue;
            others += (others.empty() ? "" : ", ") + wire::printable(place, longest_name);
        }
        if (!others.empty())
            missing_ += fmt::format(", but there is {} (see `framework` and `table`)", others);
    }

    Session& session_;
    const Framework& framework_;
    std::string name_;
    std::string missing_;
};

Outcome judge(const Options& options, const MigrationState& state, const std::string& missing,
              bool locked) {
    std::string troubles;
    const auto add = [&troubles](const std::string& text) {
        troubles += (troubles.empty() ? "" : "; ") + text;
    };
    if (!missing.empty()) add(missing);
    if (!state.broken.empty()) add("did not end well: " + listed(state.broken));
    if (!state.pending.empty())
        add(fmt::format("{} unapplied: {}", state.pending.size(), listed(state.pending)));
    Outcome outcome = ok(fmt::format("all applied: {}", state.applied));
    if (!troubles.empty()) {
        outcome = failed(troubles);
    } else if (!state.ahead.empty() && options.ahead != "ok") {
        const std::string text =
            "the database is ahead of the files, which do not have " + listed(state.ahead);
        outcome = options.ahead == "failed" ? failed(text) : degraded(text);
    } else if (locked) {
        outcome = degraded(
            "all applied, but the change log is locked: a tool is using it, or was killed");
    }
    outcome.with("applied", static_cast<std::int64_t>(state.applied));
    outcome.with("pending", static_cast<std::int64_t>(state.pending.size()));
    if (!state.ahead.empty()) outcome.with("ahead", static_cast<std::int64_t>(state.ahead.size()));
    if (state.not_on_disk > 0)
        outcome.with("not_on_disk", static_cast<std::int64_t>(state.not_on_disk));
    if (state.unverified > 0)
        outcome.with("unverified", static_cast<std::int64_t>(state.unverified));
    return outcome;
}

net::awaitable<Outcome> look(const Options& options, net::Context& context, Session& session) {
    const Framework& framework = framework_of(options.framework);
    context.enter("files");
    MigrationSearch search{options.path, options.apps, options.contexts};
    std::function<MigrationFiles()> code = [read = framework.read, search = std::move(search)] {
        return read(search);
    };
    const MigrationFiles files = co_await net::reading(context, std::move(code));
    context.enter("table");
    co_await session.begin();
    co_await session.demand("SET TRANSACTION READ ONLY");
    Table table(session, framework, options);
    const std::vector<Row> rows = co_await table.read();
    const bool locked = co_await table.is_locked();
    co_await session.demand("COMMIT");
    const MigrationState state = files.compare(rows);
    co_return judge(options, state, table.missing(), locked);
}

// `migrations+postgresql://user@host/db?framework=django&path=/srv/shop`: PostgreSQL's own
// parameters stay in the URL.
Verified from_url(Options& options, std::string_view url) {
    constexpr std::string_view prefix = "migrations+";
    const std::string_view text = url.substr(url.starts_with(prefix) ? prefix.size() : 0);
    const auto parsed = text::parse_url(text);
    if (!parsed) return std::unexpected(parsed.error());
    for (const auto& [name, value] : parsed->query) {
        if (name == "framework") options.framework = value;
        if (name == "path") options.path.push_back(value);
    }
    const std::size_t question = std::min(text.find('?'), text.size());
    std::string own(text.substr(0, question));
    std::string_view rest = text.substr(std::min(question + 1, text.size()));
    bool first = true;
    while (!rest.empty()) {
        const std::string_view each = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(each.size() + 1, rest.size()));
        if (each.starts_with("framework=") || each.starts_with("path=")) continue;
        own += first ? '?' : '&';
        own += each;
        first = false;
    }
    options.url = own;
    const bool known =
        std::any_of(std::begin(frameworks), std::end(frameworks),
                    [&options](const Framework& each) { return each.name == options.framework; });
    if (!known)
        return std::unexpected(
            "names no framework; expected ?framework=django and so on, and &path=/directory");
    if (options.path.empty()) return std::unexpected("names no path; expected &path=/directory");
    return backends::postgres::verify_url(options.url);
}

constexpr std::string_view proves = R"(
    Every migration on disk is applied. Django, Alembic, Flyway, Liquibase, Rails,
    golang-migrate, Diesel and Sqitch are understood. Files are read, never run. If the
    tool's table is missing, nothing is applied. A directory without migrations, or one
    that cannot be read, is unknown. A migration that began and did not end well (a failed
    row of Flyway or Liquibase, a dirty golang-migrate) is failed. A database that is
    ahead of the files is degraded, or what `ahead` says. It is ahead when it has a
    migration newer than all files (Rails, Diesel), one that is not among the files
    (Flyway's versions, golang-migrate, Sqitch), or an unknown revision (Alembic). Older
    rows whose files are gone are counted as `not_on_disk` and are normal; so are all such
    rows of Django and Liquibase. Squashed migrations and merges of Django, branches of
    Alembic and baselines of Flyway count as they do in these tools. Flyway's repeatable
    migrations are compared by checksum, unless they hold placeholders (`unverified`).
    Django's own apps are seen only when `path` names them too. The check does not notice
    that a migration was edited after it was applied; Flyway and Liquibase refuse such a
    file, or apply it again with runOnChange. It cannot tell whether the tables are as the
    migrations made them.)"_prose;

}  // namespace

std::string column(const Row& row, std::size_t index) {
    return index < row.size() ? row[index].value_or("") : std::string();
}

const Kind kind = make_kind<Options, fields, run_on_postgres<look, Options>, verify, from_url>(
    "migrations", "Compares migrations on disk with those that the database has.",
    {.proves = proves,
     .schemes = {"migrations+postgresql", "migrations+postgres"},
     .urls = {"migrations+postgresql://user@host/db?framework=django&path=/srv/shop"},
     .category = Category::datastore});

}  // namespace vitals::checks::migrations
