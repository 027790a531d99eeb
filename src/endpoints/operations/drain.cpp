// GET and PUT /v1/drain
#include <algorithm>

#include "endpoints/operations/answers.hpp"
#include "endpoints/shown_objects.hpp"

namespace vitals::endpoints {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_text = 1024;

dialects::Response render(const Snapshot& snapshot, const dialects::Request&) {
    return json_answer(
        [&](JsonWriter& writer) { write_decommission(writer, snapshot.decommission); });
}

struct Change {
    std::string text;
};

bool read_text(const json::value& value, Change& change) {
    if (!value.is_string()) return false;
    change.text = as_view(value.get_string());
    const bool printable = std::none_of(change.text.begin(), change.text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    return !change.text.empty() && change.text.size() <= longest_text && printable;
}

constexpr BodyMember<Change> members[] = {
    {{"text", as_json(R"({"type":"string","minLength":1,"maxLength":1024})"), true},
     "a text of 1 to 1024 printable bytes",
     read_text}};

constexpr MemberSchema durable{"durable", a_boolean("Whether it will survive a restart."), true};

http::Response changed(const std::string& text, bool is_durable) {
    Decommission state;
    state.text = text;
    http::Response response = json_answer([&](JsonWriter& writer) {
        writer.object();
        for (const auto& member : decommission_members)
            member.write(writer, member.described.name, state);
        writer.member(durable.name, is_durable).end_object();
    });
    if (!is_durable) response.headers.push_back(not_saved());
    return response;
}

Answered run(Call call) {
    Change change;
    if (const auto problem = read_body<members>(call.body, change)) return refuse(call, *problem);
    if (!call.control.decommission) return not_offered(call);
    auto answer = [text = change.text, reply = std::move(call.reply)](bool is_durable) {
        reply(changed(text, is_durable));
    };
    call.control.decommission(std::move(change.text), std::move(call.who), std::move(answer));
    return {};
}

std::string changed_schema() {
    std::vector<MemberSchema> all;
    for (const auto& member : decommission_members) all.push_back(member.described);
    all.push_back(durable);
    return object_schema(all, Members::open);
}

constexpr NamedSchema body{"DrainChange", schema_of<members, Members::closed>};
constexpr NamedSchema answer{"DrainChanged", changed_schema};
constexpr AnswerCase answers[] = {{400, "The body is not valid."},
                                  {413, "The body is larger than is accepted."}};

}  // namespace

extern constinit const Operation get_drain =
    make_operation("GET", "/v1/drain", "getDrain", "Whether this instance is decommissioned.",
                   {.right = Right::read, .render = render, .answer = &decommission_schema});

extern constinit const Operation put_drain = make_operation(
    "PUT", "/v1/drain", "putDrain",
    "Decommission this instance with any text but `OK`; `OK` brings it back.",
    {.right = Right::control, .run = run, .body = &body, .answer = &answer, .answers = answers});

}  // namespace vitals::endpoints
