// The sections `alerts` and `maintenance`.
#include "config/alerts.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/draft.hpp"
#include "config/sections.hpp"
#include "model/clock.hpp"
#include "text/words.hpp"

namespace vitals::config {

namespace {

constexpr std::array<std::string_view, 7> day_names = {"mon", "tue", "wed", "thu",
                                                       "fri", "sat", "sun"};

std::optional<std::size_t> day_of(std::string_view word) {
    const auto at = std::ranges::find(day_names, word);
    if (at == day_names.end()) return std::nullopt;
    return static_cast<std::size_t>(at - day_names.begin());
}

// `sun`, `mon-fri`, `sat-mon`.
bool add_days(std::string_view word, std::array<bool, 7>& days) {
    const std::size_t hyphen = word.find('-');
    const auto first = day_of(word.substr(0, hyphen));
    const auto last = hyphen == std::string_view::npos ? first : day_of(word.substr(hyphen + 1));
    if (!first || !last) return false;
    for (std::size_t day = *first;; day = (day + 1) % days.size()) {
        days[day] = true;
        if (day == *last) return true;
    }
}

// `07:00`: minutes since midnight.
std::optional<unsigned> time_of_day(std::string_view text) {
    const auto digit = [text](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
    if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4))
        return std::nullopt;
    const auto number = [text](std::size_t at) {
        return static_cast<unsigned>(text[at] - '0') * 10 +
               static_cast<unsigned>(text[at + 1] - '0');
    };
    if (number(0) > 23 || number(3) > 59) return std::nullopt;
    return number(0) * 60 + number(3);
}

class Reader {
  public:
    explicit Reader(Draft& draft) : draft_(draft), reading_(draft.reading) {}

    void alerts(const Node& node);
    void maintenance(const Node& item);

  private:
    void problem(Position position, std::string message) {
        reading_.problem(position, std::move(message));
    }
    static Position at(const Node& node, std::string_view key) {
        const Node* found = node.find(key);
        return found == nullptr ? node.position : found->position;
    }
    template <class Keys>
    bool fill(const Node& node, Position position, std::span<const Field> fields, Keys& keys,
              std::string name) {
        const Part part{fields, ObjectRef(keys)};
        return apply(node, position, std::span(&part, 1), {.noun = name, .name = name}, reading_);
    }

    void receivers(const Node& node);
    void receiver(const Node::Entry& entry);
    AnyOptions options_of(const Node::Entry& entry, const Description& kind,
                          const std::string& name);
    void rule(const Node& node);
    void steps(const Node& node, Alerts::Rule& rule);
    void silence(const Node& node);
    std::optional<Alerts::Hours> hours(const Node& node, const HoursKeys& keys);
    void check_zone(const Node& node, const std::string& zone);
    std::optional<unsigned> minutes(const Node& node, std::string_view key,
                                    const std::string& text);
    std::optional<System> instant(const Node& node, std::string_view key, const std::string& text);
    void check_end(const Node& node, const Alerts::Mute& mute);
    void check_pace(const Node& node);
    void warn_of_same_urls();
    // The items of a list; other nodes were reported.
    const std::vector<Node>& items(const Node& node, std::string_view key);

