#include "cli/man.hpp"

#include <gtest/gtest.h>

#include "app/catalog.hpp"
#include "cli/roff.hpp"

namespace vitals::cli {
namespace {

constexpr std::string_view date = "2026-11-30";

TEST(Roff, escapes_everything_with_a_meaning) {
    EXPECT_EQ(roff_escaped(R"(a\b -x 'y' `z` ~/^ é)"),
              R"(a\eb \-x \(aqy\(aq \(gaz\(ga \(ti/\(ha \[u00E9])");
    Roff page("x", 1, date, "v");
    page.paragraph("One.");
    page.verbatim(".hidden\n\n'too");
    EXPECT_TRUE(page.text().ends_with(".PP\n.nf\n\\&.hidden\n\\&\n\\(aqtoo\n.fi\n")) << page.text();
}

TEST(Roff, begins_each_sentence_on_a_line) {
    Roff page("x", 1, date, "v");
    page.paragraph("One is here. Two is there.");
    EXPECT_TRUE(page.text().ends_with(".PP\nOne is here.\nTwo is there.\n")) << page.text();
}

TEST(ManPages, of_a_command_say_what_its_help_says) {
    for (const auto& each : grammar().subcommands) {
        const auto page = command_page(each, date);
        for (const auto& option : each.options)
            for (const auto& name : option.names)
                EXPECT_TRUE(page.contains(bold(name))) << each.name << ' ' << name;
        EXPECT_TRUE(page.contains("\n.SH EXAMPLES\n")) << each.name;
        EXPECT_TRUE(page.contains("\n.SH SEE ALSO\n")) << each.name;
    }
}

TEST(ManPages, of_the_program_name_each_command) {
    const auto page = program_page(grammar(), date);
    for (const auto& each : grammar().subcommands)
        EXPECT_TRUE(page.contains(bold("vitals-" + each.name.substr(7)))) << each.name;
    EXPECT_TRUE(page.contains(".TH VITALS 1 \"2026-11-30\" \"vitals 0."));
}

TEST(ManPages, of_the_configuration_describe_each_kind) {
    const auto page = configuration_page(date);
    for (const auto* kind : app::kinds())
        EXPECT_TRUE(page.contains(".SS \"" + roff_escaped(kind->description.name) + "\"\n"))
            << kind->description.name;
    EXPECT_FALSE(page.contains('`'));
}

}  // namespace
}  // namespace vitals::cli
