#include "endpoints/shown_people.hpp"

#include <optional>

#include "endpoints/shown_objects.hpp"
#include "model/clock.hpp"

namespace vitals::endpoints {
namespace {

void write_time(JsonWriter& writer, std::string_view name, const std::optional<System>& time) {
    writer.key(name);
    if (time)
        writer.value(rfc3339_millis(*time));
    else
        writer.null();
}

template <class List, class Write>
void write_list(JsonWriter& writer, std::string_view name, const List& list, Write write) {
    writer.key(name).array();
    for (const auto& each : list) {
        writer.object();
        write(each);
        writer.end_object();
    }
    writer.end_array();
}

void write_names(JsonWriter& writer, std::string_view name, const std::vector<std::string>& names) {
    writer.key(name).array();
    for (const std::string& each : names) writer.value(each);
    writer.end_array();
}

void write_acknowledgement(JsonWriter& writer, std::string_view name, const IncidentRecord& of) {
    writer.key(name);
    if (!of.acknowledged) {
        writer.null();
        return;
    }
    writer.object().member("at", rfc3339_millis(of.acknowledged->at));
    writer.member("by", of.acknowledged->by).member("reason", of.acknowledged->reason);
    writer.end_object();
}

void write_lists(JsonWriter& writer, const IncidentRecord& incident) {
    write_list(writer, "members", incident.members, [&](const IncidentRecord::Member& member) {
        writer.member("component", member.component).member("since", rfc3339_millis(member.since));
        write_time(writer, "ended", member.ended);
        writer.member("worst", to_string(member.worst));
    });
    write_list(writer, "notes", incident.notes, [&](const Note& note) {
        writer.member("id", note.id).member("at", rfc3339_millis(note.at)).member("by", note.by);
        writer.member("state", to_string(note.state)).member("public", note.is_public);
        writer.member("text", note.text);
    });
    write_list(writer, "deliveries", incident.told, [&](const Delivery& delivery) {
        writer.member("receiver", delivery.receiver).member("kind", delivery.kind);
        writer.member("at", rfc3339_millis(delivery.at)).member("tries", delivery.attempts);
        writer.member("state", to_string(delivery.state)).member("problem", delivery.problem);
    });
    write_list(writer, "before", incident.before, [&](const Happening& happening) {
        writer.member("at", rfc3339_millis(happening.at)).member("what", to_string(happening.what));
        writer.member("component", happening.component).member("text", happening.text);
        writer.member("by", happening.by);
    });
    write_list(writer, "next", incident.next, [&](const IncidentRecord::Next& next) {
        writer.member("receiver", next.receiver).member("at", rfc3339_millis(next.at));
        writer.member("kind", next.reminder ? "reminder" : "problem");
    });
    write_list(writer, "actions", incident.actions, [&](const Happening& happening) {
        writer.member("at", rfc3339_millis(happening.at));
        writer.member("component", happening.component).member("text", happening.text);
    });
}

constexpr MemberSchema incident_members[] = {
    {"id", a_text("Of its address on the page, and of the messages about it."), true},
    {"opened", as_json(R"({"type":"string","format":"date-time"})"), true},
    {"closed", as_json(R"({"type":["string","null"],"format":"date-time"})"), true},
    {"cause", a_text("The component that it is about; the first of several."), true},
    {"causes", as_json(R"({"type":"array","items":{"type":"string"}})"), true},
    {"title", a_text("What is wrong, in public words."), true},
    {"error", a_text("What the other side said."), true},
    {"error_class", a_text("Of the verdict that opened it."), true},
    {"level", a_text("The status of its causes now."), true},
    {"worst", a_text("The worst status that its causes had."), true},
    {"state",
     as_json(R"({"type":"string","enum":["investigating","identified","monitoring","resolved"],)"
             R"("description":"How far people are."})"),
     true},
    {"waiting", a_boolean("Nobody is told yet."), true},
    {"flapping", a_boolean("A cause of it goes to and fro."), true},
    {"muted", a_boolean("By a silence or a maintenance."), true},
    {"storm", a_boolean("Several causes at once were made one incident."), true},
    {"acknowledged",
     as_json(R"({"type":["object","null"],"properties":{"at":{"type":"string"},)"
             R"("by":{"type":"string"},"reason":{"type":"string"}}})"),
     true},
    {"members",
     as_json(R"({"type":"array","description":"Its consequences.","items":{"type":"object",)"
             R"("properties":{"component":{"type":"string"},"since":{"type":"string"},)"
             R"("ended":{"type":["string","null"]},"worst":{"type":"string"}}}})"),
     true},
    {"notes",
     as_json(R"({"type":"array","description":"The oldest first.","items":{"type":"object",)"
             R"("properties":{"id":{"type":"integer"},"at":{"type":"string"},)"
             R"("by":{"type":"string"},"state":{"type":"string"},"public":{"type":"boolean"},)"
             R"("text":{"type":"string"}}}})"),
     true},
    {"deliveries",
     as_json(R"({"type":"array","description":"Who was told, and what is on its way.",)"
             R"("items":{"type":"object","properties":{"receiver":{"type":"string"},)"
             R"("kind":{"type":"string"},"at":{"type":"string"},"tries":{"type":"integer"},)"
             R"("state":{"type":"string","enum":["queued","in_doubt","delivered","refused"]},)"
             R"("problem":{"type":"string"}}}})"),
     true},
    {"before",
     as_json(R"({"type":"array","description":"What else changed in the minutes before it.",)"
             R"("items":{"type":"object","properties":{"at":{"type":"string"},)"
             R"("what":{"type":"string"},"component":{"type":"string"},"text":{"type":"string"},)"
             R"("by":{"type":"string"}}}})"),
     true},
    {"next",
     as_json(R"({"type":"array","description":"Who is told next while nothing changes.",)"
             R"("items":{"type":"object","properties":{"receiver":{"type":"string"},)"
             R"("at":{"type":"string"},"kind":{"type":"string"}}}})"),
     true},
    {"actions",
     as_json(R"({"type":"array","description":"What vitals did about it: `on_failed`.",)"
             R"("items":{"type":"object","properties":{"at":{"type":"string"},)"
             R"("component":{"type":"string"},"text":{"type":"string"}}}})"),
     true}};

constexpr MemberSchema mute_members[] = {
    {"id", a_text("By which it is ended."), true},
    {"match",
     as_json(
         R"({"type":"array","items":{"type":"string"},"description":"A selector's patterns."})"),
     true},
    {"from", as_json(R"({"type":["string","null"],"format":"date-time"})"), true},
    {"until", as_json(R"({"type":["string","null"],"format":"date-time"})"), true},
    {"hours", a_text("When it applies, where it comes again and again."), true},
    {"by", a_text("Who made it."), true},
    {"reason", a_text("Why."), true},
    {"configured", a_boolean("It stands in the configuration."), true},
    {"active", a_boolean("It applies now."), true}};

}  // namespace

void write_incident(JsonWriter& writer, const IncidentRecord& incident) {
    writer.object().member("id", incident.id).member("opened", rfc3339_millis(incident.opened));
    write_time(writer, "closed", incident.closed);
    writer.member("cause", incident.roots.empty() ? std::string() : incident.roots.front());
    write_names(writer, "causes", incident.roots);
    writer.member("title", incident.title).member("error", incident.error);
    writer.member("error_class", to_string(incident.error_class));
    writer.member("level", to_string(incident.level)).member("worst", to_string(incident.worst));
    writer.member("state", to_string(incident.state())).member("waiting", incident.waiting);
    writer.member("flapping", incident.flapping).member("muted", incident.muted);
    writer.member("storm", incident.storm);
    write_acknowledgement(writer, "acknowledged", incident);
    write_lists(writer, incident);
    writer.end_object();
}

void write_mute(JsonWriter& writer, const ShownMute& mute) {
    writer.object().member("id", mute.id);
    write_names(writer, "match", mute.match);
    write_time(writer, "from", mute.from);
    write_time(writer, "until", mute.until);
    writer.member("hours", mute.hours).member("by", mute.by).member("reason", mute.reason);
    writer.member("configured", mute.configured).member("active", mute.active).end_object();
}

constinit const NamedSchema incident_schema{
    "Incident", [] { return object_schema(incident_members, Members::open); }};
constinit const NamedSchema mute_schema{"Mute",
                                        [] { return object_schema(mute_members, Members::open); }};

}  // namespace vitals::endpoints
