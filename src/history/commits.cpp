// Distinguishes failures of a disk, which pass, from work that no disk would take.
#include "history/commits.hpp"

#include <exception>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace vitals::history {

namespace {

// The statement is wrong, not the disk: another attempt would fail again, and delay all others.
bool is_refused(const SqliteError& error) {
    switch (error.primary()) {
        case SQLITE_ERROR:
        case SQLITE_CONSTRAINT:
        case SQLITE_MISMATCH:
        case SQLITE_MISUSE:
        case SQLITE_RANGE:
        case SQLITE_TOOBIG:
            return true;
        default:
            return false;
    }
}

}  // namespace

void Commits::add(std::vector<Commit> commits) {
    waiting_.insert(waiting_.end(), std::make_move_iterator(commits.begin()),
                    std::make_move_iterator(commits.end()));
}

std::size_t Commits::write(Archive& archive) {
    std::size_t over = 0;
    while (!waiting_.empty()) {
        const Result result = attempt(archive, waiting_.front());
        if (result == Result::failed) break;
        Commit commit = std::move(waiting_.front());
        waiting_.pop_front();
        ++over;
        tell(commit, result == Result::written);
    }
    for (Commit& commit : waiting_) tell(commit, false);
    return over;
}

Commits::Result Commits::attempt(Archive& archive, const Commit& commit) const {
    // Refused work is rolled back; that says nothing about the disk.
    struct Refused {
        std::string why;
    };
    try {
        const bool written = archive.write([&commit](Journal& journal) {
            try {
                journal.commit(commit.work);
            } catch (const SqliteError& error) {
                if (is_refused(error)) throw Refused{error.what()};
                throw;
            } catch (const std::exception& error) {
                throw Refused{error.what()};
            }
        });
        return written ? Result::written : Result::failed;
    } catch (const Refused& refused) {
        log_(LogLevel::error,
             fmt::format("history: a change cannot be written, and is given up: {}", refused.why));
        return Result::refused;
    }
}

void Commits::tell(Commit& commit, bool durable) const {
    const auto done = std::exchange(commit.done, nullptr);
    if (done) call_([&] { done(durable); });
}

}  // namespace vitals::history
