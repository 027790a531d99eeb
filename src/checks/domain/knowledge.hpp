// What is known of a registration, and since when; when its registry may be asked again; what of it
// makes which verdict. It outlives the process, because a restart is no reason to ask anew. Pure.
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
    std::string about;  // the options that it was learned with: others begin anew
    std::string server;
    std::optional<System> server_known;  // of the bootstrap file
    std::optional<System> known;         // when the registry told what follows
    std::optional<System> ends;
    std::vector<std::string> statuses;
    // Since when the registry has said without a break that there is no such domain, and when last.
    std::optional<System> absent_since, absent_seen;
    std::string problem;  // why the last try told nothing; empty: it did
    std::string error;
    unsigned failures = 0;  // in a row
    System next{};          // not asked before
};

// What an answer, or its absence, makes of it.
struct Problem {
    std::string detail;
    std::string error;
    std::optional<std::chrono::seconds> retry_after;
};
// `jitter` is from 0 to 1. Whoever asks notes a failure first: a process that dies over and over
// while it asks must not ask over and over.
void note_failure(Knowledge& knowledge, Problem problem, System now, double jitter);
void note_absence(Knowledge& knowledge, std::string error, System now, double jitter);
void note_answer(Knowledge& knowledge, wire::rdap::Registration registration, System now,
                 double jitter);

// Whether the registry is to be asked now. A clock that was wrong does not keep it from that.
bool is_due(const Knowledge& knowledge, System now);

Outcome judge(const Knowledge& knowledge, const Options& options, System now);

// By these options; empty where they changed.
std::string about(const Options& options);
std::string saved(const Knowledge& knowledge);
// Nothing where it cannot be read.
std::optional<Knowledge> knowledge_of(const std::string& saved);

}  // namespace vitals::checks::domain
