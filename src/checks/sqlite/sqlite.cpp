#include "sqlite.hpp"

#include <functional>
#include <memory>

#include "checks/path_from_url.hpp"
#include "net/reading.hpp"
#include "probe.hpp"
#include "text/prose.hpp"

namespace vitals::checks::sqlite {

namespace {

using Step = std::function<void(Probe&)>;

// One phase, on the lane. In any case the database is also closed there: closing may roll back or
// checkpoint, and so block.
net::awaitable<void> step(net::Context& context, std::string_view phase,
                          std::shared_ptr<Probe> probe, Step work) {
    context.enter(phase);
    std::function<bool()> code = [probe = std::move(probe), work = std::move(work)] {
        try {
            work(*probe);
        } catch (...) {
            probe->close();
            throw;
        }
        return true;
    };
    // All users of one file in this process share SQLite's descriptors.
    co_await net::reading(context, std::move(code), net::Descriptors::shared);
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    // Waits for locks a little less than the run may take, so that the answer is "locked".
    const Steady patience = context.deadline() - context.left() / 5;
    const auto probe = std::make_shared<Probe>(options.path, patience, context.deadline());
    Step open = [](Probe& it) { it.open_for_reading(); };
    if (options.write) open = [create = options.create](Probe& it) { it.open_for_writing(create); };
    Step write = [](Probe& it) { it.write(); };
    Step read = [](Probe& it) { it.read(); };
    Step remove = [](Probe& it) { it.remove(); };
    const bool full = options.integrity == "full";
    Step check = [full](Probe& it) { it.check(full ? "integrity_check" : "quick_check"); };
    Step close = [](Probe& it) { it.close(); };

    co_await step(context, "open", probe, std::move(open));
    if (options.write) {
        co_await step(context, "write", probe, std::move(write));
        co_await step(context, "read", probe, std::move(read));
        co_await step(context, "delete", probe, std::move(remove));
    }
    if (options.integrity != "none") co_await step(context, "integrity", probe, std::move(check));
    co_await step(context, "close", probe, std::move(close));

    std::string detail = options.write ? "written and read back" : "readable";
    if (options.integrity != "none") detail += ", no damage found";
    co_return ok(std::move(detail)).with("size_bytes", probe->size());
}

Verified verify_path(const std::string& path) {
    // SQLite would make its own databases of these: in memory, in a temporary file.
    if (path.empty() || path.starts_with(':'))
        return std::unexpected("expected the path of a database file");
    return {};
}

Verified verify(const Options& options) {
    if (options.create && !options.write)
        return std::unexpected("create: true contradicts write: false: nothing would be created");
    return {};
}

constexpr Field fields[] = {
    field<&Options::path, verify_path>("path", "The database file.",
                                       {.required = true, .example = "/var/lib/shop/shop.db"}),
    field<&Options::create>("create",
                            "Whether to create a database that does not exist; otherwise a missing "
                            "or empty file is failed."),
    field<&Options::write>("write",
                           "Whether to write a row to the table vitals_probe (created if missing), "
                           "read it back and delete it; with false the check only reads."),
    field<&Options::integrity>("integrity",
                               "Whether SQLite checks all pages: quick, or full with indexes; this "
                               "takes as long as reading the whole file.",
                               {.choices = "none|quick|full"}),
};

constexpr std::string_view proves = R"(
    The database opens, its schema can be read, and a row is committed, read back,
    compared and deleted again. Each step must end within the timeout, against the locks
    of other programs. With `integrity`, SQLite finds no damage in the pages. A file that
    is missing or has become empty is failed; SQLite itself would silently create a new
    one. Nothing stays in the table: a later run removes the row of a killed run. The
    check cannot tell whether the application's own rows are right. A program that keeps
    its database locked all the time (locking_mode=EXCLUSIVE) admits no other: check it in
    another way.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run, verify, path_from_url<Options>>(
    "sqlite", "A database is written, read back, and undamaged.",
    {.proves = proves, .schemes = {"sqlite"}, .category = Category::datastore});

}  // namespace vitals::checks::sqlite
