// Several findings of one run as one outcome: the worst counts, and all are reported. Pure.
#pragma once

#include <string>
#include <utility>

#include "model/check_error.hpp"
#include "vitals/outcome.hpp"

namespace vitals::checks::kafka {

class Verdict {
  public:
    // `phase` is the one that found it.
    void degrade(std::string text, std::string error = {}) {
        if (outcome_.status == Status::ok) outcome_.status = Status::degraded;
        tell(std::move(text), std::move(error));
    }
    void fail(CheckError found, const std::string& phase) {
        if (outcome_.status != Status::failed) {
            outcome_.status = Status::failed;
            outcome_.error_class = found.error_class;
            outcome_.failed_phase = phase;
        }
        tell(std::move(found.detail), std::move(found.error));
    }
    bool failed() const { return outcome_.status == Status::failed; }
    void with(std::string name, Value value) { outcome_.with(std::move(name), std::move(value)); }
    // `well` is the detail if nothing is wrong.
    Outcome outcome(std::string well) && {
        if (outcome_.detail.empty()) outcome_.detail = std::move(well);
        return std::move(outcome_);
    }

  private:
    void tell(std::string text, std::string error) {
        outcome_.detail += (outcome_.detail.empty() ? "" : "; ") + text;
        if (!error.empty()) outcome_.error += (outcome_.error.empty() ? "" : "; ") + error;
    }

    Outcome outcome_ = ok();
};

}  // namespace vitals::checks::kafka
