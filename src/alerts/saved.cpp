// One table of members for each type, used for both directions.
#include "alerts/saved.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <type_traits>
#include <utility>

#include "text/json.hpp"

namespace vitals::alerts {

namespace {

namespace json = boost::json;
using text::JsonWriter;

constexpr auto far = std::chrono::hours(24 * 400);

std::int64_t millis(System time) {
    return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

System time_of(std::int64_t milliseconds) {
    static const std::int64_t least = millis(System::min()) + 1, most = millis(System::max());
    if (milliseconds <= least) return System::min();
    if (milliseconds >= most) return System::max();
    return System(std::chrono::milliseconds(milliseconds));
}

// ---- the members of each type; `Visit` is a Writer or a Reader ----------------------------------

template <class Visit>
void members(Visit& visit, auto& value)
    requires std::same_as<std::remove_cvref_t<decltype(value)>, Counters>
{
    visit("store", value.store);
    visit("next_incident", value.next_incident);
    visit("next_note", value.next_note);
    visit("next_mute", value.next_mute);
    visit("link_key", value.link_key);
}

template <class Visit>
void members(Visit& visit, auto& value)
    requires std::same_as<std::remove_cvref_t<decltype(value)>, SavedComponentVerdict>
{
    visit("component", value.component);
    visit("level", value.level);
    visit("since", value.since);
    visit("blind", value.blind);
    visit("flapping", value.flapping);
    visit("explained", value.explained);
    visit("changes", value.changes);
}

template <class Visit>
void members(Visit& visit, auto& value)
    requires std::same_as<std::remove_cvref_t<decltype(value)>, Acknowledgement>
{
    visit("at", value.at);
    visit("by", value.by);
    visit("reason", value.reason);
}

template <class Visit>
void members(Visit& visit, auto& value)
    requires std::same_as<std::remove_cvref_t<decltype(value)>, IncidentMember>
{
    visit("since", value.since);
    visit("ended", value.ended);
    visit("worst", value.worst);
}

template <class Visit>
void members(Visit& visit, auto& value)
    requires std::same_as<std::remove_cvref_t<decltype(value)>, Incident>
{
    visit("number", value.number);
    visit("roots", value.roots);
    visit("opened", value.opened);
    visit("due", value.due);
    visit("waiting", value.waiting);
    visit("returned", value.returned);
    visit("closed", value.closed);
    visit("storm", value.storm);
    visit("acknowledged", value.acknowledged);
    visit("worst", value.worst);
    visit("error_class", value.error_class);
    visit("members", value.members);
}

template <class Visit>
void members(Visit& visit, auto& value)
    requires std::same_as<std::remove_cvref_t<decltype(value)>, Message>
{
    visit("incident", value.incident);
    visit("receiver", value.receiver);
    visit("serial", value.serial);
    visit("kind", value.kind);
    visit("state", value.state);
    visit("level", value.level);
    visit("level_was", value.level_was);
    visit("decided", value.decided);
    visit("cause", value.cause);
    visit("tried", value.tried);
    visit("rejected", value.rejected);
}

template <class Visit>
void members(Visit& visit, auto& value)
    requires std::same_as<std::remove_cvref_t<decltype(value)>, Told>
{
    visit("receiver", value.receiver);
    visit("state", value.state);
    visit("level", value.level);
    visit("last", value.last);
    visit("serial", value.serial);
    visit("nudge", value.nudge);
    visit("sure", value.sure);
    visit("queue", value.queue);
}

template <class Visit>
void members(Visit& visit, auto& value)
    requires std::same_as<std::remove_cvref_t<decltype(value)>, Case>
{
    visit("incident", value.incident);
    visit("ladder_from", value.ladder_from);
    visit("muted", value.muted);
    visit("told", value.told);
}

template <class Visit>
void members(Visit& visit, auto& value)
    requires std::same_as<std::remove_cvref_t<decltype(value)>, Mute>
{
    visit("id", value.id);
    visit("kind", value.kind);
    visit("match", value.match);
    visit("from", value.from);
    visit("until", value.until);
    visit("by", value.by);
    visit("reason", value.reason);
}

template <class Visit>
void members(Visit& visit, auto& value)
    requires std::same_as<std::remove_cvref_t<decltype(value)>, ActionState>
{
    visit("component", value.component);
    visit("begun", value.begun);
    visit("acted", value.acted);
    visit("held", value.held);
    visit("under_way", value.under_way);
    visit("end", value.end);
}

template <class Visit>
void members(Visit& visit, auto& value)
    requires std::same_as<std::remove_cvref_t<decltype(value)>, PeerTold>
{
    visit("key", value.key);
    visit("component", value.component);
    visit("open", value.open);
    visit("receiver", value.receiver);
    visit("state", value.state);
    visit("level", value.level);
    visit("serial", value.serial);
}

template <class Visit>
void members(Visit& visit, auto& value)
    requires std::same_as<std::remove_cvref_t<decltype(value)>, PairCount>
{
    visit("component", value.component);
    visit("count", value.count);
    visit("ends", value.ends);
}

template <class Visit>
void members(Visit& visit, auto& value)
    requires std::same_as<std::remove_cvref_t<decltype(value)>, MaintenanceSpan>
{
    visit("match", value.match);
    visit("from", value.from);
    visit("until", value.until);
}

template <class Visit>
void members(Visit& visit, auto& value)
    requires std::same_as<std::remove_cvref_t<decltype(value)>, Happening>
{
    visit("id", value.id);
    visit("at", value.at);
    visit("what", value.what);
    visit("component", value.component);
    visit("incident", value.incident);
    visit("from", value.from);
    visit("to", value.to);
    visit("text", value.text);
    visit("by", value.by);
}

template <class Visit>
void members(Visit& visit, auto& value)
    requires std::same_as<std::remove_cvref_t<decltype(value)>, Note>
{
    visit("id", value.id);
    visit("incident", value.incident);
    visit("at", value.at);
    visit("by", value.by);
    visit("state", value.state);
    visit("public", value.is_public);
    visit("text", value.text);
}

template <class Visit>
void members(Visit& visit, auto& value)
    requires std::same_as<std::remove_cvref_t<decltype(value)>, Delivery>
{
    visit("receiver", value.receiver);
    visit("kind", value.kind);
    visit("at", value.at);
    visit("attempts", value.attempts);
    visit("state", value.state);
    visit("problem", value.problem);
}

template <class Visit>
void members(Visit& visit, auto& value)
    requires std::same_as<std::remove_cvref_t<decltype(value)>, IncidentRecord::Member>
{
    visit("component", value.component);
    visit("since", value.since);
    visit("ended", value.ended);
    visit("worst", value.worst);
}

template <class Visit>
void members(Visit& visit, auto& value)
    requires std::same_as<std::remove_cvref_t<decltype(value)>, IncidentRecord>
{
    visit("number", value.number);
    visit("id", value.id);
    visit("key", value.key);
    visit("roots", value.roots);
    visit("title", value.title);
    visit("error", value.error);
    visit("opened", value.opened);
    visit("due", value.due);
    visit("closed", value.closed);
    visit("waiting", value.waiting);
    visit("flapping", value.flapping);
    visit("muted", value.muted);
    visit("storm", value.storm);
    visit("level", value.level);
    visit("worst", value.worst);
    visit("error_class", value.error_class);
    visit("acknowledged", value.acknowledged);
    visit("members", value.members);
    visit("notes", value.notes);
    visit("told", value.told);
    visit("before", value.before);
    visit("actions", value.actions);
}

// ---- writing -----------------------------------------------------------------------------------

class Writer {
  public:
    Writer(JsonWriter& json, const Moment& moment) : json_(json), moment_(moment) {}

    template <class T>
    void operator()(std::string_view name, const T& value) {
        json_.key(name);
        write(value);
    }
    template <class T>
    void write(const T& value) {
        if constexpr (std::is_enum_v<T>)
            json_.value(static_cast<int>(value));
        else if constexpr (std::is_arithmetic_v<T> || std::same_as<T, std::string>)
            json_.value(value);
        else
            write_object(value);
    }

  private:
    void write(System time) { json_.value(millis(time)); }
    void write(Steady time) { json_.value(millis(moment_.wall_at(time))); }
    void write(const Selector& selector) { write(selector.words()); }
    template <class T>
    void write(const std::optional<T>& value) {
        if (value)
            write(*value);
        else
            json_.null();
    }
    template <class T>
    void write(const std::vector<T>& list) {
        json_.array();
        for (const T& each : list) write(each);
        json_.end_array();
    }
    template <class T, class Less>
    void write(const std::map<std::string, T, Less>& map) {
        json_.object();
        for (const auto& [name, each] : map) (*this)(name, each);
        json_.end_object();
    }
    template <class T>
    void write_object(const T& value) {
        json_.object();
        members(*this, value);
        json_.end_object();
    }

    JsonWriter& json_;
    const Moment& moment_;
};

// ---- reading -----------------------------------------------------------------------------------

class Reader {
  public:
    Reader(const json::object& object, const Moment& moment) : object_(object), moment_(moment) {}

    template <class T>
    void operator()(std::string_view name, T& value) {
        if (const json::value* found = object_.if_contains(name)) read(*found, value);
    }

  private:
    template <class T>
    void read(const json::value& from, T& value) {
        if constexpr (std::same_as<T, bool>) {
            if (from.is_bool()) value = from.get_bool();
        } else if constexpr (std::same_as<T, std::string>) {
            if (from.is_string()) value = from.get_string().c_str();
        } else if constexpr (std::is_enum_v<T>) {
            const std::int64_t number = number_of(from, -1);
            if (number >= 0 && number < 32) value = static_cast<T>(number);
        } else if constexpr (std::is_integral_v<T>) {
            value = static_cast<T>(std::max<std::int64_t>(0, number_of(from, 0)));
        } else if (from.is_object()) {
            Reader inner(from.get_object(), moment_);
            members(inner, value);
        }
    }
    void read(const json::value& from, System& time) { time = time_of(number_of(from, 0)); }
    void read(const json::value& from, Steady& time) {
        time = moment_.steady_at(time_of(number_of(from, 0)));
    }
    void read(const json::value& from, Selector& selector) {
        std::vector<std::string> words;
        read(from, words);
        selector = Selector(std::move(words));
    }
    template <class T>
    void read(const json::value& from, std::optional<T>& value) {
        value.reset();
        if (!from.is_null()) read(from, value.emplace());
    }
    template <class T>
    void read(const json::value& from, std::vector<T>& list) {
        if (!from.is_array()) return;
        for (const json::value& each : from.get_array()) read(each, list.emplace_back());
    }
    template <class T, class Less>
    void read(const json::value& from, std::map<std::string, T, Less>& map) {
        if (!from.is_object()) return;
        for (const auto& [name, each] : from.get_object()) read(each, map[std::string(name)]);
    }
    static std::int64_t number_of(const json::value& from, std::int64_t otherwise) {
        // A hundred thousand years in milliseconds: no sum of it overflows.
        constexpr std::int64_t most = 3'000'000'000'000'000;
        if (from.is_int64()) return std::clamp<std::int64_t>(from.get_int64(), -most, most);
        if (from.is_uint64()) return most;
        return otherwise;
    }

    const json::object& object_;
    const Moment& moment_;
};

}  // namespace

System Moment::wall_at(Steady time) const noexcept {
    const auto away = std::clamp<Steady::duration>(time - now, -far, far);
    return std::chrono::time_point_cast<System::duration>(wall + away);
}

Steady Moment::steady_at(System time) const noexcept {
    if (time <= wall - far) return now - far;
    if (time >= wall + far) return now + far;
    return now + (time - wall);
}

template <class T>
std::string saved_text(const T& value, const Moment& moment) {
    std::string out;
    JsonWriter json(out);
    Writer(json, moment).write(value);
    return out;
}

template <class T>
std::optional<T> restored(std::string_view text, const Moment& moment) {
    json::error_code error;
    const json::value value = json::parse(text, error);
    if (error || !value.is_object()) return std::nullopt;
    T result;
    Reader reader(value.get_object(), moment);
    members(reader, result);
    return result;
}

#define VITALS_SAVED(type)                                             \
    template std::string saved_text<type>(const type&, const Moment&); \
    template std::optional<type> restored<type>(std::string_view, const Moment&);
VITALS_SAVED(Counters)
VITALS_SAVED(SavedComponentVerdict)
VITALS_SAVED(Incident)
VITALS_SAVED(Case)
VITALS_SAVED(Mute)
VITALS_SAVED(ActionState)
VITALS_SAVED(PairCount)
VITALS_SAVED(MaintenanceSpan)
VITALS_SAVED(IncidentRecord)
VITALS_SAVED(Happening)
#undef VITALS_SAVED

}  // namespace vitals::alerts
