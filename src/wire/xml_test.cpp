#include "wire/xml.hpp"

#include <gtest/gtest.h>

namespace vitals::wire {
namespace {

TEST(Xml, Elements_and_attributes) {
    const auto root = parse_xml(R"(<?xml version="1.0"?>
<!DOCTYPE a>
<!-- <no/> -->
<x:a k = "1 &lt; &#x26; &#38; &auml; &amp" l='"'>text<b/><c><![CDATA[<no>]]><d/></c ></x:a>
)");
    ASSERT_TRUE(root) << root.error();
    EXPECT_EQ(root->name, "a");
    EXPECT_EQ(root->attribute("k"), "1 < & & &auml; &amp");
    EXPECT_EQ(root->attribute("l"), "\"");
    EXPECT_EQ(root->attribute("m"), "");
    ASSERT_EQ(root->children.size(), 2u);
    EXPECT_EQ(root->children[0].name, "b");
    EXPECT_EQ(root->children[1].children[0].name, "d");
}

TEST(Xml, Says_what_is_wrong) {
    EXPECT_EQ(parse_xml("").error(), "there is no element");
    EXPECT_EQ(parse_xml("<a>").error(), "an element is not closed");
    EXPECT_EQ(parse_xml("<a></b>").error(), "an element is closed that was not opened");
    EXPECT_EQ(parse_xml("</a>").error(), "an element is closed that was not opened");
    EXPECT_EQ(parse_xml("<a b></a>").error(), "an attribute has no value");
    EXPECT_EQ(parse_xml("<a b='").error(), "an attribute does not end");
    EXPECT_EQ(parse_xml("<a").error(), "an attribute has no value");
    EXPECT_EQ(parse_xml("<a/").error(), "an element does not end");
    EXPECT_EQ(parse_xml("<").error(), "an element has no name");
    EXPECT_EQ(parse_xml("<a/><b/>").error(), "there is more than one element");
    EXPECT_EQ(parse_xml("<!--").error(), "ends within a comment or the like");
    EXPECT_EQ(parse_xml("<!DOCTYPE a [<!ENTITY b 'c'>]><a/>").error(),
              "declares a document type of its own");
    std::string deep;
    for (int i = 0; i < 200; ++i) deep += "<a>";
    EXPECT_EQ(parse_xml(deep).error(), "is too deep");
}

}  // namespace
}  // namespace vitals::wire
