// Answers to changes.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "endpoints/json_body.hpp"
#include "endpoints/operation.hpp"
#include "endpoints/problem.hpp"

namespace vitals::endpoints {

// An answer that exists at once; nothing: the reply will be called.
using Answered = std::optional<http::Response>;

inline http::Response empty_answer(int status) {
    http::Response response;
    response.status = status;
    return response;
}

inline Answered not_offered(const Call& call) {
    return problem_answer(501, "this program does not offer that", call.path);
}

inline Answered refuse(const Call& call, const BodyProblem& problem) {
    return problem_answer(problem.status, problem.detail, call.path);
}

// A callback for the control seam that answers the call. `done` has no content.
std::function<void(Control::Answer, std::string)> reply_with_outcome(Call& call);

inline http::Response unknown_component(std::string_view path) {
    return problem_answer(404, "there is no component of this name", path);
}

inline http::Response history_is_away(std::string_view path) {
    return problem_answer(503, "the history cannot be read now; vitals/store says why", path);
}

// `format=csv`: a table for spreadsheets instead of JSON.
inline constexpr QueryParameter format_parameter{
    "format", "`csv`: a table for spreadsheets instead of JSON."};
// Nothing: the request wants another format.
std::optional<bool> wants_csv(const http::Pairs& query);
http::Response csv_answer(std::string table);
inline Answered unknown_format(std::string_view path) {
    return problem_answer(400, "format: expected json or csv", path);
}

// Answers of operations that read one component's past.
inline constexpr AnswerCase past_answers[] = {{400, "A parameter is wrong."},
                                              {404, "Nothing is kept of a component of this name."},
                                              {503, "The history cannot be read now."}};

}  // namespace vitals::endpoints
