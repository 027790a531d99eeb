#include "engine/hang.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace vitals::engine {

namespace {

struct Sentence {
    std::string_view phase;
    std::string_view text;
};

// Phases whose names alone say what the run waited for.
constexpr Sentence sentences[] = {
    {"", "does not end"},
    {"resolve", "name is not resolved"},
    {"connect", "does not accept connections"},
    {"run", "command does not end"},
    {"handler", "handler does not return"},
};

// Phases before the first answer of the server: an answer of a sentinel is not an answer of the
// server.
constexpr std::string_view before_the_first_answer[] = {"tls", "send", "sentinel"};

// Whether the peer had already passed, after connecting, a phase in which it had to answer.
bool answered(std::vector<Phase>::const_iterator connected, std::vector<Phase>::const_iterator end,
              const std::string& hung_in) {
    return std::any_of(connected + 1, end, [&hung_in](const Phase& phase) {
        return phase.name != hung_in &&
               std::find(std::begin(before_the_first_answer), std::end(before_the_first_answer),
                         phase.name) == std::end(before_the_first_answer);
    });
}

std::string_view sentence(const std::vector<Phase>& phases, const std::string& hung_in) {
    for (const Sentence& each : sentences)
        if (each.phase == hung_in) return each.text;
    const auto connected = std::find_if(phases.begin(), phases.end(),
                                        [](const Phase& phase) { return phase.name == "connect"; });
    if (connected == phases.end()) return "does not answer";
    return answered(connected, phases.end(), hung_in) ? "stopped answering"
                                                      : "accepts connections and does not answer";
}

}  // namespace

std::string describe_hang(const std::vector<Phase>& phases, const std::string& hung_in) {
    return std::string(sentence(phases, hung_in)) +
           (hung_in.empty() ? " (timeout)" : " (timeout in " + hung_in + ")");
}

}  // namespace vitals::engine
