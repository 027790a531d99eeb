// Shared by the operations on one incident.
#pragma once

#include "endpoints/operations/answers.hpp"

namespace vitals::endpoints {

inline constexpr PathParameter incident_parameter[] = {{"id", "The incident's id.", 64}};

inline http::Response unknown_incident(std::string_view path) {
    return problem_answer(404, "there is no incident of this id; GET /v1/incidents lists them",
                          path);
}

}  // namespace vitals::endpoints
