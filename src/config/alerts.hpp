// Which receivers are told of an incident, and when: the sections `alerts` and `maintenance`, as
// read and validated. Plain values; the program makes its policy and its receivers from them.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/node.hpp"
#include "model/description.hpp"
#include "model/endpoint_settings.hpp"
#include "model/rate.hpp"
#include "model/selector.hpp"
#include "text/url.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::config {

// Requested regularly while all is well, so that silence shows that vitals is gone.
struct Watchdog {
    Secret url;
    std::chrono::milliseconds every{std::chrono::minutes(1)};
};

// The other one of two vitals that watch each other.
struct Peer {
    text::Url url;
    Secret token;
    std::int64_t rank = 0;
    std::string ca;
    std::chrono::milliseconds wait{std::chrono::seconds(3)};
};

struct Alerts {
    // A daily window by the local clock of a zone; across midnight it belongs to its first day.
    struct Hours {
        std::string zone = "UTC";
        std::array<bool, 7> days{true, true, true, true, true, true, true};  // Monday first
        unsigned from = 0, to = 0;  // minutes since midnight
        bool operator==(const Hours&) const = default;
    };
    struct Fallback {
        std::string to;
        std::chrono::milliseconds after{std::chrono::minutes(5)};
    };
    struct Receiver {
        std::string name;
        std::string kind;
        AnyOptions options;  // the kind's own struct
        std::optional<Hours> hours;
        std::optional<Fallback> fallback;
        Disclosure disclose = Disclosure::full;
        Rate at_most;
        Position position;
    };
    struct Step {
        std::chrono::milliseconds after{};
        std::vector<std::string> to;
    };
    struct Rule {
        Selector match;
        std::optional<bool> critical;
        Status from = Status::unknown;
        std::vector<Step> steps;
        std::optional<std::chrono::milliseconds> remind;
    };
    struct Mute {
        Selector match;
        bool maintenance = false;
        std::optional<System> from, until;
        std::optional<Hours> hours;
        std::string reason;
    };

    std::string url;  // the URL for people, without a slash at its end; or empty
    std::vector<Receiver> receivers;
    std::optional<std::vector<Rule>> rules;  // nothing: every critical component to every receiver
    std::chrono::milliseconds wait{std::chrono::seconds(10)}, hold{std::chrono::seconds(60)};
    struct Flapping {
        std::int64_t changes = 6;
        std::chrono::milliseconds within{std::chrono::hours(1)}, quiet{std::chrono::minutes(15)};
    } flapping;
    struct Storm {
        std::int64_t count = 5;
        std::chrono::milliseconds within{std::chrono::minutes(5)};
    } storm;
    std::optional<Watchdog> watchdog;
    std::vector<Mute> mutes;  // silences and maintenance
};

}  // namespace vitals::config
