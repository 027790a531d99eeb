// The schema is made from the tables. An independent validator shows that it agrees with the reader
// (tests/config/check_schema.py).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/sample_catalog.hpp"

namespace vitals::config {
namespace {

using testing::HasSubstr;

TEST(Schema, is_the_same_each_time) {
    const std::string schema = json_schema(sample::catalog());
    EXPECT_EQ(schema, json_schema(sample::catalog()));
    EXPECT_TRUE(
        schema.starts_with("{\n  \"$schema\": "
                           "\"https://json-schema.org/draft/2020-12/schema\",\n"));
    EXPECT_TRUE(schema.ends_with("}\n"));
}

TEST(Schema, has_every_option_with_its_sentence_and_default) {
    const std::string schema = json_schema(sample::catalog());
    EXPECT_THAT(schema, HasSubstr("        \"max_body\": {\n"
                                  "          \"description\": \"How much is read.\",\n"
                                  "          \"$ref\": \"#/$defs/size\",\n"
                                  "          \"default\": \"1MiB\"\n"
                                  "        }"));
    EXPECT_THAT(schema, HasSubstr("              \"description\": \"Whether to verify.\",\n"
                                  "              \"$ref\": \"#/$defs/boolean\",\n"
                                  "              \"default\": true\n"));
    for (const Described& kind : sample::catalog().kinds)
        for (const Field& field : kind.description.fields)
            EXPECT_THAT(schema, HasSubstr(std::string(field.sentence)));
    for (const Description& section : sections())
        for (const Field& field : section.fields)
            EXPECT_THAT(schema, HasSubstr("\"" + std::string(field.name) + "\""));
}

}  // namespace
}  // namespace vitals::config
