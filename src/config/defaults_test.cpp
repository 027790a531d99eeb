// What components inherit from their kind and their group.
#include "config/config_testing.hpp"

namespace vitals::config {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

TEST(Defaults, of_a_group_come_before_those_of_a_kind_and_those_before_all_others) {
    const Config config = good(
        "defaults:\n"
        "  interval: 20s\n"
        "  kinds: {http: {interval: 30s, timeout: 3s, method: HEAD, tags: [kind]}, tcp: {}}\n"
        "  groups: {web: {interval: 40s, method: POST, critical: false, tags: [group]}}\n"
        "components:\n"
        "  web/a: {check: http, url: http://a/, interval: 50s}\n"
        "  web/b: {check: http, url: http://a/, tags: [own]}\n"
        "  web/c: {check: disk}\n"
        "  d: {check: http, url: http://a/}\n"
        "  e: {check: disk}\n");
    const auto found = [&config](std::size_t i) -> const ComponentConfig& {
        return config.components.at(i);  // d, e, web/a, web/b, web/c
    };
    EXPECT_EQ(found(0).policy.interval, milliseconds(30'000));
    EXPECT_EQ(options_of<sample::Http>(config, 0).method, "HEAD");
    EXPECT_THAT(found(0).component->tags, ElementsAre("kind"));
    EXPECT_EQ(found(1).policy.interval, milliseconds(20'000));
    EXPECT_EQ(found(2).policy.interval, milliseconds(50'000));
    EXPECT_THAT(found(2).component->tags, ElementsAre("group"));
    EXPECT_EQ(found(3).policy.interval, milliseconds(40'000));
    EXPECT_EQ(found(3).policy.timeout, milliseconds(3'000));
    EXPECT_EQ(options_of<sample::Http>(config, 3).method, "POST");
    EXPECT_THAT(found(3).component->tags, ElementsAre("own"));
    // A key that its kind does not take does not apply to it.
    EXPECT_EQ(found(4).policy.interval, milliseconds(40'000));
    EXPECT_FALSE(found(4).component->critical);
}

TEST(Defaults, can_set_the_kind_and_required_keys) {
    const Config config = good(
        "defaults:\n"
        "  groups:\n"
        "    hosts: {check: tcp, url: tcp://gateway:22}\n"
        "    databases: {check: http, user: app, password: abc, depends_on: [databases/a, e]}\n"
        "components:\n"
        "  hosts/a:\n"
        "    url: tcp://a:22\n"
        "  hosts/b: {}\n"
        "  databases/a: {url: http://a/}\n"
        "  databases/b: {url: 'http://other:x@b/'}\n"
        "  e: {check: disk}\n");
    EXPECT_EQ(options_of<sample::Http>(config, 0).user, "app");
    EXPECT_TRUE(options_of<sample::Http>(config, 0).password.equals("abc"));
    EXPECT_THAT(config.components.at(0).component->depends_on, ElementsAre("e"));
    // Its own URL has a user.
    EXPECT_EQ(options_of<sample::Http>(config, 1).user, "");
    EXPECT_FALSE(options_of<sample::Http>(config, 1).password.configured());
    EXPECT_THAT(config.components.at(1).component->depends_on, ElementsAre("databases/a", "e"));
    EXPECT_EQ(options_of<sample::Tcp>(config, 3).url, "tcp://a:22");
    EXPECT_EQ(options_of<sample::Tcp>(config, 4).url, "tcp://gateway:22");
}

TEST(Defaults, may_hold_the_name_of_the_component_that_inherits_them) {
    const std::string defaults =
        "defaults:\n"
        "  groups: {hosts: {check: tcp, url: 'tcp://${.name}.${DOMAIN}:22', tags: "
        "['${.group}']}}\n";
    const Config config =
        good(defaults + "components: {hosts/a: {}, hosts/b: {}}\n", {{"DOMAIN", "example.org"}});
    EXPECT_EQ(options_of<sample::Tcp>(config, 0).url, "tcp://a.example.org:22");
    EXPECT_EQ(options_of<sample::Tcp>(config, 1).url, "tcp://b.example.org:22");
    EXPECT_THAT(config.components.at(1).component->tags, ElementsAre("hosts"));
    EXPECT_EQ(problems("components: {a: {check: tcp, url: 'tcp://${.name}:22'}}\n"),
              "vitals.yaml:1:35: '${.name}' stands only in the defaults of a kind or a group\n");
    EXPECT_EQ(problems("defaults: {kinds: {tcp: {url: '${.name}'}}}\n"
                       "components: {'no scheme': {check: tcp}}\n"),
              "vitals.yaml:1:31: 'url' has no scheme\n");
}

TEST(Defaults, give_the_same_definition_as_written_keys) {
    const std::string written = fingerprint_of("{check: http, url: http://a/, method: HEAD}");
    EXPECT_EQ(fingerprint_of("{check: http, url: http://a/}",
                             "defaults: {kinds: {http: {method: HEAD}}}"),
              written);
    EXPECT_NE(fingerprint_of("{check: http, url: http://a/}",
                             "defaults: {kinds: {http: {method: POST}}}"),
              written);
    EXPECT_EQ(fingerprint_of("{<<: *a, url: http://a/}", "x-a: &a {check: http, method: HEAD}"),
              written);
}

TEST(Defaults, of_a_group_without_components_are_warned_of) {
    EXPECT_THAT(good("defaults: {groups: {hots: {timeout: 1s}}}\n"
                     "components: {hosts/a: {check: disk}}\n")
                    .warnings,
                ElementsAre("vitals.yaml:1:27: no component is in the group 'hots', did you mean "
                            "'hosts'?"));
}

TEST(Defaults, that_do_not_fit_one_component_say_which) {
    EXPECT_EQ(problems("defaults: {kinds: {disk: {valid_for: 12s}}}\n"
                       "components:\n"
                       "  a: {check: disk}\n"
                       "  b: {check: disk, interval: 20s}\n"
                       "  c: {check: disk, interval: 20s}\n"),
              "vitals.yaml:1:38: valid_for 12s is less than the interval 20s: every result would "
              "turn stale before the next run (used on line 4 and in 1 other place)\n");
    // As for the section's own keys: a value that does not fit is ignored.
    EXPECT_EQ(good("defaults: {kinds: {disk: {retry_interval: 30s}}}\n"
                   "components: {a: {check: disk}}\n")
                  .components.at(0)
                  .policy.interval_at(Pace::retry),
              milliseconds(10'000));
}

}  // namespace
}  // namespace vitals::config
