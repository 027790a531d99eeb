#include "knowledge.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <exception>
#include <string_view>
#include <utility>

#include "model/clock.hpp"
#include "model/moment.hpp"
#include "text/amount.hpp"
#include "text/json.hpp"

namespace vitals::checks::domain {

namespace {

using namespace std::chrono_literals;
namespace json = boost::json;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

constexpr auto ask_every = hours(24);
constexpr auto most_jitter = hours(2);  // on top
constexpr auto first_retry = 5min;      // twice as long after each failure, up to a day
constexpr unsigned most_doublings = 8;
constexpr auto longest_pause = days(7);  // whatever a server asks for
// Registrations are renewed at the last moment: older knowledge may be wrong.
constexpr auto knowledge_lasts = days(14);
constexpr auto fresh = ask_every + most_jitter + 1h;
// A registry that gives this answer for two days does not do so by mistake.
constexpr auto absence_counts_after = hours(23);

constexpr std::array<std::string_view, 4> out_of_service = {"client hold", "server hold",
                                                            "redemption period", "pending delete"};

System::duration drawn(double jitter) {
    return std::chrono::duration_cast<System::duration>(most_jitter * std::clamp(jitter, 0., 1.));
}

std::string in_days(System::duration time) {
    const auto count = std::chrono::floor<days>(time).count();
    if (count == 0) return "within a day";
    return "in " + text::counted(static_cast<std::size_t>(count), "day");
}

std::string age_in_words(System::duration age) {
    return text::about_duration(std::chrono::duration_cast<std::chrono::milliseconds>(
        std::max(age, System::duration::zero())));
}

// What the statuses mean; empty: nothing bad.
std::string trouble_of(const std::vector<std::string>& statuses) {
    std::vector<std::string_view> found;
    for (const std::string& status : statuses)
        if (std::ranges::find(out_of_service, status) != out_of_service.end())
            found.push_back(status);
    return fmt::format("{}", fmt::join(found, ", "));
}

Outcome by_end(System ends, const Options& options, System now) {
    const System::duration left = ends - now;
    if (left < System::duration::zero()) return failed("registration ended");
    const std::string detail = "registration ends " + in_days(left);
    if (left < options.failed_below) return failed(detail);
    if (left < options.degraded_below) return degraded(detail);
    return ok(detail);
}

Outcome of_what_is_known(const Knowledge& knowledge, const Options& options, System now) {
    const std::string trouble = trouble_of(knowledge.statuses);
    Outcome outcome = knowledge.ends ? by_end(*knowledge.ends, options, now)
                                     : unknown("the registry does not tell when it ends");
    if (!trouble.empty()) {
        const std::string end = knowledge.ends ? "; " + outcome.detail : std::string();
        outcome = failed(trouble + end);
    }
    if (knowledge.ends) outcome.with("ends", rfc3339(*knowledge.ends));
    if (!knowledge.statuses.empty())
        outcome.with("registry_status", fmt::format("{}", fmt::join(knowledge.statuses, ", ")));
    return outcome;
}

std::int64_t number_of(System time) {
    return std::chrono::floor<seconds>(time.time_since_epoch()).count();
}
System time_of(const json::value& value) {
    return moment_of(std::chrono::sys_seconds(seconds(value.as_int64())));
}

void write_time(text::JsonWriter& to, std::string_view name, const std::optional<System>& time) {
    if (time) to.member(name, number_of(*time));
}

std::optional<System> maybe_time(const json::object& from, std::string_view name) {
    const json::value* const found = from.if_contains(name);
    return found == nullptr ? std::nullopt : std::optional(time_of(*found));
}

std::string text_of(const json::object& from, std::string_view name) {
    return std::string(from.at(name).as_string());
}

}  // namespace

void note_failure(Knowledge& knowledge, Problem problem, System now, double jitter) {
    const unsigned doublings = std::min(knowledge.failures, most_doublings);
    System::duration pause = first_retry * (1u << doublings);
    pause = std::min<System::duration>(pause, ask_every + drawn(jitter));
    if (problem.retry_after)
        pause = std::min<System::duration>(std::max<System::duration>(pause, *problem.retry_after),
                                           longest_pause);
    ++knowledge.failures;
    knowledge.problem = std::move(problem.detail);
    knowledge.error = std::move(problem.error);
    knowledge.next = now + pause;
}

void note_absence(Knowledge& knowledge, std::string error, System now, double jitter) {
    if (!knowledge.absent_since) knowledge.absent_since = now;
    knowledge.absent_seen = now;
    knowledge.failures = 0;
    knowledge.problem = "the registry knows no such domain";
    knowledge.error = std::move(error);
    knowledge.next = now + ask_every + drawn(jitter);
}

void note_answer(Knowledge& knowledge, wire::rdap::Registration registration, System now,
                 double jitter) {
    knowledge.known = now;
    knowledge.ends = registration.ends;
    knowledge.statuses = std::move(registration.statuses);
    knowledge.absent_since.reset();
    knowledge.absent_seen.reset();
    knowledge.problem.clear();
    knowledge.error.clear();
    knowledge.failures = 0;
    knowledge.next = now + ask_every + drawn(jitter);
}

bool is_due(const Knowledge& knowledge, System now) {
    const bool from_the_future = knowledge.known && *knowledge.known > now + days(1);
    return now >= knowledge.next || knowledge.next - now > longest_pause + days(1) ||
           from_the_future;
}

Outcome judge(const Knowledge& knowledge, const Options& options, System now) {
    const bool gone = knowledge.absent_since &&
                      *knowledge.absent_seen - *knowledge.absent_since >= absence_counts_after;
    if (gone)
        return failed("not registered: the registry has known no such domain for " +
                          age_in_words(*knowledge.absent_seen - *knowledge.absent_since),
                      ErrorClass::assertion, knowledge.error);
    if (!knowledge.known)
        return unknown("not known yet when it ends: " + knowledge.problem, knowledge.error);
    const System::duration age = now - *knowledge.known;
    if (age > knowledge_lasts)
        return unknown(fmt::format("not known since {}: {}", age_in_words(age), knowledge.problem),
                       knowledge.error);
    Outcome outcome = of_what_is_known(knowledge, options, now);
    outcome.with("asked", rfc3339(*knowledge.known));
    if (age > fresh || !knowledge.problem.empty()) {
        outcome.detail += fmt::format(", as of {} ago", age_in_words(age));
        if (!knowledge.problem.empty()) outcome.detail += ": " + knowledge.problem;
        outcome.error = knowledge.error;
    }
    return outcome;
}

std::string about(const Options& options) {
    return fmt::format("{} {} {}", options.name, options.server.text,
                       options.server.empty() ? options.bootstrap.text : "");
}

std::string saved(const Knowledge& knowledge) {
    std::string made;
    text::JsonWriter to(made);
    to.object()
        .member("about", knowledge.about)
        .member("server", knowledge.server)
        .member("problem", knowledge.problem)
        .member("error", knowledge.error)
        .member("failures", knowledge.failures)
        .member("next", number_of(knowledge.next))
        .key("statuses")
        .array();
    for (const std::string& status : knowledge.statuses) to.value(status);
    to.end_array();
    write_time(to, "server_known", knowledge.server_known);
    write_time(to, "known", knowledge.known);
    write_time(to, "ends", knowledge.ends);
    write_time(to, "absent_since", knowledge.absent_since);
    write_time(to, "absent_seen", knowledge.absent_seen);
    to.end_object();
    return made;
}

std::optional<Knowledge> knowledge_of(const std::string& saved) {
    json::error_code error;
    const json::value value = json::parse(saved, error);
    if (error) return std::nullopt;
    try {
        const json::object& all = value.as_object();
        Knowledge made;
        made.about = text_of(all, "about");
        made.server = text_of(all, "server");
        made.problem = text_of(all, "problem");
        made.error = text_of(all, "error");
        made.failures = static_cast<unsigned>(all.at("failures").as_int64());
        made.next = time_of(all.at("next"));
        for (const json::value& status : all.at("statuses").as_array())
            made.statuses.emplace_back(status.as_string());
        made.server_known = maybe_time(all, "server_known");
        made.known = maybe_time(all, "known");
        made.ends = maybe_time(all, "ends");
        made.absent_since = maybe_time(all, "absent_since");
        made.absent_seen = maybe_time(all, "absent_seen");
        const bool whole = made.absent_since.has_value() == made.absent_seen.has_value();
        return whole ? std::optional(std::move(made)) : std::nullopt;
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

}  // namespace vitals::checks::domain
