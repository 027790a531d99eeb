#include "history/runs.hpp"

#include <algorithm>

#include "history/varint.hpp"

namespace vitals::history {

namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr unsigned status_bits = 2;
constexpr auto longest_chunk = std::chrono::hours(24 * 366);
constexpr auto longest_run = std::chrono::hours(24 * 366);

System whole_milliseconds(System time) {
    return System(std::chrono::floor<milliseconds>(time.time_since_epoch()));
}

}  // namespace

void Chunk::add(const Run& run) {
    const System at = std::max(whole_milliseconds(run.at), last_);
    put_varint(bytes_, static_cast<std::uint64_t>(duration_cast<milliseconds>(at - last_).count()));
    bytes_ += static_cast<char>(static_cast<unsigned>(run.status) |
                                static_cast<unsigned>(run.error_class) << status_bits);
    put_varint(bytes_, static_cast<std::uint64_t>(std::max<std::int64_t>(run.took.count(), 0)));
    last_ = at;
    ++count_;
}

std::optional<std::vector<Run>> runs_of(System start, std::string_view bytes) {
    std::vector<Run> runs;
    System at = start;
    while (!bytes.empty()) {
        const auto step = take_varint(bytes);
        if (!step || bytes.empty()) return std::nullopt;
        const auto what = static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
        const auto took = take_varint(bytes);
        if (!took) return std::nullopt;
        if (*step > static_cast<std::uint64_t>(milliseconds(longest_chunk).count()) ||
            *took > static_cast<std::uint64_t>(microseconds(longest_run).count()))
            return std::nullopt;
        const unsigned error_class = what >> status_bits;
        if (error_class > static_cast<unsigned>(ErrorClass::local)) return std::nullopt;
        at += milliseconds(*step);
        if (at - start > longest_chunk) return std::nullopt;
        runs.push_back({at, static_cast<Status>(what & ((1u << status_bits) - 1)),
                        static_cast<ErrorClass>(error_class),
                        microseconds(static_cast<std::int64_t>(*took))});
    }
    return runs;
}

}  // namespace vitals::history
