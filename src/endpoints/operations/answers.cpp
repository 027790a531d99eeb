#include "endpoints/operations/answers.hpp"

#include "endpoints/operations/period.hpp"

namespace vitals::endpoints {
namespace {

http::Response answer_of(Control::Answer answer, const std::string& why, const std::string& path) {
    auto problem = [&](int status, std::string_view usual) {
        return problem_answer(status, why.empty() ? usual : std::string_view(why), path);
    };
    switch (answer) {
        case Control::Answer::done:
            return empty_answer(204);
        case Control::Answer::created: {
            http::Response response = empty_answer(201);
            response.headers.emplace_back("Location", path);
            return response;
        }
        case Control::Answer::unknown_component:
            return problem(404, "there is no component of this name");
        case Control::Answer::not_pushed:
            return problem(409, "this component is checked; its state cannot be pushed");
        case Control::Answer::configured:
            return problem(409, "this component stands in the configuration; remove it there");
        case Control::Answer::refused:
            break;
    }
    return problem(422, "the change was refused");
}

}  // namespace

std::function<void(Control::Answer, std::string)> reply_with_outcome(Call& call) {
    return [path = call.path, reply = std::move(call.reply)](Control::Answer answer,
                                                             const std::string& why) {
        reply(answer_of(answer, why, path));
    };
}

std::optional<bool> wants_csv(const http::Pairs& query) {
    const std::string* format = parameter(query, "format");
    if (format == nullptr || *format == "json") return false;
    if (*format == "csv") return true;
    return std::nullopt;
}

http::Response csv_answer(std::string table) {
    http::Response response;
    response.content_type = "text/csv; charset=utf-8";
    response.body = std::move(table);
    return response;
}

}  // namespace vitals::endpoints
