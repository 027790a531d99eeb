#include "python_source.hpp"

#include <gtest/gtest.h>

namespace vitals::checks::migrations::python {
namespace {

// As a person would write it: None, "a", [a, [b]], or ? for what is computed.
std::string shown(const Literal* literal) {
    if (literal == nullptr) return "-";
    switch (literal->kind) {
        case Literal::Kind::none:
            return "None";
        case Literal::Kind::text:
            return literal->text;
        case Literal::Kind::computed:
            return "?";
        case Literal::Kind::list:
            break;
    }
    std::string made = "[";
    for (const Literal& item : literal->items) made += (made.size() > 1 ? ", " : "") + shown(&item);
    return made + "]";
}

std::string value(std::string_view text, std::string_view name = "a", std::string_view scope = "") {
    return shown(parse(text, {"a", "b", "replaces"}).value_of(scope, name));
}

TEST(PythonSource, gives_the_literals_that_are_assigned) {
    for (const auto& [text, expected] : std::initializer_list<std::pair<const char*, const char*>>{
             {"a = 'x'", "x"},
             {"a = None\n", "None"},
             {"a = ('x', 'y')", "[x, y]"},
             {"a = 'x', 'y'", "[x, y]"},
             {"a = ('x',)", "[x]"},
             {"a = ('x')", "x"},
             {"a = ()", "[]"},
             {"a = [('x', 'y'), ('z', \"w\"),]", "[[x, y], [z, w]]"},
             {"a = {'x'}", "[x]"},
             {"a = ['x']", "[x]"},
             {"a = 'x' \"y\"", "xy"},
             {"a = r'x\\y' u'z' '\\x41\\'\\\n'", "x\\yzA'"},
             {"a = '''x\ny'''", "x\ny"}}) {
        EXPECT_EQ(value(text), expected) << text;
    }
}

TEST(PythonSource, follows_the_layout_of_lines) {
    for (const auto& [text, expected] : std::initializer_list<std::pair<const char*, const char*>>{
             {"a: Union[str, None] = 'x'  # 'y'", "x"},
             {"\xef\xbb\xbf"
              "a = (\n  'x',  # first\n\n  'y'\n)\r\n",
              "[x, y]"},
             {"a = \\\n  'x'", "x"},
             {"b = None; a = 'x'", "x"},
             {"a = 'x'\na = 'y'", "y"},
             {"\"\"\"doc\na = 'no'\n\"\"\"\na = 'x'", "x"},
             {"# a = 'no'\nif a == 'no':\n    a = 'no'\n", "-"},
             {"def f():\n    a = 'no'\n", "-"},
             {"f(a='no')\n", "-"}}) {
        EXPECT_EQ(value(text), expected) << text;
    }
}

TEST(PythonSource, reports_computed_values_as_such) {
    for (const char* text :
         {"a = b", "a = 'x' + 'y'", "a = f'x'", "a = [x for x in y]", "a = tuple('x')", "a = 3",
          "a = b = 'x'", "a = ('x'", "a += ['x']", "a = (('x')", "a = 'x' % 1"}) {
        EXPECT_EQ(value(text), "?") << text;
    }
    EXPECT_EQ(value("a = " + std::string(1000, '[') + std::string(1000, ']')), "?");
}

TEST(PythonSource, finds_the_values_of_classes) {
    const std::string_view text = R"(
from django.db import migrations

class Other:
    replaces = [("no", "no")]

class Migration(migrations.Migration):
    """replaces = [("no", "no")]"""

    replaces = [
        ("shop", "0001_initial"),
        ("shop", "0002_more"),
    ]
    class Meta:
        replaces = []
    def f(self):
        replaces = []

replaces = None
)";
    const Module module = parse(text, {"replaces"});
    EXPECT_TRUE(module.defines("Migration"));
    EXPECT_FALSE(module.defines("Meta"));
    EXPECT_EQ(shown(module.value_of("Migration", "replaces")),
              "[[shop, 0001_initial], [shop, 0002_more]]");
    EXPECT_EQ(shown(module.value_of("", "replaces")), "None");
}

TEST(PythonSource, reads_nothing_from_a_text_that_is_no_python) {
    for (const std::string_view text :
         {"", "a", "a =", "'''", "a = '", "\\", "class", "(((", "a = '\\", "a = 'x", ")]}", "a:"}) {
        const Module module = parse(text, {"a"});
        for (const Assignment& each : module.assignments)
            EXPECT_NE(each.value.kind, Literal::Kind::list) << text;
    }
    EXPECT_EQ(value("a = '\\"), "\\");
}

}  // namespace
}  // namespace vitals::checks::migrations::python
