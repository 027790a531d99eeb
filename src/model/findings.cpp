#include "model/findings.hpp"

#include <utility>

namespace vitals {

void Findings::add(Status found, std::string_view words) {
    if (found == Status::ok) return;
    status = worst(status, found);
    if (!text.empty()) text += ", ";
    text += words;
}

Outcome Findings::outcome(std::string otherwise) const {
    if (status == Status::ok) return ok(std::move(otherwise));
    return status == Status::failed ? failed(text) : degraded(text);
}

}  // namespace vitals
