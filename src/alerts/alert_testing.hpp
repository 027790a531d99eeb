// Alerts for tests: one of each kind, as the database of a shop would cause them. For tests only.
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "alerts/alert.hpp"
#include "model/clock.hpp"

namespace vitals::alerts::testing {

inline System at(std::string_view rfc3339) {
    return parse_rfc3339(rfc3339).value();
}

inline Alert problem() {
    using namespace std::chrono_literals;
    Alert alert;
    alert.key = "7f3a-12-ops-1";
    alert.incident = "7f3a-12";
    alert.thread = "7f3a-12-ops-1";
    alert.cause = {"db/main"};
    alert.affected = {"shop/cart", "shop/pay"};
    alert.affected_count = 14;
    alert.at = at("2026-11-30T02:12:17Z");
    alert.since = at("2026-11-30T02:12:07Z");
    alert.last_ok = at("2026-11-30T02:11:57Z");
    alert.configured = at("2026-11-29T14:00:00Z");
    alert.detail = "connection refused";
    alert.error_class = ErrorClass::connect;
    alert.phase = "connect";
    alert.error = "127.0.0.1:5432";
    alert.before = {{at("2026-11-30T02:10:00Z"), "disk/data: ok -> degraded, 91% used"}};
    alert.link = "https://status.example.org/c/db/main";
    alert.act_link = "https://status.example.org/a/TOKEN";
    alert.runbook = "https://wiki.example.org/db";
    alert.service = "shop";
    alert.host = "web-1";
    alert.version = "0.1.0";
    return alert;
}

inline Alert worse() {
    Alert alert = problem();
    alert.key = "7f3a-12-ops-2";
    alert.kind = Kind::worse;
    alert.level_was = Status::degraded;
    alert.detail = "no standby";
    return alert;
}

inline Alert reminder() {
    using namespace std::chrono_literals;
    Alert alert = problem();
    alert.key = "7f3a-12-ops-3";
    alert.kind = Kind::reminder;
    alert.at = alert.since + 3h + 10min + 40s;
    return alert;
}

inline Alert flapping() {
    using namespace std::chrono_literals;
    Alert alert = problem();
    alert.key = "7f3a-12-ops-4";
    alert.kind = Kind::flapping;
    alert.state = State::flapping;
    alert.changes = 6;
    alert.span = 12min;
    alert.at = alert.since + 12min;
    return alert;
}

inline Alert steady() {
    using namespace std::chrono_literals;
    Alert alert = flapping();
    alert.key = "7f3a-12-ops-5";
    alert.kind = Kind::steady;
    alert.state = State::problem;
    alert.span = 15min;
    return alert;
}

inline Alert resolved() {
    using namespace std::chrono_literals;
    Alert alert = problem();
    alert.key = "7f3a-12-ops-6";
    alert.kind = Kind::resolved;
    alert.state = State::resolved;
    alert.until = alert.since + 41min;
    alert.at = *alert.until + 1min;
    return alert;
}

inline Alert missed() {
    using namespace std::chrono_literals;
    Alert alert = problem();
    alert.key = "7f3a-12-ops-7";
    alert.kind = Kind::missed;
    alert.state = State::resolved;
    alert.since = at("2026-11-30T01:10:00Z");
    alert.until = at("2026-11-30T01:40:00Z");
    alert.not_told = "mail server unreachable";
    return alert;
}

// One of each kind, with its name.
inline std::vector<std::pair<std::string, Alert>> each_kind() {
    return {{"problem", problem()},   {"worse", worse()},   {"reminder", reminder()},
            {"flapping", flapping()}, {"steady", steady()}, {"resolved", resolved()},
            {"missed", missed()}};
}

// Texts that try to have a meaning where they are shown.
inline std::vector<std::pair<std::string, std::string>> hostile_texts() {
    return {{"mention", "<!channel> @everyone <@U123> & <b>bold</b> [a](http://evil) `x`"},
            {"line_breaks", "a\r\nRCPT TO:<evil@example.org>\r\n.\r\nQUIT\r\n"},
            {"direction",
             "abc\xE2\x80\xAE"
             "cba"},
            {"huge", std::string(100'000, 'x')},
            {"not_utf8", "a\xFF\xC3(\xED\xA0\x80z"},
            {"controls", std::string("nul \0 bell \a escape \x1b[31m", 25)},
            {"quotes", "\"\\'</script>"}};
}

// A problem with that text as component, detail and error.
inline Alert hostile(const std::string& text) {
    Alert alert = problem();
    alert.cause = {text};
    alert.affected = {text};
    alert.detail = text;
    alert.error = text;
    alert.phase = text;
    alert.before[0].text = text;
    return alert;
}

}  // namespace vitals::alerts::testing
