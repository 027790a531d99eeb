// The table of other programs' words fits the existing kinds.
#include "config/other_words.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "app/catalog.hpp"

namespace vitals::app {
namespace {

using What = config::OtherWord::What;

TEST(OtherWords, name_kinds_that_exist_and_are_none_themselves) {
    for (const config::OtherWord& word : config::other_words()) {
        if (word.what == What::key || word.what == What::section) continue;
        EXPECT_EQ(find_kind(word.written), nullptr)
            << word.written << " is a kind by now: remove its line";
        if (word.what == What::kind) EXPECT_NE(find_kind(word.here), nullptr) << word.here;
    }
}

TEST(OtherWords, name_keys_of_components) {
    const auto known = [](std::string_view key) {
        const auto in = [key](std::span<const Field> fields) {
            return std::ranges::any_of(fields, [key](const Field& f) { return f.name == key; });
        };
        return in(config::common_component_fields()) ||
               std::ranges::any_of(kinds(),
                                   [&](const auto* kind) { return in(kind->description.fields); });
    };
    for (const config::OtherWord& word : config::other_words())
        if (word.what == What::key) EXPECT_TRUE(known(word.here)) << word.here;
}

}  // namespace
}  // namespace vitals::app
