// Options of receivers for tests, by name and text. For tests only.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "alerts/receivers/receiver.hpp"

namespace vitals::alerts::receivers::testing {

// Options by name and text.
using Written = std::vector<std::pair<std::string, std::string>>;

inline void set(const ValueRef& value, const std::string& text) {
    if (const auto* const plain = std::get_if<std::string*>(&value))
        **plain = text;
    else if (const auto* const secret = std::get_if<Secret*>(&value))
        **secret = Secret(text);
    else if (const auto* const list = std::get_if<std::vector<std::string>*>(&value))
        (*list)->push_back(text);
    else if (const auto* const secrets = std::get_if<SecretMap*>(&value))
        (*secrets)->emplace_back("0", Secret(text));
    else if (const auto* const texts = std::get_if<TextMap*>(&value))
        (*texts)->emplace_back("team", text);
    else if (const auto* const number = std::get_if<std::int64_t*>(&value))
        **number = std::stol(text);
    else if (const auto* const flag = std::get_if<bool*>(&value))
        **flag = text == "true";
    else
        ASSERT_TRUE(std::get<ParsedRef>(value).read(std::get<ParsedRef>(value).value, text));
}

inline AnyOptions options_of(const Receiver& receiver, const Written& written) {
    AnyOptions options = receiver.description.make();
    for (const auto& [name, text] : written) {
        const auto field = std::ranges::find(receiver.description.fields, name, &Field::name);
        if (field == receiver.description.fields.end()) {
            ADD_FAILURE() << "no option " << name;
            continue;
        }
        set(field->reach(options.ref()), text);
        if (field->verify != nullptr) {
            const Verified good = field->verify(options.ref());
            EXPECT_TRUE(good) << name << ' ' << good.error();
        }
    }
    const Verified whole = receiver.description.verify(options.ref());
    EXPECT_TRUE(whole) << whole.error();
    return options;
}

}  // namespace vitals::alerts::receivers::testing
