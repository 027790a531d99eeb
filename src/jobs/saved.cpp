#include "jobs/saved.hpp"

#include <boost/json.hpp>
#include <cstdint>
#include <stdexcept>
#include <string_view>

#include "text/json.hpp"

namespace vitals::jobs {

namespace {

namespace json = boost::json;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using text::JsonWriter;

std::int64_t number_of(System time) {
    return std::chrono::duration_cast<microseconds>(time.time_since_epoch()).count();
}

void write(JsonWriter& to, const JobMemory::Run& run) {
    to.object()
        .member("id", run.id)
        .member("started", number_of(run.started))
        .member("in_doubt", run.in_doubt)
        .member("superseded", run.superseded)
        .end_object();
}

void write(JsonWriter& to, const JobMemory::End& end) {
    to.object()
        .member("at", number_of(end.at))
        .member("exit_code", end.exit_code)
        .member("how", end.how)
        .member("output", end.output);
    if (end.took) to.member("took", end.took->count());
    to.end_object();
}

// Reads the members of an object; an unexpected member makes the whole unreadable.
class Members {
  public:
    explicit Members(const json::value& value) : object_(value.as_object()) {}

    const json::value* find(std::string_view name) const { return object_.if_contains(name); }
    std::string text(std::string_view name) const {
        return std::string(object_.at(name).as_string());
    }
    const json::array& list(std::string_view name) const { return object_.at(name).as_array(); }
    bool flag(std::string_view name) const { return object_.at(name).as_bool(); }
    std::int64_t number(std::string_view name) const { return object_.at(name).as_int64(); }
    System time(std::string_view name) const {
        const microseconds time(number(name));
        // vitals never writes a time that nanoseconds cannot count.
        if (time < std::chrono::ceil<microseconds>(System::min().time_since_epoch()) ||
            time > std::chrono::floor<microseconds>(System::max().time_since_epoch()))
            throw std::out_of_range("time");
        return System(std::chrono::duration_cast<System::duration>(time));
    }
    std::optional<System> maybe_time(std::string_view name) const {
        return find(name) == nullptr ? std::nullopt : std::optional(time(name));
    }

  private:
    const json::object& object_;
};

JobMemory::Run run_of(const json::value& value) {
    const Members run(value);
    return {.id = run.text("id"),
            .started = run.time("started"),
            .in_doubt = run.flag("in_doubt"),
            .superseded = run.flag("superseded")};
}

JobMemory::End end_of(const json::value& value) {
    const Members end(value);
    JobMemory::End made{.at = end.time("at"),
                        .took = {},
                        .exit_code = static_cast<int>(end.number("exit_code")),
                        .how = end.text("how"),
                        .output = end.text("output")};
    if (end.find("took") != nullptr) made.took = milliseconds(end.number("took"));
    return made;
}

JobMemory read(const json::value& value) {
    const Members all(value);
    JobMemory memory;
    memory.schedule = all.text("schedule");
    for (const json::value& run : all.list("runs")) memory.runs.push_back(run_of(run));
    if (const json::value* last = all.find("last")) memory.last = end_of(*last);
    memory.log = all.text("log");
    for (const json::value& id : all.list("given_up")) memory.given_up.emplace_back(id.as_string());
    memory.judged_until = all.time("judged_until");
    memory.heard = all.time("heard");
    memory.starts_are_told = all.flag("starts_are_told");
    if (all.find("waiting") != nullptr)
        memory.waiting = calendar::Cron::Due{all.time("waiting"), all.time("waiting_latest")};
    if (all.find("missed") != nullptr)
        memory.missed = JobMemory::Missed{all.time("missed"),
                                          static_cast<unsigned>(all.number("missed_times"))};
    memory.due_unobserved = all.maybe_time("due_unobserved");
    return memory;
}

}  // namespace

std::string saved(const JobMemory& memory) {
    std::string made;
    JsonWriter to(made);
    to.object().member("schedule", memory.schedule).key("runs").array();
    for (const JobMemory::Run& run : memory.runs) write(to, run);
    to.end_array();
    if (memory.last) {
        to.key("last");
        write(to, *memory.last);
    }
    to.member("log", memory.log).key("given_up").array();
    for (const std::string& id : memory.given_up) to.value(id);
    to.end_array()
        .member("judged_until", number_of(memory.judged_until))
        .member("heard", number_of(memory.heard))
        .member("starts_are_told", memory.starts_are_told);
    if (memory.waiting)
        to.member("waiting", number_of(memory.waiting->at))
            .member("waiting_latest", number_of(memory.waiting->latest));
    if (memory.missed)
        to.member("missed", number_of(memory.missed->due))
            .member("missed_times", memory.missed->times);
    if (memory.due_unobserved) to.member("due_unobserved", number_of(*memory.due_unobserved));
    to.end_object();
    return made;
}

std::optional<JobMemory> memory_of(const std::string& saved) {
    json::error_code error;
    const json::value value = json::parse(saved, error);
    if (error) return std::nullopt;
    try {
        return read(value);
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

}  // namespace vitals::jobs
