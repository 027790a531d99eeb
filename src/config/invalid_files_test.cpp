// Every file under tests/config is refused with exactly the messages beside it.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "config/sample_catalog.hpp"

namespace vitals::config {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> invalid_files() {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(fs::path(VITALS_SOURCE_DIR) / "tests/config"))
        if (entry.path().extension() == ".yaml" &&
            entry.path().filename().string().starts_with("invalid-"))
            files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

std::string content_of(const fs::path& path) {
    std::ostringstream content;
    content << std::ifstream(path, std::ios::binary).rdbuf();
    return content.str();
}

class InvalidFile : public testing::TestWithParam<fs::path> {};

TEST_P(InvalidFile, is_refused_with_exactly_its_messages) {
    const fs::path& path = GetParam();
    Options options;
    options.environment = [](const std::string&) { return std::nullopt; };
    // Named as a user in its folder would name it, so that messages contain no path of a machine.
    const fs::path before = fs::current_path();
    fs::current_path(path.parent_path());
    const auto config = load(path.filename().string(), sample::catalog(), options);
    fs::current_path(before);
    ASSERT_FALSE(config) << "accepted";
    std::string printed;
    for (const Problem& problem : config.error()) printed += problem.text() + "\n";
    EXPECT_EQ(printed, content_of(fs::path(path).replace_extension(".expected")));
}

INSTANTIATE_TEST_SUITE_P(Tests, InvalidFile, testing::ValuesIn(invalid_files()),
                         [](const auto& tested) {
                             std::string name = tested.param.stem().string();
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

TEST(InvalidFiles, are_many_and_each_has_its_messages) {
    EXPECT_GE(invalid_files().size(), 45u);
}

}  // namespace
}  // namespace vitals::config
