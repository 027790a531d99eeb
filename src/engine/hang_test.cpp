#include "engine/hang.hpp"

#include <gtest/gtest.h>

namespace vitals::engine {
namespace {

// The run came through these phases, and hung in the last.
std::string hang_of(const std::vector<std::string>& names) {
    std::vector<Phase> phases;
    for (const std::string& name : names) phases.push_back({name, {}});
    return describe_hang(phases, names.empty() ? "" : names.back());
}

TEST(Hang, is_described_as_a_person_sees_it) {
    EXPECT_EQ(hang_of({}), "does not end (timeout)");
    EXPECT_EQ(hang_of({"resolve"}), "name is not resolved (timeout in resolve)");
    EXPECT_EQ(hang_of({"resolve", "connect"}), "does not accept connections (timeout in connect)");
    const std::vector<std::vector<std::string>> silent = {
        {"resolve", "connect", "tls"},   {"connect", "wait"},
        {"connect", "tls", "auth"},      {"connect", "send", "answer"},
        {"connect", "sentinel", "auth"},
    };
    for (const auto& names : silent)
        EXPECT_EQ(hang_of(names),
                  "accepts connections and does not answer (timeout in " + names.back() + ")");
    EXPECT_EQ(hang_of({"connect", "wait", "read"}), "stopped answering (timeout in read)");
    EXPECT_EQ(hang_of({"connect", "banner", "ehlo", "tls"}), "stopped answering (timeout in tls)");
    EXPECT_EQ(hang_of({"query"}), "does not answer (timeout in query)");
    EXPECT_EQ(hang_of({"stat"}), "does not answer (timeout in stat)");
    EXPECT_EQ(hang_of({"start", "run"}), "command does not end (timeout in run)");
    EXPECT_EQ(hang_of({"handler"}), "handler does not return (timeout in handler)");
}

// A kept connection fails, a new one is dialled: the phases stand in the order they first began.
TEST(Hang, a_phase_may_begin_again) {
    const std::vector<Phase> phases = {{"read", {}}, {"connect", {}}, {"auth", {}}};
    EXPECT_EQ(describe_hang(phases, "read"), "stopped answering (timeout in read)");
}

}  // namespace
}  // namespace vitals::engine
