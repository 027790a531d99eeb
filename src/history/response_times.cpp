#include "history/response_times.hpp"

#include <utility>

namespace vitals::history {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t waiting_limit = 200'000;  // rows
constexpr std::size_t minute_limit = 6'000;     // runs
constexpr auto idle = 1h;                       // then it is forgotten

System minute_of(System at) {
    return System(std::chrono::floor<std::chrono::minutes>(at.time_since_epoch()));
}

RunTimes times_of(const std::vector<std::chrono::microseconds>& answered) {
    RunTimes times;
    for (const auto took : answered) times.add(took);
    return times;
}

}  // namespace

void ResponseTimes::take(const std::vector<NewRun>& runs,
                         const std::function<System(Steady)>& line) {
    for (const NewRun& each : runs) {
        auto& series = series_[each.component->name];
        if (!series) {
            series = std::make_shared<Series>();
            series->component = each.component->name;
        }
        const Run run{line(each.at), each.status, each.error_class, each.took};
        const System minute = minute_of(run.at);
        if (minute != series->minute) close_minute(series);
        series->minute = minute;
        series->last = run.at;
        if (run.answered() && series->answered.size() < minute_limit)
            series->answered.push_back(run.took);
        const System start = chunk_start(series->component, run.at);
        if (series->chunk && series->chunk->start() != start) close_chunk(series);
        if (!series->chunk) series->chunk.emplace(start);
        series->chunk->add(run);
    }
}

void ResponseTimes::close_minute(const std::shared_ptr<Series>& series) {
    if (series->answered.empty()) return;
    wait({series, {}, {series->minute, times_of(series->answered)}});
    series->answered.clear();
}

void ResponseTimes::close_chunk(const std::shared_ptr<Series>& series) {
    if (!series->chunk) return;
    if (!series->chunk->empty()) wait({series, std::move(*series->chunk), {}});
    series->chunk.reset();
}

void ResponseTimes::wait(Row row) {
    if (waiting_.size() == waiting_limit) {
        waiting_.pop_front();
        ++lost_;
    }
    waiting_.push_back(std::move(row));
}

void ResponseTimes::close(System now) {
    for (auto each = series_.begin(); each != series_.end();) {
        const std::shared_ptr<Series>& series = each->second;
        if (now >= series->minute + 1min) close_minute(series);
        if (series->chunk && now >= series->chunk->start() + chunk_length) close_chunk(series);
        each = now > series->last + idle ? series_.erase(each) : std::next(each);
    }
}

void ResponseTimes::close_all() {
    for (const auto& [name, series] : series_) {
        close_minute(series);
        close_chunk(series);
    }
}

void ResponseTimes::write(Database& database, Tiers& tiers) {
    std::vector<std::shared_ptr<Series>> numbered;
    try {
        Transaction transaction(database);
        for (const Row& row : waiting_) {
            if (row.series->number == 0) {
                numbered.push_back(row.series);
                row.series->number = tiers.number_of(row.series->component);
            }
            if (row.chunk)
                tiers.put_chunk(row.series->number, *row.chunk);
            else
                tiers.put_minute(row.series->number, row.minute.start, row.minute.times);
        }
        transaction.commit();
    } catch (const SqliteError&) {
        for (const auto& series : numbered) series->number = 0;  // rolled back
        throw;
    }
    waiting_.clear();
}

void ResponseTimes::begin_anew() {
    for (const auto& [name, series] : series_) series->number = 0;
    for (const Row& row : waiting_) row.series->number = 0;
}

std::vector<Tiers::Part> ResponseTimes::parts(const std::string& component) const {
    std::vector<Tiers::Part> parts;
    for (const Row& row : waiting_)
        if (!row.chunk && row.series->component == component) parts.push_back(row.minute);
    const auto found = series_.find(component);
    if (found != series_.end() && !found->second->answered.empty())
        parts.push_back({found->second->minute, times_of(found->second->answered)});
    return parts;
}

std::vector<Run> ResponseTimes::runs(const std::string& component) const {
    std::vector<Run> all;
    const auto add = [&all](const Chunk& chunk) {
        for (const Run& run : runs_of(chunk.start(), chunk.bytes()).value_or(std::vector<Run>()))
            all.push_back(run);
    };
    for (const Row& row : waiting_)
        if (row.chunk && row.series->component == component) add(*row.chunk);
    const auto found = series_.find(component);
    if (found != series_.end() && found->second->chunk) add(*found->second->chunk);
    return all;
}

}  // namespace vitals::history
