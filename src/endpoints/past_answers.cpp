#include "endpoints/past_answers.hpp"

#include <fmt/format.h>

#include <utility>

#include "endpoints/facts.hpp"
#include "http/answer.hpp"
#include "http/gzip.hpp"

namespace vitals::endpoints {
namespace {

constexpr std::size_t most_answers = 256;
constexpr std::size_t longest_key = 1024;
// Answers about days stay the same for a while; what the history could not tell may be there soon.
constexpr std::chrono::seconds day_kept{5}, days_kept{60}, nothing_kept{1};

std::string key_of(const PastAnswers::Asked& asked) {
    std::string key = fmt::format("{} {} {} {} {}", static_cast<const void*>(asked.endpoint),
                                  static_cast<int>(asked.request.disclose), asked.gzip,
                                  asked.allow.size(), asked.request.rest);
    for (const auto& [name, value] : asked.request.query) {
        // A client that changes ignored parameters gets another answer, which is kept no longer
        // than the others.
        key.append(1, '\0').append(name).append(1, '\0').append(value);
    }
    return key;
}

page::Needs needs_of(const dialects::PastQuestion& question, System now) {
    page::Needs needs;
    needs.names = question.names;
    if (question.responses)
        needs.responses = {question.names.front(), now - question.back, question.back, 1};
    else
        needs.back = question.back;
    return needs;
}

}  // namespace

Action PastAnswers::answer(Asked asked, dialects::PastQuestion question) {
    return
        [this, asked = std::make_shared<Asked>(std::move(asked)), question = std::move(question)](
            const std::string&, Reply reply) -> std::optional<http::Response> {
            const std::string key = key_of(*asked);
            const Steady now = kept_.now();
            if (const auto found = answers_.find(key);
                found != answers_.end() && now < found->second.until)
                return found->second.response;
            const System at = shared_.clock.system();
            // Returns an answer that exists at once; the reply is for a later one.
            struct Answer {
                std::optional<http::Response> at_once;
                bool later = false;
            };
            const auto answer = std::make_shared<Answer>();
            const std::chrono::milliseconds lasts =
                question.back > std::chrono::hours(24) ? days_kept : day_kept;
            gathering_.gather(
                key, needs_of(question, at), now, at, lasts,
                [this, asked, key, now, lasts, answer, routes = routes_,
                 reply = std::move(reply)](const std::shared_ptr<const Gathering::Found>& found) {
                    dialects::PastAnswer past{found->gathered.pasts, found->gathered.responses};
                    const bool known = past.pasts || past.responses;
                    http::Response response = rendered(*asked, past);
                    if (routes == routes_)
                        keep(key, response, now + (known ? lasts : nothing_kept));
                    if (answer->later)
                        reply(std::move(response));
                    else
                        answer->at_once = std::move(response);
                });
            answer->later = true;
            return std::move(answer->at_once);
        };
}

http::Response PastAnswers::rendered(Asked& asked, const dialects::PastAnswer& past) {
    kept_.count_made();
    asked.request.now = kept_.now();
    asked.request.now_system = shared_.clock.system();
    asked.request.past = &past;
    dialects::Response response;
    try {
        response = asked.endpoint->render(kept_.snapshot(), asked.request);
    } catch (const std::exception& error) {
        shared_.log(LogLevel::error, fmt::format("endpoint {} cannot be rendered: {}",
                                                 asked.endpoint->path, error.what()));
        response = http::plain_answer(500, "the answer could not be made; the log says why");
    }
    asked.request.past = nullptr;
    if (!asked.allow.empty()) as_options(response, asked.allow);
    http::compress(response, asked.gzip);
    return response;
}

void PastAnswers::keep(const std::string& key, const http::Response& response, Steady until) {
    if (key.size() > longest_key) return;
    if (answers_.size() >= most_answers) answers_.clear();
    answers_.insert_or_assign(key, Kept{response, until});
}

void PastAnswers::clear() {
    ++routes_;
    answers_.clear();
    gathering_.clear();
}

}  // namespace vitals::endpoints
