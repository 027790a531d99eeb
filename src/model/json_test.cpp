#include "model/json.hpp"
#include "text/json.hpp"

#include <gtest/gtest.h>

namespace vitals {
namespace {

TEST(Json, has_any_value_of_an_outcome) {
    std::string out;
    text::JsonWriter writer(out);
    writer.array().value(Value(std::string("x"))).value(Value(true)).value(Value(std::int64_t{7}));
    writer.value(Value(2.5))
        .value(Value(std::vector<Property>{{"a", std::int64_t{1}}, {"a", std::int64_t{2}}}));
    writer.value(std::vector<Value>{nullptr, false}).end_array();
    EXPECT_EQ(out, R"(["x",true,7,2.5,{"a":1},[null,false]])");
}

}  // namespace
}  // namespace vitals
