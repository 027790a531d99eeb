// The tree and its positions, and what of YAML is refused. The wording of syntax errors is shown in
// tests/config/.
#include "config/yaml.hpp"

#include <gtest/gtest.h>

#include "text/words.hpp"

namespace vitals::config {
namespace {

struct Read {
    std::optional<Node> root;
    std::string complaints;
};

Read read(std::string_view text) {
    std::vector<Complaint> complaints;
    Read read{read_yaml(text, complaints), {}};
    for (const Complaint& complaint : complaints)
        read.complaints += std::to_string(complaint.position.line) + ":" +
                           std::to_string(complaint.position.column) + ": " + complaint.message +
                           "\n";
    return read;
}

TEST(Yaml, keeps_positions_texts_and_order) {
    const Read file = read("a: 0777\nb:\n  - x: 'no'\n    y: [1, {z: ~}]\n  -\n");
    ASSERT_TRUE(file.root);
    EXPECT_EQ(file.complaints, "");
    const Node& root = *file.root;
    EXPECT_EQ(root.kind, Node::Kind::mapping);
    ASSERT_EQ(root.entries.size(), 2u);
    EXPECT_EQ(root.find("a")->scalar, "0777");
    EXPECT_EQ(root.find("a")->position, (Position{1, 4}));
    const Node& item = root.find("b")->items.at(0);
    EXPECT_EQ(item.entries.at(0).position, (Position{3, 5}));
    EXPECT_TRUE(item.find("x")->quoted);
    EXPECT_EQ(item.find("y")->items.at(1).find("z")->position, (Position{4, 16}));
    EXPECT_TRUE(item.find("y")->items.at(1).find("z")->nothing());
    EXPECT_TRUE(root.find("b")->items.at(1).nothing());
    EXPECT_EQ(root.find("c"), nullptr);
}

TEST(Yaml, accepts_a_byte_order_mark_and_windows_line_ends) {
    const Read file = read(
        "\xef\xbb\xbf"
        "a: 1\r\nb: x\r\n");
    ASSERT_TRUE(file.root);
    EXPECT_EQ(file.root->entries.at(0).position, (Position{1, 1}));
    EXPECT_EQ(file.root->find("b")->scalar, "x");
    EXPECT_EQ(file.root->entries.at(1).position, (Position{2, 1}));
}

TEST(Yaml, goes_on_after_what_it_only_refuses) {
    const Read file = read("a: &x 1\nb: *x\nc: !!str 2\na: 3\nd: 4\n");
    ASSERT_TRUE(file.root);
    EXPECT_EQ(file.complaints,
              "1:4: anchors such as '&x' are not used here; write the value out, or put it in "
              "quotes if it is meant as text\n"
              "2:4: '*x' is read as a YAML alias, which is not used here; put it in quotes if it "
              "is meant as text\n"
              "3:4: '!!str' is read as a YAML tag, which is not used here; put it in quotes if it "
              "is meant as text\n"
              "4:1: 'a' stands here a second time, the first is on line 1\n");
    EXPECT_TRUE(file.root->find("b")->broken);
    EXPECT_EQ(file.root->find("a")->scalar, "1");
    EXPECT_EQ(file.root->find("d")->scalar, "4");
    EXPECT_FALSE(file.root->find("d")->broken);
}

TEST(Yaml, billions_of_laughs_cost_nothing) {
    std::string text = "a: &a [x, x, x, x, x, x, x, x, x]\n";
    for (char c = 'b'; c <= 'k'; ++c)
        text += std::string(1, c) + ": &" + c + " [*" + static_cast<char>(c - 1) + ", *" +
                static_cast<char>(c - 1) + "]\n";
    const Read file = read(text);
    ASSERT_TRUE(file.root);
    EXPECT_EQ(file.root->find("k")->items.size(), 2u);
    EXPECT_TRUE(file.root->find("k")->items.at(0).items.empty());
}

TEST(Yaml, refuses_bytes_that_are_not_utf8_at_their_place) {
    EXPECT_EQ(read("a: \u00e9\nb: \xc3\x28\n").complaints,
              "2:4: byte 0xc3 is not UTF-8, save the file as UTF-8\n");
    for (const char* bad : {"\x80", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                            "\xf8\x88\x80\x80\x80", "\xe2\x82"})
        EXPECT_TRUE(read(bad).complaints.starts_with("1:1: byte 0x")) << read(bad).complaints;
    EXPECT_EQ(read(std::string_view("a: \0", 4)).complaints,
              "1:4: the character U+0000 is not allowed in YAML\n");
}

TEST(Yaml, has_nothing_for_a_file_without_a_document) {
    for (const char* text : {"", "\n", "# only this\n", "%YAML 1.1\n"})
        EXPECT_FALSE(read(text).root) << text;
}

TEST(Yaml, nests_up_to32_levels) {
    const auto nested = [](std::size_t levels) {
        return std::string(levels, '[') + std::string(levels, ']');
    };
    EXPECT_TRUE(read(nested(32)).root);
    EXPECT_EQ(read(nested(33)).complaints, "1:33: nested deeper than 32 levels\n");
    EXPECT_EQ(read(std::string(1'000'000, '[')).complaints, "1:33: nested deeper than 32 levels\n");
}

TEST(Wording, finds_what_was_meant) {
    const std::vector<std::string_view> words = {"interval", "timeout",    "url",    "tags",
                                                 "failures", "depends_on", "warning"};
    EXPECT_EQ(text::nearest("intervall", words), "interval");
    EXPECT_EQ(text::nearest("ulr", words), "url");
    EXPECT_EQ(text::nearest("time-out", words), "timeout");
    EXPECT_EQ(text::nearest("Timeout", words), "timeout");
    EXPECT_EQ(text::nearest("depends-on", words), "depends_on");
    EXPECT_EQ(text::nearest("failure", words), "failures");
    EXPECT_EQ(text::nearest("warn", words), "warning");
    EXPECT_EQ(text::nearest("flavour", words), std::nullopt);
    EXPECT_EQ(text::nearest("ur", words), "url");
    EXPECT_EQ(text::nearest("x", words), std::nullopt);
    EXPECT_EQ(text::nearest("", words), std::nullopt);
}

TEST(Wording, cuts_and_escapes_what_it_shows) {
    EXPECT_EQ(text::in_quotes("a\nb\x1b"), "'a\\nb\\x1b'");
    EXPECT_EQ(text::in_quotes(std::string(60, 'x')), "'" + std::string(60, 'x') + "'");
    EXPECT_EQ(text::in_quotes(std::string(61, 'x')), "'" + std::string(60, 'x') + "...'");
    std::string umlauts;
    for (int i = 0; i < 61; ++i) umlauts += "\u00fc";
    EXPECT_EQ(text::in_quotes(umlauts), "'" + umlauts.substr(0, 120) + "...'");
}

}  // namespace
}  // namespace vitals::config
