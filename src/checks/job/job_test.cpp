// What the options of a job are and which are refused. How a job is judged is tested in src/jobs.
#include "job.hpp"

#include <gtest/gtest.h>

namespace vitals::checks::job {
namespace {

using namespace std::chrono_literals;

const Field& field_named(std::string_view name) {
    for (const Field& field : kind.description.fields)
        if (field.name == name) return field;
    ADD_FAILURE() << "no option " << name;
    return kind.description.fields.front();
}

std::string problem(Options options) {
    for (const Field& field : kind.description.fields) {
        const ObjectRef ref(options);
        if (field.verify == nullptr || !field.peek(ref)) continue;
        if (const Verified verified = field.verify(ref); !verified) return verified.error();
    }
    const Verified verified = kind.description.verify(ObjectRef(options));
    return verified ? std::string() : verified.error();
}

calendar::Cron nightly() {
    return calendar::Cron::parse("0 3 * * *").value();
}

TEST(Job, is_reported_and_never_run) {
    EXPECT_EQ(kind.bind, nullptr);
    EXPECT_EQ(kind.from_url, nullptr);
    EXPECT_TRUE(kind.schemes.empty());
    EXPECT_EQ(kind.description.name, "job");
}

TEST(Job, needs_no_option) {
    EXPECT_EQ(problem({}), "");
    const AnyOptions made = kind.description.make();
    const auto shown = [&made](std::string_view name) {
        const Field& field = field_named(name);
        return format_value(field, field.peek(made.ref()));
    };
    EXPECT_EQ(shown("schedule"), "");
    EXPECT_EQ(shown("start_grace"), "5m");
    EXPECT_EQ(shown("run_max"), "1d");
    EXPECT_EQ(shown("run_min"), "");
    EXPECT_EQ(shown("overlap"), "degraded");
    for (const Field& field : kind.description.fields) EXPECT_FALSE(field.required) << field.name;
}

TEST(Job, reads_a_schedule_as_cron_does) {
    Options options;
    const auto ref = std::get<ParsedRef>(field_named("schedule").reach(ObjectRef(options)));
    EXPECT_TRUE(ref.read(ref.value, "*/15 8-18 * * mon-fri"));
    EXPECT_EQ(ref.shown(ref.value), "*/15 8-18 * * mon-fri");
    EXPECT_TRUE(ref.read(ref.value, "@daily"));
    for (const char* wrong : {"", "0 3 * *", "60 3 * * *", "0 3 * * * *", "at three"}) {
        const Verified read = ref.read(ref.value, wrong);
        ASSERT_FALSE(read) << wrong;
        EXPECT_FALSE(read.error().empty());
    }
}

TEST(Job, must_be_able_to_end_in_time) {
    EXPECT_EQ(problem({.run_max = 1min, .run_min = 1min}),
              "run_min 1m is not less than run_max 1m");
    EXPECT_EQ(problem({.run_max = 1min, .run_min = 2h}), "run_min 2h is not less than run_max 1m");
    EXPECT_EQ(problem({.run_max = 1min, .run_min = 59s}), "");
}

TEST(Job, has_a_zone_only_with_a_schedule) {
    EXPECT_EQ(problem({.zone = "Europe/Berlin"}),
              "zone says by which clock a schedule counts, and there is no schedule");
    EXPECT_EQ(problem({.schedule = nightly(), .zone = "Europe/Berlin"}), "");
    EXPECT_NE(problem({.schedule = nightly(), .zone = "Europe/Berlinn"}), "");
}

TEST(Job, knows_three_words_for_overlap) {
    EXPECT_EQ(field_named("overlap").choices, "degraded|failed|allowed");
}

TEST(Job, takes_a_key_that_is_no_easy_guess) {
    EXPECT_EQ(problem({.ping_key = Secret("3f2b6a1e-5c0d-4c4b-9a54-3e7a6b1f0c11")}), "");
    EXPECT_TRUE(problem({.ping_key = Secret("short")}).starts_with("must be 10 to 128 letters"));
    EXPECT_EQ(problem({.ping_key = Secret::pending("the vault is away")}), "");
}

}  // namespace
}  // namespace vitals::checks::job
