#include "wire/xml.hpp"

#include <gtest/gtest.h>

namespace vitals::wire {
namespace {

TEST(Xml, has_elements_attributes_and_texts) {
    const auto root = parse_xml(R"(<?xml version="1.0"?>
<!DOCTYPE a>
<!-- <no/> -->
<x:a k = "1 &lt; &#x26; &#38;" l='"'>text<b/><c>t<![CDATA[<no>]]><d/> &amp;</c ></x:a>
)");
    ASSERT_TRUE(root) << root.error();
    EXPECT_EQ(root->name, "a");
    EXPECT_EQ(root->attribute("k"), "1 < & &");
    EXPECT_EQ(root->attribute("l"), "\"");
    EXPECT_EQ(root->attribute("m"), "");
    EXPECT_EQ(root->text, "text");
    ASSERT_EQ(root->children.size(), 2u);
    EXPECT_EQ(root->children[0].name, "b");
    EXPECT_EQ(root->child("c")->text, "t<no> &");
    EXPECT_EQ(root->child("c")->children[0].name, "d");
    EXPECT_EQ(root->child("d"), nullptr);
    EXPECT_EQ(root->find("d")->name, "d");
    EXPECT_EQ(root->find("a"), &*root);
}

TEST(Xml, takes_blanks_before_the_declaration) {
    EXPECT_EQ(parse_xml(" \r\n<?xml version='1.0'?><a>x</a>")->text, "x");
}

TEST(Xml, reads_other_encodings_that_it_names) {
    const auto root = parse_xml("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe4</a>");
    ASSERT_TRUE(root) << root.error();
    EXPECT_EQ(root->text, "\xc3\xa4");
    for (const char* name : {"windows-1252", "Windows-1252", "iso-8859-15"}) {
        const auto euro = parse_xml(std::string("<?xml version='1.0' encoding='") + name +
                                    (name[0] == 'i' ? "'?><a>\xa4</a>" : "'?><a>\x80</a>"));
        ASSERT_TRUE(euro) << name << ": " << euro.error();
        EXPECT_EQ(euro->text, "\xe2\x82\xac") << name;
    }
    EXPECT_EQ(parse_xml("<?xml version='1.0' encoding='x'?><a/>").error(),
              "is in an encoding that is not known");
}

TEST(Xml, says_what_is_wrong) {
    const char* cut = "ends within an element, a comment or the like";
    EXPECT_EQ(parse_xml("").error(), "there is no element");
    EXPECT_EQ(parse_xml("<a>").error(), "an element is not closed");
    EXPECT_EQ(parse_xml("<a></b>").error(), "an element is closed that was not opened");
    EXPECT_EQ(parse_xml("</a>").error(), "is no XML");
    EXPECT_EQ(parse_xml("<a b></a>").error(), "is no XML");
    EXPECT_EQ(parse_xml("<a b='1' b='2'/>").error(), "an attribute stands twice");
    for (const char* text : {"<a b='", "<a", "<a/", "<", "<!--"})
        EXPECT_EQ(parse_xml(text).error(), cut) << text;
    EXPECT_EQ(parse_xml("<a/><b/>").error(), "there is more than one element");
    EXPECT_EQ(parse_xml("<a>&b;</a>").error(), "names an entity that is not declared");
    EXPECT_EQ(parse_xml("<a>\xff</a>").error(), "is no XML");
    EXPECT_EQ(parse_xml(std::string("<a>\0</a>", 8)).error(), "is no XML");
    std::string deep;
    for (int i = 0; i < 200; ++i) deep += "<a>";
    EXPECT_EQ(parse_xml(deep).error(), "is too deep");
    std::string wide = "<a>";
    for (int i = 0; i < 200'000; ++i) wide += "<b/>";
    EXPECT_EQ(parse_xml(wide + "</a>").error(), "has too many elements");
}

TEST(Xml, expands_and_fetches_nothing) {
    const char* refused = "declares a document type of its own";
    EXPECT_EQ(parse_xml("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>").error(), refused);
    std::string bomb = "<!DOCTYPE a [<!ENTITY e0 'ha'>";
    for (int i = 1; i < 40; ++i)
        bomb += "<!ENTITY e" + std::to_string(i) + " '&e" + std::to_string(i - 1) + ";&e" +
                std::to_string(i - 1) + ";'>";
    EXPECT_EQ(parse_xml(bomb + "]><a>&e39;</a>").error(), refused);
    EXPECT_EQ(parse_xml("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>").error(),
              refused);
    EXPECT_EQ(parse_xml("<!DOCTYPE a [<!ATTLIST a b CDATA 'c'>]><a/>").error(), refused);
    const auto root = parse_xml("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a>&b;</a>");
    EXPECT_TRUE(!root || root->text.empty());
}

TEST(Xml, gives_what_there_is_of_a_document_that_is_cut) {
    const Element some = parse_xml_as_far_as_it_goes("<a k='v'><b>x</b><c>y</c><d>z");
    EXPECT_EQ(some.attribute("k"), "v");
    EXPECT_EQ(some.child("b")->text, "x");
    EXPECT_EQ(some.child("d")->text, "");
    EXPECT_EQ(parse_xml_as_far_as_it_goes("<a><b>x</b>\xff</a>").find("b")->text, "x");
    EXPECT_EQ(parse_xml_as_far_as_it_goes("").name, "");
}

}  // namespace
}  // namespace vitals::wire
