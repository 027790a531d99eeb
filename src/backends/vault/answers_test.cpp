// Vault's answers: both versions of the engine, and everything that is not a secret.
#include "answers.hpp"

#include <gtest/gtest.h>

namespace vitals::backends::vault {
namespace {

const std::string version_2 =
    R"({"data":{"data":{"a":"x","n":1,"empty":"","line":"y\n"},"metadata":{"version":3}}})";
const std::string version_1 = R"({"lease_id":"","data":{"a":"x","data":{"b":"c"}}})";

std::string error_of(std::string_view body, std::string_view key) {
    const auto value = value_of(body, key);
    return value ? "a value" : value.error();
}

TEST(VaultPath, has_a_place_in_either_version) {
    const SecretPath path("kv/shop/health#password");
    EXPECT_EQ(path.version_2, "kv/data/shop/health");
    EXPECT_EQ(path.version_1, "kv/shop/health");
    EXPECT_EQ(path.key, "password");
}

TEST(VaultMount, says_where_a_path_is_read) {
    const auto second = mount_of(
        R"({"data":{"path":"teams/kv/","type":"kv","options":{"version":"2"},"uuid":"x"}})");
    ASSERT_TRUE(second);
    EXPECT_TRUE(second->has_values());
    EXPECT_EQ(second->read_path("teams/kv/a/b"), "teams/kv/data/a/b");
    EXPECT_EQ(second->read_path("teams/kv/"), "");
    EXPECT_EQ(second->read_path("teams/other"), "") << "another mount's answer";
    const auto first = mount_of(R"({"data":{"path":"kv/","type":"kv","options":null}})");
    ASSERT_TRUE(first);
    EXPECT_EQ(first->read_path("kv/a"), "kv/a");
    const auto other = mount_of(R"({"data":{"path":"db/","type":"database"}})");
    ASSERT_TRUE(other);
    EXPECT_FALSE(other->has_values());
    for (const std::string odd :
         {"", "{}", "[]", R"({"data":{}})", R"({"data":{"path":"kv","type":"kv"}})",
          R"({"data":{"path":"/","type":"kv"}})", R"({"data":{"path":1,"type":"kv"}})"})
        EXPECT_FALSE(mount_of(odd)) << odd;
}

TEST(VaultValue, is_a_text_of_either_version) {
    EXPECT_EQ(value_of(version_2, "a"), "x");
    EXPECT_EQ(value_of(version_1, "a"), "x");
    EXPECT_EQ(value_of(version_2, "line"), "y") << "as of a file, without one last newline";
    // A version 1 secret with a key `data` is not taken for version 2.
    EXPECT_EQ(error_of(version_1, "b"), "has no key \"b\"");
}

TEST(VaultValue, says_what_is_wrong_and_nothing_else) {
    EXPECT_EQ(error_of(version_2, "b"), "has no key \"b\"");
    EXPECT_EQ(error_of(version_2, "n"), "has no text as \"n\"");
    EXPECT_EQ(error_of(version_2, "empty"), "is empty at \"empty\"");
    const std::string large(most_value_bytes + 1, 'x');
    EXPECT_EQ(error_of(R"({"data":{"a":")" + large + "\"}}", "a"),
              "is larger than 64 KiB at \"a\"");
    const std::string deep(100, '[');
    for (const std::string& odd :
         {std::string(), std::string("geheim"), std::string("[]"), std::string("{}"),
          std::string(R"({"data":null})"), std::string(R"({"data":{"data":null,"metadata":{}}})"),
          "{\"data\":" + deep, std::string(most_answer_bytes, ' ') + version_1})
        EXPECT_EQ(error_of(odd, "a"), "was answered with something that is no secret")
            << odd.substr(0, 80);
}

TEST(VaultRefusal, is_told_by_its_errors) {
    EXPECT_TRUE(is_deleted(R"({"data":{"data":null,"metadata":{"version":1}}})"));
    EXPECT_FALSE(is_deleted(R"({"errors":[]})"));
    EXPECT_EQ(errors_of(R"({"errors":["permission denied"]})"), R"("[\"permission denied\"]")");
    EXPECT_EQ(errors_of("<html>"), "\"<html>\"");
    EXPECT_LT(errors_of("{\"errors\":[\"" + std::string(9999, 'x') + "\"]}").size(), 300u);
}

}  // namespace
}  // namespace vitals::backends::vault
