#include "model/refusals.hpp"

#include <fmt/format.h>

#include <utility>

namespace vitals {

void Refusals::add(std::string_view where, CheckError error, const std::string& phase) {
    ++count_;
    if (!text_.empty()) text_ += "; ";
    text_ += fmt::format("{}: {}", where, error.detail);
    if (!error.error.empty()) text_ += fmt::format(" ({})", error.error);
    if (first_) return;
    if (error.phase.empty()) error.phase = phase;
    first_ = std::move(error);
}

CheckError Refusals::summary(std::string_view none) const {
    CheckError made = *first_;
    if (count_ == 1) return made;
    made.detail = fmt::format("{} {} servers; the first: {}", none, count_, first_->detail);
    made.error = text_;
    return made;
}

}  // namespace vitals
