// Shared by the tests of the configuration: a text becomes a configuration, or its problems.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/sample_catalog.hpp"

namespace vitals::config {

using Variables = std::map<std::string, std::string>;

inline Options with(Variables variables) {
    Options options;
    options.environment =
        [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
        const auto at = variables.find(name);
        return at == variables.end() ? std::nullopt : std::optional(at->second);
    };
    return options;
}

inline std::string text_of(const Problems& problems) {
    std::string text;
    for (const Problem& problem : problems) text += problem.text() + "\n";
    return text;
}

inline Config good(std::string_view text, const Variables& variables = {}) {
    auto config = parse(text, "vitals.yaml", sample::catalog(), with(variables));
    EXPECT_TRUE(config) << (config ? "" : text_of(config.error()));
    return config ? std::move(*config) : Config();
}

inline std::string problems(std::string_view text, const Variables& variables = {}) {
    const auto config = parse(text, "vitals.yaml", sample::catalog(), with(variables));
    return config ? "accepted" : text_of(config.error());
}

template <class Options>
const Options& options_of(const Config& config, std::size_t component) {
    return config.components.at(component).options.as<Options>();
}

inline std::string fingerprint_of(std::string_view component, std::string_view before = "",
                                  const Variables& variables = {}) {
    return good(std::string(before) + "\ncomponents:\n  x: " + std::string(component) + "\n",
                variables)
        .components.at(0)
        .fingerprint;
}

}  // namespace vitals::config
