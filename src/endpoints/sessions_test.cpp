#include "endpoints/sessions.hpp"

#include <gtest/gtest.h>

namespace vitals::endpoints {
namespace {

using namespace std::chrono_literals;

Token token(const std::string& name, const std::string& secret) {
    Token made;
    made.name = name;
    made.secret = Secret(secret);
    made.allow = {true, false, name == "operator"};
    return made;
}

class SessionsTest : public ::testing::Test {
  protected:
    std::string begin(Sessions& sessions, const std::string& secret) {
        const Identity identity = endpoints::identify(routes, secret, now);
        return sessions.begin(identity, secret, now).value_or("");
    }
    Routes routes{.endpoints = {}, .tokens = {token("reader", "r3ad"), token("operator", "0per")}};
    Steady now = Steady(1'000h);
};

TEST_F(SessionsTest, have_the_rights_of_their_token) {
    Sessions sessions;
    const std::string reader = begin(sessions, "r3ad"), boss = begin(sessions, "0per");
    EXPECT_EQ(reader.size(), 64u);
    EXPECT_NE(reader, boss);
    EXPECT_EQ(sessions.identify(routes, reader, now).token, 0);
    EXPECT_FALSE(sessions.identify(routes, reader, now).may.control);
    EXPECT_TRUE(sessions.identify(routes, boss, now).may.control);
    EXPECT_EQ(sessions.identify(routes, "", now).token, -1);
    EXPECT_EQ(sessions.identify(routes, std::string(64, '0'), now).token, -1);
    EXPECT_EQ(sessions.identify(routes, reader + "0", now).token, -1);
}

TEST_F(SessionsTest, ends_with_time_log_out_and_the_token) {
    Sessions sessions;
    const std::string old = begin(sessions, "r3ad");
    EXPECT_EQ(sessions.identify(routes, old, now + 12h - 1s).token, 0);
    EXPECT_EQ(sessions.identify(routes, old, now + 12h).token, -1);
    const std::string out = begin(sessions, "r3ad");
    sessions.end(out);
    EXPECT_EQ(sessions.identify(routes, out, now).token, -1);
    const std::string gone = begin(sessions, "r3ad"), changed = begin(sessions, "0per");
    Routes others{.endpoints = {}, .tokens = {token("operator", "0per")}};
    EXPECT_EQ(sessions.identify(others, gone, now).token, -1);
    EXPECT_EQ(sessions.identify(routes, gone, now).token, -1) << "not again when it comes back";
    routes.tokens[1].secret.replace("new", now);
    EXPECT_EQ(sessions.identify(routes, changed, now + 1s).token, -1);
    EXPECT_EQ(sessions.size(), 0u);
}

TEST_F(SessionsTest, are_bounded) {
    Sessions sessions({.all = 4, .of_one_token = 2});
    const std::string one = begin(sessions, "r3ad");
    now += 1s;
    const std::string two = begin(sessions, "r3ad");
    now += 1s;
    const std::string three = begin(sessions, "r3ad");
    EXPECT_EQ(sessions.identify(routes, one, now).token, -1) << "the oldest made room";
    EXPECT_EQ(sessions.identify(routes, two, now).token, 0);
    for (int i = 0; i < 10; ++i) begin(sessions, "0per");
    EXPECT_EQ(sessions.size(), 4u);
    EXPECT_EQ(sessions.identify(routes, three, now).token, 0);
}

TEST_F(SessionsTest, a_form_is_bound_to_its_session) {
    Sessions sessions, others;
    const std::string one = begin(sessions, "r3ad"), two = begin(sessions, "r3ad");
    EXPECT_EQ(sessions.form_token(one).size(), 64u);
    EXPECT_TRUE(sessions.is_form_token(sessions.form_token(one), one));
    EXPECT_FALSE(sessions.is_form_token(sessions.form_token(one), two));
    EXPECT_FALSE(sessions.is_form_token("", one));
    EXPECT_FALSE(sessions.is_form_token(others.form_token(one), one)) << "of another process";
}

TEST(FailedLoginsTest, must_wait_longer_each_time) {
    FailedLogins failed;
    Steady now(1'000h);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(failed.note(now += 1s), 0s);
    EXPECT_EQ(failed.note(now += 1s), 1s);
    EXPECT_EQ(failed.note(now += 1s), 2s);
    EXPECT_EQ(failed.note(now += 1s), 4s);
    for (int i = 0; i < 20; ++i) failed.note(now += 1s);
    EXPECT_EQ(failed.note(now += 1s), 60s);
    EXPECT_EQ(failed.note(now += 61s), 0s) << "a quiet minute";
}

TEST(CookiesOfSessions, say_what_a_browser_may_do_with_them) {
    EXPECT_EQ(cookie_name(false, 8080), "vitals-8080");
    EXPECT_EQ(cookie_name(true, 8443), "__Host-vitals-8443");
    EXPECT_EQ(cookie_field("__Host-vitals-8443", "ab", true, 12h),
              "__Host-vitals-8443=ab; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure");
    EXPECT_EQ(cookie_field("vitals-8080", "", false, 12h),
              "vitals-8080=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
}

}  // namespace
}  // namespace vitals::endpoints
