#include "push.hpp"

#include <gtest/gtest.h>

namespace vitals::checks::push {
namespace {

TEST(Push, is_never_run_and_holds_for_a_minute) {
    EXPECT_EQ(kind.bind, nullptr);
    EXPECT_TRUE(kind.schemes.empty());
    const AnyOptions made = kind.description.make();
    ASSERT_EQ(kind.description.fields.size(), 3u);
    const Field& ttl = kind.description.fields[0];
    EXPECT_EQ(ttl.name, "ttl");
    EXPECT_EQ(format_value(ttl, ttl.peek(made.ref())), "1m");
}

TEST(Push, takes_a_key_that_is_no_easy_guess) {
    const Field& field = kind.description.fields[1];
    ASSERT_EQ(field.name, "ping_key");
    const auto problem = [&field](const std::string& key) {
        Options options;
        options.ping_key = Secret(key);
        const Verified verified = field.verify(ObjectRef(options));
        return verified ? std::string() : verified.error();
    };
    EXPECT_EQ(problem("JSHs372KL8"), "") << "as Uptime Kuma made them";
    EXPECT_EQ(problem("3f2b6a1e-5c0d-4c4b-9a54-3e7a6b1f0c11"), "");
    EXPECT_EQ(problem(std::string(128, 'k')), "");
    for (const std::string& key :
         {std::string("JSHs372KL"), std::string(129, 'k'), std::string("with/slashes"),
          std::string("with spaces in it"), std::string("percent%20encoded")}) {
        EXPECT_TRUE(problem(key).starts_with("must be 10 to 128 letters")) << key;
        EXPECT_EQ(problem(key).find(key), std::string::npos) << "it is a secret";
    }
    Options pending;
    pending.ping_key = Secret::pending("the vault is away");
    EXPECT_TRUE(field.verify(ObjectRef(pending)));
}

}  // namespace
}  // namespace vitals::checks::push
