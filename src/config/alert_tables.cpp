// The tables of alerts and maintenance.
#include "config/section_tables.hpp"

#include <algorithm>
#include <array>

#include "text/url.hpp"

namespace vitals::config {

namespace {

Verified public_url_problem(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"https", "http"}); !problem.empty())
        return std::unexpected(problem);
    if (!url.user.empty() || !url.password.empty() || !url.query.empty())
        return std::unexpected("expected https://host, as people reach this vitals");
    if (url.host == "localhost" || url.host == "::1" || url.host.starts_with("127."))
        return std::unexpected("leads every reader to their own machine");
    return {};
}

Verified watchdog_url_problem(const Secret& url) {
    if (!url.available()) return {};
    return verified(text::url_problem(url.reveal(), {"https", "http"}));
}

constexpr Field a_list(Field field) {
    field.type_name = "list of mappings";
    return field;
}

constexpr std::array hours_fields = {
    field<&HoursKeys::zone>("zone", "The time zone of the hours.", {.example = "Europe/Berlin"}),
    field<&HoursKeys::days>("days", "The days on which they begin; by default all.",
                            {.example = "mon-fri"}),
    field<&HoursKeys::from>("from", "When they begin, a time of day.",
                            {.required = true, .example = "\"07:00\""}),
    field<&HoursKeys::to>("to", "When they end; a time that is not later belongs to the next day.",
                          {.required = true, .example = "\"20:00\""}),
};

constexpr std::array fallback_fields = {
    field<&FallbackKeys::to>("to", "The receiver that is told instead.",
                             {.required = true, .refers = "receiver", .example = "chat"}),
    field<&FallbackKeys::after>("after",
                                "How long a message may be on its way until it goes there; one "
                                "that is refused for good goes there at once.",
                                {.least = second}),
};

constexpr std::array receiver_keys = {
    field<&ReceiverKeys::hours>("hours", "The hours in which it is told.",
                                {.members = hours_fields}),
    field<&ReceiverKeys::fallback>("fallback",
                                   "The receiver that is told when this one cannot be reached.",
                                   {.members = fallback_fields}),
    field<&ReceiverKeys::disclose>("disclose",
                                   "How much it is told: names and states, also the words of "
                                   "vitals, or also those of the other side.",
                                   {.choices = "status|detail|full"}),
    field<&ReceiverKeys::at_most>("at_most",
                                  "How many messages may be sent. A message above that waits, and "
                                  "then says what is true at that time.",
                                  {.example = "30 per 1h"}),
};

constexpr std::array step_keys = {
    field<&StepKeys::after>("after", "How long after the first possible message of the incident.",
                            {.example = "5m", .least = 0}),
    field<&StepKeys::to>("to", "The receivers that are told then.",
                         {.required = true, .refers = "receiver", .example = "[mail]"}),
};

constexpr std::array rule_keys = {
    field<&RuleKeys::match>(
        "match", "The components of this rule, by selectors.",
        {.required = true, .refers = "components", .example = "[\"db/*\", \"tag:payments\"]"}),
    field<&RuleKeys::critical>("critical", "Only critical components, or only the others."),
    field<&RuleKeys::from>("from", "The least severe status that is told.",
                           {.choices = "degraded|unknown|failed"}),
    field<&RuleKeys::to>("to", "The receivers that are told at once.",
                         {.refers = "receiver", .example = "[chat, mail]"}),
    a_list(field<&RuleKeys::steps>("steps",
                                   "A ladder, instead of `to`: which receivers are told at once, "
                                   "and which when the incident lasts.",
                                   {.example = "[{to: chat}, {after: 15m, to: pager}]"})),
    field<&RuleKeys::remind>("remind", "How long after its last message a receiver is reminded.",
                             {.example = "4h", .least = minute}),
};

constexpr std::array silence_keys = {
    field<&SilenceKeys::match>("match", "The components that are muted, by selectors.",
                               {.required = true, .refers = "components"}),
    field<&SilenceKeys::from>("from", "When it begins; by default at once.",
                              {.example = "2026-12-01T08:00:00+01:00"}),
    field<&SilenceKeys::until>("until", "When it ends.",
                               {.required = true, .example = "2026-12-03T08:00:00+01:00"}),
    field<&SilenceKeys::reason>("reason", "Why.", {.required = true}),
};

