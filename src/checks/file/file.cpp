#include "file.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fmt/format.h>

#include "checks/examining.hpp"
#include "checks/file_error.hpp"
#include "checks/path_from_url.hpp"
#include "model/findings.hpp"
#include "model/moment.hpp"
#include "net/file.hpp"
#include "text/amount.hpp"
#include "text/prose.hpp"
#include "wire/pattern.hpp"

namespace vitals::checks::file {

namespace {

using std::chrono::milliseconds;

// The clock of a file server need not agree with this machine's to the second.
constexpr milliseconds tolerance = std::chrono::seconds(10);

// A failed stat(2) or read(2).
Outcome refused(const Options& options, int error) {
    const std::string text = system_text(options.path, error);
    if (auto own = could_not_look(text, error, "not permitted to look")) return *std::move(own);
    if (error != ENOENT && error != ENOTDIR)
        return failed("cannot be read", ErrorClass::assertion, text);
    if (options.absent) return ok("does not exist, as it should");
    struct stat link{};
    const bool dangles = ::lstat(options.path.c_str(), &link) == 0 && S_ISLNK(link.st_mode);
    return failed(dangles ? "is a link to nothing" : "does not exist", ErrorClass::assertion, text);
}

void judge_type(const Options& options, mode_t mode, Findings& findings) {
    if (options.type == "file" && !S_ISREG(mode))
        findings.add(Status::failed, "is no regular file");
    if (options.type == "directory" && !S_ISDIR(mode))
        findings.add(Status::failed, "is no directory");
}

void judge_age(const Options& options, milliseconds age, Findings& findings) {
    if (!options.degraded_age && !options.failed_age) return;
    // It would stay new for ever: that proves nothing.
    if (age < -tolerance)
        return findings.add(Status::degraded, "changed " + text::about_duration(-age) +
                                                  " in the future, by our clock");
    const std::string text = "changed " + text::about_duration(age) + " ago";
    if (options.failed_age && age > *options.failed_age)
        findings.add(Status::failed, text);
    else if (options.degraded_age && age > *options.degraded_age)
        findings.add(Status::degraded, text);
}

void judge_size(const Options& options, std::uint64_t size, Findings& findings) {
    if (options.min_size && size < options.min_size->bytes)
        findings.add(Status::failed, text::about_bytes(size) + ", expected at least " +
                                         text::about_bytes(options.min_size->bytes));
    if (options.max_size && size > options.max_size->bytes)
        findings.add(Status::failed, text::about_bytes(size) + ", expected at most " +
                                         text::about_bytes(options.max_size->bytes));
}

// Nothing if the file can be read.
std::optional<Outcome> judge_content(const Options& options, const struct stat& status,
                                     Findings& findings) {
    if (!S_ISREG(status.st_mode)) {
        findings.add(Status::failed, "has no content: it is no regular file");
        return std::nullopt;
    }
    const auto content = net::read_file(options.path, options.within.bytes);
    if (!content) return refused(options, content.error());
    if (options.contains.found_in(*content)) return std::nullopt;
    const bool cut = static_cast<std::uint64_t>(status.st_size) > options.within.bytes;
    findings.add(
        Status::failed,
        "does not contain what it should" +
            (cut ? " in its first " + text::about_bytes(options.within.bytes) : std::string()));
    return std::nullopt;
}

Outcome examine(const Options& options, System now) {
    struct stat status{};
    if (::stat(options.path.c_str(), &status) != 0) return refused(options, errno);
    if (options.absent)
        return failed("exists, though it should not", ErrorClass::assertion, options.path);

    const auto size = static_cast<std::uint64_t>(status.st_size);
    const System changed = moment_of(status.st_mtim);
    const auto age = std::chrono::duration_cast<milliseconds>(now - changed);
    Findings findings;
    judge_type(options, status.st_mode, findings);
    judge_age(options, age, findings);
    judge_size(options, size, findings);
    if (!options.contains.empty()) {
        if (auto trouble = judge_content(options, status, findings)) return *std::move(trouble);
    }

    Outcome outcome =
        findings.status == Status::failed
            ? failed(findings.text, ErrorClass::assertion, options.path)
        : findings.status == Status::degraded
            ? degraded(findings.text)
            : ok(S_ISREG(status.st_mode) ? "exists, " + text::about_bytes(size) : "exists");
    if (S_ISREG(status.st_mode)) outcome.with("size_bytes", static_cast<std::int64_t>(size));
    outcome.with("age_seconds", std::chrono::duration_cast<std::chrono::seconds>(age).count());
    return outcome;
}

Verified verify(const Options& options) {
    const bool asks = options.type != "any" || options.degraded_age || options.failed_age ||
                      options.min_size || options.max_size || !options.contains.empty();
    if (options.absent && asks)
        return std::unexpected(
            "absent: true leaves nothing to ask: remove the expectations or absent");
    if (options.type == "directory" && !options.contains.empty())
        return std::unexpected("contains is for files: a directory has no content");
    if (options.degraded_age && options.failed_age && *options.degraded_age > *options.failed_age)
        return std::unexpected("degraded_age is greater than failed_age: it could never show");
    if (options.min_size && options.max_size && options.min_size->bytes > options.max_size->bytes)
        return std::unexpected("min_size is greater than max_size: no file fits");
    return {};
}

constexpr Field fields[] = {
    field<&Options::path>("path", "The file or directory; links are followed.",
                          {.required = true, .example = "/var/backups/shop.dump"}),
    field<&Options::absent>("absent", "Whether it must not exist (a lock, a maintenance flag)."),
    field<&Options::type>("type", "The type that it must have.", {.choices = "any|file|directory"}),
    field<&Options::degraded_age>("degraded_age", "Degraded when the last change is longer ago.",
                                  {.example = "25h"}),
    field<&Options::failed_age>("failed_age", "Failed when the last change is longer ago.",
                                {.example = "49h"}),
    field<&Options::min_size>("min_size", "Failed when it is smaller.", {.example = "1MiB"}),
    field<&Options::max_size>("max_size", "Failed when it is larger.", {.example = "2GiB"}),
    field<&Options::contains>("contains",
                              "Text, or a regular expression between slashes, that it must hold.",
                              {.example = "/^done: [0-9]+ rows/"}),
    field<&Options::within>("within", "How much of its beginning is searched for that.",
                            {.least = 1, .most = 64 << 20}),
};

constexpr std::string_view proves = R"(
    A file or directory exists, was changed recently enough, has a plausible size, and
    holds an expected text; or it is absent. A time of change in the future is degraded,
    because it proves no age. The check cannot tell whether the rest of the content is
    right. On a network file system it sees what this machine sees, which may be older
    than what the server holds. Age is measured by the wall clock, the clock that files
    use.)"_prose;

}  // namespace

const Kind kind =
    make_kind<Options, fields, run_examining_now<examine, Options>, verify, path_from_url<Options>>(
        "file", "A file exists (or not), is recent, has the right size, and holds a text.",
        {.proves = proves, .schemes = {"file"}, .category = Category::system});

}  // namespace vitals::checks::file
