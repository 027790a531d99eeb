#include "model/mask.hpp"

#include <gtest/gtest.h>

namespace vitals {
namespace {

TEST(Mask, hides_passwords_in_all_texts_of_an_outcome) {
    Outcome outcome = failed("x://a:p@b", ErrorClass::assertion, "y://a:p@b");
    outcome.with("z", std::string("z://a:p@b")).with("n", std::int64_t{1});
    mask(outcome);
    EXPECT_EQ(outcome.detail, "x://a:***@b");
    EXPECT_EQ(outcome.error, "y://a:***@b");
    EXPECT_EQ(std::get<std::string>(*outcome.property("z")), "z://a:***@b");
    Outcome nested = ok();
    nested.with("list", std::vector<Value>{std::vector<Property>{{"k", std::string("x://a:p@b")}}});
    mask(nested);
    const std::vector<Value> hidden{std::vector<Property>{{"k", std::string("x://a:***@b")}}};
    EXPECT_EQ(*nested.property("list"), Value(hidden));
}

}  // namespace
}  // namespace vitals