constexpr std::array flapping_fields = {
    field<&Alerts::Flapping::changes>(
        "changes", "How many changes between bad and not bad, in the time `within`, are flapping.",
        {.unit = "changes", .least = 3, .most = 100}),
    field<&Alerts::Flapping::within>("within", "The time in which these changes are counted.",
                                     {.least = second}),
    field<&Alerts::Flapping::quiet>("quiet", "Flapping ends after this time without a change.",
                                    {.least = second}),
};

constexpr std::array storm_fields = {
    field<&Alerts::Storm::count>("count", "How many incidents that begin together are told as one.",
                                 {.unit = "incidents", .least = 2, .most = 1000}),
    field<&Alerts::Storm::within>("within", "How long further incidents join that one.",
                                  {.least = second}),
};

constexpr std::array watchdog_fields = {
    field<&Watchdog::url, watchdog_url_problem>(
        "url",
        "The URL that vitals requests. A service that watches it tells you when the requests stop.",
        {.required = true, .example = "https://hc-ping.com/UUID"}),
    field<&Watchdog::every>("every", "How often.", {.least = second}),
};

constexpr std::array alerts_fields = {
    field<&AlertsKeys::url, public_url_problem>(
        "url",
        "The URL at which people reach this vitals; without it, messages hold no links to it.",
        {.example = "https://status.example.org"}),
    field<&AlertsKeys::receivers>(
        "receivers", "The receivers that can be told: a name, a kind of receiver and its options.",
        {.example = "{mail: {email: {to: ops@example.org}}}"}),
    a_list(field<&AlertsKeys::rules>(
        "rules",
        "Which receivers are told of which components; the first rule that matches a component "
        "counts. Without rules, all receivers are told of every critical component.",
        {.example = "[{match: \"*\", to: mail}]"})),
    field<&AlertsKeys::wait>("wait",
                             "How long after the first bad verdict vitals waits with messages, so "
                             "that the cause is known.",
                             {.least = 0, .most = 60 * minute}),
    field<&AlertsKeys::hold>("hold", "How long a recovery must last before it is told.",
                             {.least = 0, .most = 60 * minute}),
    field<&AlertsKeys::flapping>("flapping",
                                 "When a component that changes again and again is told once.",
                                 {.members = flapping_fields}),
    field<&AlertsKeys::storm>("storm", "When many incidents are told as one.",
                              {.members = storm_fields}),
    a_list(
        field<&AlertsKeys::silences>("silences", "Which components are muted until when, and why.",
                                     {.example = "[{match: cache/b, until: "
                                                 "2026-12-03T08:00:00+01:00, reason: replaced}]"})),
    field<&AlertsKeys::watchdog>("watchdog",
                                 "A URL that vitals requests only while vitals itself is well.",
                                 {.members = watchdog_fields}),
};

constexpr std::array maintenance_fields = {
    field<&MaintenanceKeys::match>("match", "The components of this maintenance, by selectors.",
                                   {.required = true, .refers = "components"}),
    field<&MaintenanceKeys::from>("from", "When it begins: an instant, or a time of day.",
                                  {.required = true, .example = "\"02:00\""}),
    field<&MaintenanceKeys::to>("to", "When it ends each time, a time of day.",
                                {.example = "\"04:00\""}),
    field<&MaintenanceKeys::until>("until", "When it ends, an instant.",
                                   {.example = "2026-12-25T02:00:00+01:00"}),
    field<&MaintenanceKeys::days>("days", "The days of a weekly one; by default all.",
                                  {.example = "sun"}),
    field<&MaintenanceKeys::zone>("zone", "The time zone of the times of day.",
                                  {.example = "Europe/Berlin"}),
    field<&MaintenanceKeys::reason>("reason", "What is done.", {.required = true}),
};

}  // namespace

std::span<const Field> alerts_table() {
    return alerts_fields;
}
std::span<const Field> maintenance_table() {
    return maintenance_fields;
}
std::span<const Field> receiver_fields() {
    return receiver_keys;
}
std::vector<Description> parts_of_alerts() {
    return {describe<ReceiverKeys>("receivers",
                                   "A receiver has its kind, and these keys:", receiver_keys),
            describe<RuleKeys>("rules", "A rule:", rule_keys),
            describe<StepKeys>("steps", "A step of a ladder:", step_keys),
            describe<SilenceKeys>("silences", "A silence:", silence_keys)};
}

std::span<const Field> rule_fields() {
    return rule_keys;
}
std::span<const Field> step_fields() {
    return step_keys;
}
std::span<const Field> silence_fields() {
    return silence_keys;
}

}  // namespace vitals::config
