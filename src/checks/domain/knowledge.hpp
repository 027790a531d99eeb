// What is known of a registration, and since when; when its registry may be asked again; and the
// verdict. It outlives the process, because a restart is no reason to ask again. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain.hpp"
#include "vitals/outcome.hpp"
#include "vitals/snapshot.hpp"
#include "wire/rdap.hpp"

namespace vitals::checks::domain {

struct Knowledge {
    std::string about;  // the options of that time; with other options it begins again
    std::string server;
    std::optional<System> server_known;  // of the bootstrap file
    std::optional<System> known;         // when the registry reported the following
    std::optional<System> ends;
    std::vector<std::string> statuses;
    // Since when the registry has said without interruption that there is no such domain, and when
    // it last said so.
    std::optional<System> absent_since, absent_seen;
    std::string problem;  // why the last attempt failed; empty: it did not
    std::string error;
    unsigned failures = 0;  // in a row
    System next{};          // not asked before
};

// The knowledge after an answer, or after none.
struct Problem {
    std::string detail;
    std::string error;
    std::optional<std::chrono::seconds> retry_after;
};
// `jitter` is from 0 to 1. The caller notes a failure before it asks: a process that dies
// repeatedly while it asks must not ask repeatedly.
void note_failure(Knowledge& knowledge, Problem problem, System now, double jitter);
void note_absence(Knowledge& knowledge, std::string error, System now, double jitter);
void note_answer(Knowledge& knowledge, wire::rdap::Registration registration, System now,
                 double jitter);

// Whether the registry must be asked now. A clock that was wrong does not prevent that.
bool is_due(const Knowledge& knowledge, System now);

Outcome judge(const Knowledge& knowledge, const Options& options, System now);

// For these options; empty if they changed.
std::string about(const Options& options);
std::string saved(const Knowledge& knowledge);
// Nothing if it cannot be read.
std::optional<Knowledge> knowledge_of(const std::string& saved);

}  // namespace vitals::checks::domain
