// The tree and its positions, and what of YAML is refused. The wording of syntax errors is shown in
// tests/config/.
#include "config/yaml.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "text/words.hpp"

namespace vitals::config {
namespace {

struct Read {
    std::optional<Node> root;
    std::string complaints;
    Sources sources;
};

Read read(std::string_view text) {
    std::vector<Complaint> complaints;
    Read read;
    read.sources.files.emplace_back("vitals.yaml");
    read.root = read_yaml(text, read.sources, complaints);
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
    const Read file = read("a: &x 1\nb: *y\nc: !!str 2\na: 3\nd: 4\n");
    ASSERT_TRUE(file.root);
    EXPECT_EQ(file.complaints,
              "2:4: '*y' is read as a YAML alias, but no anchor '&y' ends above it in this file; "
              "put it in quotes if it is meant as text\n"
              "3:4: '!!str' is read as a YAML tag, which is not used here; put it in quotes if it "
              "is meant as text\n"
              "4:1: 'a' stands here a second time, the first is on line 1\n");
    EXPECT_TRUE(file.root->find("b")->broken);
    EXPECT_EQ(file.root->find("a")->scalar, "1");
    EXPECT_EQ(file.root->find("d")->scalar, "4");
    EXPECT_FALSE(file.root->find("d")->broken);
}

TEST(Yaml, an_alias_is_a_copy_that_knows_where_it_stands_and_where_it_is_used) {
    const Read file = read("a: &x {k: [1, 2]}\nb: *x\nc: &y [*x]\nd: *y\n");
    ASSERT_TRUE(file.root) << file.complaints;
    EXPECT_EQ(file.complaints, "");
    const Node& value = file.root->find("b")->find("k")->items.at(1);
    EXPECT_EQ(value.scalar, "2");
    EXPECT_EQ(value.position, (Position{1, 15, 0, 1}));
    EXPECT_EQ(file.sources.uses.at(1), (Position{2, 4}));
    EXPECT_EQ(file.root->find("a")->find("k")->items.at(1).position, (Position{1, 15}));
    // What an alias within an alias brings is used where the outer one stands.
    const Node& inner = file.root->find("d")->items.at(0).find("k")->items.at(1);
    EXPECT_EQ(inner.position.line, 1u);
    EXPECT_EQ(file.sources.uses.at(inner.position.use), (Position{4, 4}));
}

TEST(Yaml, merge_keys_add_what_is_not_written) {
    const Read file = read(
        "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\n"
        "one: {<<: *x, b: 3}\ntwo: {a: 4, <<: [*y, *x, {d: 5}]}\nthree: {'<<': 6}\n");
    ASSERT_TRUE(file.root);
    EXPECT_EQ(file.complaints, "");
    const auto written = [&file](std::string_view name) {
        std::string text;
        for (const Node::Entry& entry : file.root->find(name)->entries)
            text += entry.key + entry.value.scalar;
        return text;
    };
    EXPECT_EQ(written("one"), "b3a1");
    EXPECT_EQ(written("two"), "a4b2c2d5");
    EXPECT_EQ(written("three"), "<<6");
    const Node::Entry& merged = file.root->find("one")->entries.at(1);
    EXPECT_EQ(file.sources.uses.at(merged.position.use), (Position{3, 11}));
}

TEST(Yaml, refuses_merges_and_anchors_that_mean_nothing) {
    EXPECT_EQ(read("a: {<<: 1}\nb: {<<: [{}, 2]}\n").complaints,
              "1:9: '<<' takes a mapping or a list of mappings, such as *base\n"
              "2:14: '<<' takes a mapping or a list of mappings, such as *base\n");
    EXPECT_EQ(read("a: {<<: {}, <<: {}}\n").complaints,
              "1:13: '<<' stands here a second time, the first is on line 1; several are merged "
              "as '<<: [*a, *b]'\n");
    EXPECT_EQ(read("a: &x 1\nb: &x 2\n").complaints,
              "2:4: the anchor '&x' stands here a second time, the first is on line 1\n");
    EXPECT_EQ(read("a: &base 1\nb: *bse\n").complaints,
              "2:4: '*bse' is read as a YAML alias, but no anchor '&bse' ends above it in this "
              "file, did you mean 'base'?; put it in quotes if it is meant as text\n");
    EXPECT_EQ(read("a: &x [*x]\n").complaints,
              "1:8: '*x' is read as a YAML alias, but no anchor '&x' ends above it in this file; "
              "put it in quotes if it is meant as text\n");
}

TEST(Yaml, exponential_aliases_are_refused_early) {
    std::string text = "a: &a [x, x, x, x, x, x, x, x, x]\n";
    for (char c = 'b'; c <= 'z'; ++c) {
        text += std::string(1, c) + ": &" + c + " [";
        for (int i = 0; i < 10; ++i) text += (i > 0 ? ", *" : "*") + std::string(1, c - 1);
        text += "]\n";
    }
    const Read file = read(text);
    EXPECT_FALSE(file.root);
    EXPECT_EQ(file.complaints,
              "7:8: '*f' stands for 1011111 values; aliases may bring 2000000 in all\n");
}

TEST(Yaml, aliases_nest_no_deeper_than_what_is_written) {
    std::string text = "a: &a [x]\n";
    for (int i = 0; i < 40; ++i)
        text += fmt::format("b{}: &b{} [*{}]\n", i, i, i == 0 ? "a" : fmt::format("b{}", i - 1));
    EXPECT_EQ(read(text).complaints, "31:12: '*b28' nests deeper than 32 levels here\n");
}

TEST(Yaml, has_a_bound_on_the_number_of_values) {
    std::string text = "[";
    for (std::size_t i = 0; i < max_values; ++i) text += "a,";
    text += "]";
    const Read file = read(text);
    EXPECT_FALSE(file.root);
    EXPECT_EQ(file.complaints, fmt::format("1:{}: the configuration holds more than {} values\n",
                                           2 * max_values, max_values));
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

TEST(Yaml, is_empty_for_a_file_without_a_document) {
    for (const char* text : {"", "\n", "# only this\n", "%YAML 1.1\n"})
        EXPECT_FALSE(read(text).root) << text;
}

TEST(Yaml, nests_up_to_32_levels) {
    const auto nested = [](std::size_t levels) {
        return std::string(levels, '[') + std::string(levels, ']');
    };
    EXPECT_TRUE(read(nested(32)).root);
    EXPECT_EQ(read(nested(33)).complaints, "1:33: nested deeper than 32 levels\n");
    EXPECT_EQ(read(std::string(1'000'000, '[')).complaints, "1:33: nested deeper than 32 levels\n");
}

TEST(Wording, finds_the_word_that_was_meant) {
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
