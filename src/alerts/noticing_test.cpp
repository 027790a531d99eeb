#include "alerts/noticing.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace vitals::alerts {
namespace {

ComponentState with(std::string name, Value value) {
    auto component = std::make_shared<Component>();
    component->name = "db";
    auto outcome = std::make_shared<Outcome>();
    outcome->with(std::move(name), std::move(value));
    ComponentState state;
    state.component = component;
    state.last = outcome;
    return state;
}

TEST(Noticing, another_certificate_has_more_days) {
    Noticing noticing;
    EXPECT_FALSE(noticing.look(with("certificate_days_left", std::int64_t{12})));
    EXPECT_FALSE(noticing.look(with("certificate_days_left", std::int64_t{11})));
    EXPECT_FALSE(noticing.look(with("certificate_days_left", std::int64_t{12})))
        << "a clock's step";
    EXPECT_EQ(noticing.look(with("certificate_days_left", std::int64_t{90})),
              "another certificate, 90 days left");
}

TEST(Noticing, another_role_or_version_is_told_once) {
    Noticing noticing;
    EXPECT_FALSE(noticing.look(with("role", std::string("primary"))));
    EXPECT_EQ(noticing.look(with("role", std::string("standby"))), "role primary -> standby");
    EXPECT_FALSE(noticing.look(with("role", std::string("standby"))));
    EXPECT_FALSE(noticing.look(with("version", std::string("15.1"))));
    EXPECT_EQ(noticing.look(with("version", std::string("15.2\nx"))), "version 15.1 -> 15.2 x");
}

TEST(Noticing, what_a_run_does_not_tell_is_no_change) {
    Noticing noticing;
    EXPECT_FALSE(noticing.look(with("role", std::string("primary"))));
    EXPECT_FALSE(noticing.look(with("other", std::string("x"))));
    EXPECT_FALSE(noticing.look(with("role", std::string("primary"))));
    noticing.forget("db");
    EXPECT_FALSE(noticing.look(with("role", std::string("standby")))) << "nothing is known of it";
}

}  // namespace
}  // namespace vitals::alerts
