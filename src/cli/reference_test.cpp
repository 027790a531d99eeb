#include "cli/reference.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "alerts/receivers/receiver.hpp"
#include "app/catalog.hpp"
#include "cli/screen_text.hpp"
#include "config/config.hpp"
#include "dialects/dialect.hpp"

namespace vitals::cli {
namespace {

using std::chrono::milliseconds;

struct Inner {
    std::string ca;
    bool verify = true;
};
struct Example {
    std::string url;
    milliseconds pause{1500};
    std::optional<Size> limit;
    std::string mode = "quick";
    std::vector<std::string> after;
    Inner tls;
    std::int64_t days = 14;
};
constexpr Field inner_fields[] = {
    field<&Inner::ca>("ca", "Which authorities to trust."),
    field<&Inner::verify>("verify", "Whether to verify."),
};
constexpr Field example_fields[] = {
    field<&Example::url>("url", "Where.", {.required = true, .example = "tcp://x:1"}),
    field<&Example::pause>("pause", "How long.", {.least = 1}),
    field<&Example::limit>("limit", "How much.", {.most = 1024}),
    field<&Example::mode>("mode", "How.", {.choices = "quick|full"}),
    field<&Example::after>("after", "What first.", {.refers = "component"}),
    field<&Example::tls>("tls", "How to speak TLS.", {.members = inner_fields}),
    field<&Example::days>("days", "How many.", {.unit = "days", .least = 0, .most = 30}),
};

TEST(Keys, are_told_in_words) {
    Example defaults;
    std::string text;
    for (const auto& key : keys_of(example_fields, ObjectRef(defaults))) {
        text += key.name + '|' + key.type + '|' + key.fallback + '|' + key.limits +
                (key.required ? "|required\n" : "\n");
    }
    EXPECT_EQ(text,
              "url|text|||required\n"
              "pause|duration|1500ms|at least 1ms\n"
              "limit|size||at most 1KiB\n"
              "mode|quick or full|quick|\n"
              "after|names of components||\n"
              "tls|mapping||\n"
              "tls.ca|text||\n"
              "tls.verify|true or false|true|\n"
              "days|whole number|14|0 to 30 days\n");
}

TEST(Keys, of_an_optional_mapping_have_the_defaults_of_its_struct) {
    EXPECT_TRUE(keys_of(example_fields, {})[1].fallback.empty());
}

TEST(Kinds, each_has_a_valid_example) {
    config::Options no_secrets;
    no_secrets.secrets = false;
    ASSERT_GE(app::kinds().size(), 12u);
    for (const auto* kind : app::kinds()) {
        const auto text = example_of(*kind);
        const auto parsed = config::parse(text, "example", app::catalog(), no_secrets);
        EXPECT_TRUE(parsed) << text << parsed.error().front().text();
    }
}

bool is_full_sentence(std::string_view text) {
    return !text.empty() && !(text.front() >= 'a' && text.front() <= 'z') && text.ends_with('.');
}

TEST(Sentence, of_each_kind_dialect_receiver_and_source_is_full) {
    for (const auto* kind : app::kinds()) {
        EXPECT_TRUE(is_full_sentence(kind->description.sentence)) << kind->description.name;
        EXPECT_TRUE(is_full_sentence(kind->proves)) << kind->description.name;
    }
    for (const auto* dialect : dialects::all())
        EXPECT_TRUE(is_full_sentence(dialect->description.sentence)) << dialect->description.name;
    for (const auto* receiver : alerts::receivers::all())
        EXPECT_TRUE(is_full_sentence(receiver->description.sentence)) << receiver->description.name;
    for (const auto& source : app::catalog().sources)
        EXPECT_TRUE(is_full_sentence(source.description.sentence)) << source.description.name;
}

TEST(Kinds, each_explains_itself_within_the_terminal) {
    const Terminal narrow{.interactive = true, .width = 60, .height = 24};
    for (const auto* kind : app::kinds()) {
        const auto name = std::string(kind->description.name);
        const auto text = kind_text(*kind, narrow);
        EXPECT_TRUE(text.starts_with(name + ": ")) << text;
        EXPECT_TRUE(text.contains("\n    check: " + name + "\n")) << text;
        for (const auto& field : kind->description.fields) {
            EXPECT_TRUE(text.contains("\n  " + std::string(field.name) + "  (")) << field.name;
            EXPECT_FALSE(field.sentence.empty());
            EXPECT_TRUE(field.sentence.ends_with('.')) << name << ' ' << field.name;
        }
    }
}

TEST(ReferencePage, is_the_one_in_the_documents) {
    std::ifstream file(VITALS_SOURCE_DIR "/docs/configuration.md");
    std::stringstream content;
    content << file.rdbuf();
    EXPECT_TRUE(content.str() == reference_page())
        << "docs/configuration.md is not what the code describes; write it again:\n"
           "    build/release/vitals kinds --format markdown > docs/configuration.md";
}

}  // namespace
}  // namespace vitals::cli
