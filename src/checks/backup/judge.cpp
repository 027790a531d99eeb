#include "judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "text/amount.hpp"

namespace vitals::checks::backup {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds clocks_differ = std::chrono::minutes(5);
constexpr std::size_t compared = 5;  // that came before
constexpr std::size_t enough = 3;    // of them, to know what is usual
constexpr double far_smaller = 0.2;  // of smaller_than: failed

milliseconds since(System then, System now) {
    return std::chrono::duration_cast<milliseconds>(now - then);
}

Outcome unreadable(const Options& options, int error) {
    const std::string text = options.path + ": " + std::generic_category().message(error);
    switch (error) {
        case ENOENT:
        case ENOTDIR:
            return failed("path does not exist", ErrorClass::assertion, text);
        case EACCES:
        case EPERM:
            return unknown("not permitted to look there", text);
        case EMFILE:
        case ENFILE:
            return unknown("no descriptors left", text);
        default:
            return failed("path cannot be read", ErrorClass::assertion, text);
    }
}

// The usual size: one full backup among small ones does not change it.
std::optional<double> usual_size(std::span<const Entry> before) {
    std::vector<std::uint64_t> sizes;
    for (const Entry& entry : before.first(std::min(before.size(), compared)))
        sizes.push_back(entry.bytes);
    if (sizes.size() < enough) return std::nullopt;
    std::ranges::sort(sizes);
    const std::size_t middle = sizes.size() / 2;
    const auto high = static_cast<double>(sizes[middle]);
    if (sizes.size() % 2 == 1) return high;
    return (high + static_cast<double>(sizes[middle - 1])) / 2;
}

std::optional<Outcome> of_size(const Options& options, std::span<const Entry> entries) {
    const Entry& newest = entries.front();
    const std::string text = text::about_bytes(newest.bytes);
    const std::string error = newest.name;
    if (newest.bytes < options.min_size.bytes)
        return failed(newest.bytes == 0 ? "the newest is empty" : "the newest has only " + text,
                      ErrorClass::assertion, error);
    const auto usual = usual_size(entries.subspan(1));
    if (!usual || *usual == 0) return std::nullopt;
    const double share = static_cast<double>(newest.bytes) / *usual * 100;
    if (share >= options.smaller_than.value) return std::nullopt;
    std::string detail =
        fmt::format("the newest has only {}, {} of the usual", text, text::about_percent(share));
    if (share < far_smaller * options.smaller_than.value)
        return failed(std::move(detail), ErrorClass::assertion, error);
    Outcome outcome = degraded(std::move(detail));
    outcome.error = error;
    return outcome;
}

// How many of the first entries are still being written: at most the newest one.
std::size_t unsettled(const Options& options, std::span<const Entry> entries, System now) {
    // A name says when it began, not when it ended.
    if (options.time == "name") return 0;
    return !entries.empty() && since(entries.front().time, now) < options.settle ? 1 : 0;
}

Outcome of_whole_ones(const Options& options, std::span<const Entry> entries, System now) {
    Outcome outcome = judge_age(options, entries.front().time, now);
    if (outcome.status != Status::failed)
        if (auto trouble = of_size(options, entries); trouble && trouble->status != Status::ok)
            if (outcome.status == Status::ok || trouble->status == Status::failed) {
                trouble->properties = std::move(outcome.properties);
                outcome = *std::move(trouble);
            }
    return std::move(outcome).with("newest_bytes",
                                   static_cast<std::int64_t>(entries.front().bytes));
}

}  // namespace

Outcome judge_age(const Options& options, System newest, System now) {
    const milliseconds age = std::max(since(newest, now), milliseconds(0));
    const std::string text = "the newest is " + text::about_duration(age) + " old";
    Outcome outcome = age > options.failed_after     ? failed(text)
                      : age > options.degraded_after ? degraded(text)
                                                     : ok(text);
    return std::move(outcome).with("age_seconds",
                                   std::chrono::duration_cast<std::chrono::seconds>(age).count());
}

Outcome judge(const Options& options, const Listing& listing, Writing& writing, System now) {
    if (listing.error != 0) return unreadable(options, listing.error);
    if (listing.too_many)
        return unknown("too many files",
                       fmt::format("{}: more than {}", options.path, most_entries));
    std::span<const Entry> entries = listing.entries;
    // Such a backup would be new for ever.
    const auto later = [&](const Entry& entry) { return since(now, entry.time) > clocks_differ; };
    const std::size_t ahead =
        static_cast<std::size_t>(std::ranges::find_if_not(entries, later) - entries.begin());
    entries = entries.subspan(ahead);
    if (entries.empty() && ahead == 0)
        return failed(listing.unnamed ? "no backup has a date in its name" : "no backup",
                      ErrorClass::assertion, options.path);
    if (entries.empty()) return failed("every backup is from the future: a clock is wrong");
    std::string note;
    const std::size_t young = unsettled(options, entries, now);
    if (young > 0) {
        if (writing.name != entries.front().name) writing = {entries.front().name, now};
        note = ", one is being written";
        const milliseconds taken = since(writing.since, now);
        if (taken > options.longest)
            note = ", one has been written for " + text::about_duration(taken);
        // If there is no other, it is all there is.
        if (entries.size() > young) entries = entries.subspan(young);
    } else {
        writing = {};
    }
    Outcome outcome = entries.size() == listing.entries.size() - ahead && young > 0
                          ? judge_age(options, entries.front().time, now)
                          : of_whole_ones(options, entries, now);
    outcome.detail += note;
    if (outcome.status == Status::ok && note.starts_with(", one has"))
        outcome.status = Status::degraded;
    if (outcome.status == Status::ok && ahead > 0) {
        outcome.status = Status::degraded;
        outcome.detail += ", and one is from the future: a clock is wrong";
    }
    return std::move(outcome).with("backups", static_cast<std::int64_t>(listing.entries.size()));
}

}  // namespace vitals::checks::backup