    Draft& draft_;
    Reading& reading_;
};

const std::vector<Node>& Reader::items(const Node& node, std::string_view key) {
    static const std::vector<Node> none;
    if (node.broken) return none;
    if (node.kind == Node::Kind::sequence) return node.items;
    problem(node.position, fmt::format("'{}' must be a list, each item begun with '- ', found {}",
                                       key, found(node)));
    return none;
}

void Reader::alerts(const Node& node) {
    Alerts& made = draft_.config.alerts;
    Node plain = node;
    std::erase_if(plain.entries, [](const Node::Entry& entry) {
        return entry.key == "receivers" || entry.key == "rules" || entry.key == "silences";
    });
    AlertsKeys keys;
    if (fill(plain, node.position, section("alerts").description.fields, keys, "'alerts'")) {
        made.url = keys.url.text;
        while (made.url.ends_with('/')) made.url.pop_back();
        made.wait = keys.wait;
        made.hold = keys.hold;
        made.flapping = keys.flapping;
        made.storm = keys.storm;
        made.watchdog = keys.watchdog;
        check_pace(node);
    }
    if (const Node* list = node.find("receivers")) receivers(*list);
    if (const Node* list = node.find("rules")) {
        made.rules.emplace();
        for (const Node& item : items(*list, "rules")) rule(item);
    }
    if (const Node* list = node.find("silences"))
        for (const Node& item : items(*list, "silences")) silence(item);
    if (made.receivers.empty() && !draft_.lost.contains("alerts"))
        reading_.warning(node.position, "nobody is told: 'alerts' has no 'receivers'");
    warn_of_same_urls();
}

void Reader::check_pace(const Node& node) {
    const Alerts& made = draft_.config.alerts;
    const Node* flapping = node.find("flapping");
    if (made.flapping.quiet > made.flapping.within)
        problem(flapping == nullptr ? node.position : at(*flapping, "quiet"),
                fmt::format("flapping ends after {} without a change, but changes are only "
                            "remembered for {}; 'quiet' must not be above 'within'",
                            format_duration(made.flapping.quiet),
                            format_duration(made.flapping.within)));
    if (made.hold > made.flapping.quiet)
        problem(at(node, "hold"),
                fmt::format("'hold' {} is longer than flapping's 'quiet' {}: a recovery would be "
                            "told after flapping had ended",
                            format_duration(made.hold), format_duration(made.flapping.quiet)));
}

void Reader::receivers(const Node& node) {
    if (node.broken) {
        draft_.lost.emplace("alerts");
        return;
    }
    if (node.kind != Node::Kind::mapping) {
        draft_.lost.emplace("alerts");
        problem(node.position,
                fmt::format("'receivers' must be a mapping from names to mappings, found {}",
                            found(node)));
        return;
    }
    for (const Node::Entry& entry : node.entries) receiver(entry);
}

void Reader::receiver(const Node::Entry& entry) {
    constexpr std::string_view allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    constexpr std::size_t most = 40;
    Alerts::Receiver made{.name = entry.key, .position = entry.position};
    const std::string name = fmt::format("receiver {}", text::in_quotes(entry.key));
    if (entry.key.empty() || entry.key.size() > most ||
        entry.key.find_first_not_of(allowed) != std::string::npos)
        problem(
            entry.position,
            fmt::format("{} has an invalid name; expected up to {} letters, digits, '-' and '_'",
                        name, most));
    Node common = entry.value;
    const Node::Entry* chosen = nullptr;
    for (const Node::Entry& key : entry.value.entries) {
        const auto kind = std::ranges::find(draft_.catalog.receivers, key.key,
                                            [](const Described& d) { return d.description.name; });
        if (kind == draft_.catalog.receivers.end()) continue;
        std::erase_if(common.entries, [&key](const Node::Entry& e) { return e.key == key.key; });
        if (chosen != nullptr) {
            problem(key.position, fmt::format("{} is both {} and {}; make two of it", name,
                                              chosen->key, key.key));
            continue;
        }
        chosen = &key;
        made.kind = key.key;
        made.options = options_of(key, kind->description, name);
    }
    ReceiverKeys keys;
    const auto fields = receiver_fields();
    std::vector<std::string_view> names;
    for (const Described& each : draft_.catalog.receivers) names.push_back(each.description.name);
    if (chosen == nullptr && entry.value.kind == Node::Kind::mapping && !entry.value.broken) {
        // A key that is not common is an unknown kind.
        for (const Node::Entry& key : entry.value.entries) {
            if (std::ranges::find(fields, key.key, &Field::name) != fields.end()) continue;
            problem(key.position,
                    fmt::format(
                        "unknown kind of receiver {}{}", text::in_quotes(key.key),
                        text::did_you_mean(key.key, names, ", expected " + text::one_of(names))));
        }
        common = known_entries(common, fields);
        if (common.entries.size() == entry.value.entries.size())
            problem(entry.position, fmt::format("{} does not say how it is told, expected one of "
                                                "the keys {}",
                                                name, text::one_of(names)));
    }
    const bool good = fill(common, entry.position, fields, keys, name);
    made.at_most = keys.at_most;
    if (keys.disclose == "status") made.disclose = Disclosure::status;
    if (keys.disclose == "detail") made.disclose = Disclosure::detail;
    if (const Node* node = entry.value.find("hours"); node != nullptr && keys.hours)
        made.hours = hours(*node, *keys.hours);
    if (const Node* node = entry.value.find("fallback"); node != nullptr && keys.fallback) {
        made.fallback = Alerts::Fallback{keys.fallback->to, keys.fallback->after};
        if (keys.fallback->to == entry.key)
            problem(at(*node, "to"), fmt::format("{} is its own fallback", name));
    }
    if (good || chosen != nullptr) draft_.config.alerts.receivers.push_back(std::move(made));
}

AnyOptions Reader::options_of(const Node::Entry& entry, const Description& kind,
                              const std::string& name) {
    AnyOptions options = kind.make();
    const Part part{kind.fields, options.ref()};
    const Subject subject{.noun = fmt::format("a receiver of kind {}", kind.name), .name = name};
    if (!apply(entry.value, entry.position, std::span(&part, 1), subject, reading_)) return options;
    if (const Verified whole = kind.verify(options.ref()); !whole)
        problem(mentioned(entry.value, whole.error(), entry.position),
                fmt::format("{}: {}", name, whole.error()));
    return options;
}

void Reader::check_zone(const Node& node, const std::string& zone) {
    if (!draft_.catalog.zone_problem) return;
    if (std::string wrong = draft_.catalog.zone_problem(zone); !wrong.empty())
        problem(at(node, "zone"), std::move(wrong));
}

std::optional<unsigned> Reader::minutes(const Node& node, std::string_view key,
                                        const std::string& text) {
    const auto time = time_of_day(text);
    if (!time)
        problem(at(node, key), fmt::format("'{}' is {}, expected a time of day such as \"07:00\"",
                                           key, text::in_quotes(text)));
    return time;
}

std::optional<Alerts::Hours> Reader::hours(const Node& node, const HoursKeys& keys) {
    Alerts::Hours made{.zone = keys.zone};
    check_zone(node, keys.zone);
    const Node* days = node.find("days");
    if (days != nullptr) {
        made.days = {};
        if (keys.days.empty())
            problem(days->position, "'days' names no day, so that these hours never come");
        for (const std::string& word : keys.days)
            if (!add_days(word, made.days))
                problem(days->position,
                        fmt::format("{} is no day, expected mon, tue, wed, thu, fri, sat, sun or "
                                    "a range such as mon-fri",
                                    text::in_quotes(word)));
    }
    const auto from = minutes(node, "from", keys.from);
    const auto to = minutes(node, "to", keys.to);
    if (!from || !to) return std::nullopt;
    made.from = *from;
    made.to = *to;
    return made;
}

void Reader::rule(const Node& node) {
    RuleKeys keys;
    Node plain = node;
    std::erase_if(plain.entries, [](const Node::Entry& entry) { return entry.key == "steps"; });
    const bool good = fill(plain, node.position, rule_fields(), keys, "a rule");
    Alerts::Rule made;
    made.match = Selector(keys.match);
    made.critical = keys.critical;
    made.from = parse_status(keys.from).value_or(Status::unknown);
    made.remind = keys.remind;
    const Node* ladder = node.find("steps");
    const Node* to = node.find("to");
    if (ladder != nullptr && to != nullptr)
        problem(to->position, "a rule has both 'to' and 'steps'; 'to' is a ladder of one step");
    if (ladder == nullptr && to == nullptr && good)
        problem(node.position, "a rule has neither 'to' nor 'steps', which say who is told");
    if (ladder != nullptr)
        steps(*ladder, made);
    else if (to != nullptr)
        made.steps.push_back({{}, keys.to});
    draft_.config.alerts.rules->push_back(std::move(made));
}

void Reader::steps(const Node& node, Alerts::Rule& rule) {
    for (const Node& item : items(node, "steps")) {
        StepKeys keys;
        if (!fill(item, item.position, step_fields(), keys, "a step")) continue;
        if (!rule.steps.empty() && keys.after <= rule.steps.back().after)
            problem(
                at(item, "after"),
                fmt::format("the steps of a rule must rise: {} does not come after {}",
                            format_duration(keys.after), format_duration(rule.steps.back().after)));
        rule.steps.push_back({keys.after, keys.to});
    }
    if (rule.steps.empty() && node.kind == Node::Kind::sequence && node.items.empty())
        problem(node.position, "'steps' must not be empty");
}

std::optional<System> Reader::instant(const Node& node, std::string_view key,
                                      const std::string& text) {
    if (text.empty()) return std::nullopt;
    const auto time = parse_rfc3339(text);
    if (!time)
        problem(at(node, key),
                fmt::format("'{}' is {}, expected a time such as 2026-12-03T08:00:00+01:00", key,
                            text::in_quotes(text)));
    return time;
}

void Reader::check_end(const Node& node, const Alerts::Mute& mute) {
    if (mute.from && mute.until && *mute.until <= *mute.from)
        problem(at(node, "until"), "'until' is not after 'from'");
    else if (mute.until && *mute.until < std::chrono::system_clock::now())
        reading_.warning(at(node, "until"),
                         "'until' lies in the past: this mutes nothing any more");
}

void Reader::silence(const Node& node) {
    SilenceKeys keys;
    if (!fill(node, node.position, silence_fields(), keys, "a silence")) return;
    Alerts::Mute made;
    made.match = Selector(keys.match);
    made.reason = keys.reason;
    made.from = instant(node, "from", keys.from);
    made.until = instant(node, "until", keys.until);
    check_end(node, made);
    draft_.config.alerts.mutes.push_back(std::move(made));
}

// Either once, between two instants, or weekly, between two times of day.
void Reader::maintenance(const Node& node) {
    MaintenanceKeys keys;
    if (!fill(node, node.position, section("maintenance").description.fields, keys,
              "a maintenance"))
        return;
    Alerts::Mute made;
    made.maintenance = true;
    made.match = Selector(keys.match);
    made.reason = keys.reason;
    if (time_of_day(keys.from) || node.find("to") != nullptr || node.find("days") != nullptr) {
        const HoursKeys window{keys.zone, keys.days, keys.from, keys.to};
        if (node.find("to") == nullptr) {
            problem(node.position, "a maintenance has a time of day 'from' but no 'to'");
            return;
        }
        made.hours = hours(node, window);
        made.until = instant(node, "until", keys.until);
    } else {
        made.from = instant(node, "from", keys.from);
        made.until = instant(node, "until", keys.until);
        if (keys.from.empty() || keys.until.empty())
            problem(node.position,
                    "a maintenance has no 'from' and 'until', or 'from' and 'to' "
                    "of a time of day");
    }
    check_end(node, made);
    draft_.config.alerts.mutes.push_back(std::move(made));
}

// A hook to which two receivers write shows each message twice.
void Reader::warn_of_same_urls() {
    std::vector<std::pair<std::string, const Alerts::Receiver*>> seen;
    for (const Alerts::Receiver& each : draft_.config.alerts.receivers) {
        const auto kind = std::ranges::find(draft_.catalog.receivers, each.kind,
                                            [](const Described& d) { return d.description.name; });
        if (kind == draft_.catalog.receivers.end()) continue;
        for (const auto& [key, secret] : secrets_of(kind->description.fields, each.options.ref())) {
            if (key != "url" || !secret.available()) continue;
            const std::string value = secret.reveal();
            const auto same = std::ranges::find(seen, value, [](const auto& s) { return s.first; });
            if (same != seen.end())
                reading_.warning(
                    each.position,
                    fmt::format("receiver {} has the URL of receiver {}: each message "
                                "comes twice",
                                text::in_quotes(each.name), text::in_quotes(same->second->name)));
            seen.emplace_back(value, &each);
        }
    }
}

}  // namespace

void read_alerts(const Node& node, Draft& draft) {
    Reader(draft).alerts(node);
}

void read_maintenance(const Node& node, Draft& draft) {
    for (const Node& item : node.items) Reader(draft).maintenance(item);
}

}  // namespace vitals::config
