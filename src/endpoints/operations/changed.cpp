#include "endpoints/operations/changed.hpp"

#include <algorithm>

#include "endpoints/shown_objects.hpp"

namespace vitals::endpoints {
namespace {

http::Response answer_of(const Changed& changed, int status, const std::string& path) {
    if (!changed.problem.empty())
        return problem_answer(changed.unknown ? 404
                              : changed.over  ? 409
                                              : 422,
                              changed.problem, path);
    http::Response response = empty_answer(status);
    if (status != 204) {
        response = json_answer([&](JsonWriter& writer) {
            writer.object().member("id", changed.id).member("durable", changed.durable);
            writer.end_object();
        });
        response.status = status;
    }
    if (!changed.durable) response.headers.push_back(not_saved());
    return response;
}

constexpr MemberSchema changed_members[] = {
    {"id", a_text("Of what was made."), true},
    {"durable", a_boolean("Whether it will survive a restart."), true}};

}  // namespace

constinit const NamedSchema changed_schema{
    "Changed", [] { return object_schema(changed_members, Members::open); }};

bool is_note(std::string_view text) noexcept {
    const bool printable = std::ranges::none_of(text, [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t') ||
               c == 0x7f;
    });
    return printable && text.size() <= longest_note &&
           text.find_first_not_of(" \n\r\t") != std::string_view::npos;
}

NoteState present_state(const Board& board, std::string_view incident) noexcept {
    const IncidentRecord* found = board.find(incident);
    return found == nullptr ? NoteState::investigating : found->state();
}

bool is_line(std::string_view text, std::size_t longest) noexcept {
    const bool one_line = std::ranges::none_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    return one_line && text.size() <= longest &&
           text.find_first_not_of(' ') != std::string_view::npos;
}

People::Done reply_with_change(Call& call, int status) {
    return [path = call.path, status, reply = std::move(call.reply)](const Changed& changed) {
        reply(answer_of(changed, status, path));
    };
}

}  // namespace vitals::endpoints
