// Which workers have answered, and whether that is enough. No I/O.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "celery.hpp"
#include "model/count_range.hpp"
#include "vitals/outcome.hpp"
#include "wire/celery.hpp"

namespace vitals::checks::celery {

class Tally {
  public:
    explicit Tally(const Options& options);

    void take(const wire::celery::Reply& reply);
    void take(const wire::celery::WorkerEvent& event);
    // A reply that cannot be read: from an application whose task_serializer is not json.
    void take_unread(std::string_view content_type, std::string_view body);
    // The number of workers that were asked: when all have answered, no other will.
    void asked(std::size_t workers) { asked_ = workers; }

    // Nothing that may still come changes the verdict.
    bool done() const;
    Outcome outcome() const;

  private:
    bool wanted(const std::string& node) const;

    const Options& options_;
    CountRange range_;
    std::set<std::string, std::less<>> answered_;
    std::set<std::string, std::less<>> good_;  // answered as wanted
    std::size_t unread_ = 0;
    std::string error_;
    std::optional<std::size_t> asked_;
};

}  // namespace vitals::checks::celery
