// The page: whole, escaped, and under a policy that holds.
#include <openssl/evp.h>

#include <array>

#include "dialects/dialect_testing.hpp"

namespace vitals::dialects::testing {
namespace {

const Dialect& page = *find("page");

Response ask(const Snapshot& snapshot, Pairs query = {}) {
    return render("page", snapshot, request_of({}, std::move(query)));
}

std::string header(const Response& response, std::string_view wanted) {
    for (const auto& [name, value] : response.headers)
        if (name == wanted) return value;
    return {};
}

TEST(Page, shows_everything) {
    expect_golden("page/healthy.html", ask(healthy()));
    expect_golden("page/troubled.html", ask(troubled()));
    expect_golden("page/hostile.html", ask(hostile()));
    expect_golden("page/empty.html", ask(snapshot_of({})));
}

TEST(Page, leads_with_causes_and_folds_consequences) {
    const std::string body = ask(troubled()).body;
    const auto wrong = body.find("What is wrong");
    const auto cause = body.find("<b>databases/reports</b>");
    const auto consequence = body.find("</span> reports</li>");
    ASSERT_NE(wrong, std::string::npos);
    EXPECT_LT(wrong, cause);
    EXPECT_LT(cause, consequence);
    EXPECT_EQ(body.find("<b>reports</b>"), std::string::npos);
    EXPECT_LT(consequence, body.find("<b>disk</b>"));
}

TEST(Page, folds_what_is_ok_when_there_is_much) {
    std::vector<Given> given;
    for (int i = 0; i < 100; ++i) given.push_back({.name = "shard/" + std::to_string(i)});
    for (int i = 0; i < 40; ++i)
        given.push_back({.name = "shard/x" + std::to_string(i), .outcome = failed("no")});
    const std::string body = ask(snapshot_of(std::move(given))).body;
    EXPECT_NE(body.find("<details><summary>100 ok</summary>"), std::string::npos);
    EXPECT_NE(body.find("and 10 more, listed below"), std::string::npos);
}

TEST(Page, reloads_until_told) {
    EXPECT_EQ(header(ask(healthy()), "Refresh"), "10");
    EXPECT_EQ(header(ask(healthy(), {{"refresh", "0"}}), "Refresh"), "");
    const Chosen still = Chosen(page).set("refresh", std::chrono::milliseconds(0));
    EXPECT_EQ(header(page.render(healthy(), request_of(), still.get()), "Refresh"), "");
    EXPECT_EQ(ask(healthy()).repeat_for, 1s);
}

TEST(Page, admits_exactly_its_own_style) {
    const Response response = ask(troubled());
    const auto from = response.body.find("<style>") + 7;
    const std::string style = response.body.substr(from, response.body.find("</style>") - from);
    std::array<unsigned char, 32> digest{};
    EVP_Digest(style.data(), style.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
    std::array<unsigned char, 45> text{};
    EVP_EncodeBlock(text.data(), digest.data(), 32);
    const std::string policy = header(response, "Content-Security-Policy");
    EXPECT_NE(policy.find("style-src 'sha256-" + std::string(text.begin(), text.end() - 1) + "'"),
              std::string::npos)
        << policy;
    EXPECT_TRUE(policy.starts_with("default-src 'none';"));
}

// Nothing the policy would block, nothing of another host, whatever the names are.
TEST(Page, holds_no_script_no_inline_style_no_foreign_asset) {
    for (const Snapshot& snapshot : {troubled(), hostile()}) {
        const std::string body = ask(snapshot).body;
        for (const std::string_view never : {"<script", " style=", " onclick",
                                             "javascript:", "src=\"http", "href=\"http", "@import"})
            EXPECT_EQ(body.find(never), std::string::npos) << never;
    }
}

TEST(Page, shows_only_its_own_components) {
    const Selector selector({"databases/*"});
    Request request = request_of();
    request.components = &selector;
    const std::string body = render("page", troubled(), request).body;
    EXPECT_NE(body.find("1 of 2 components failed"), std::string::npos);
    for (const std::string_view hidden : {"disk", "mailer", "scheduler", "vitals itself"})
        EXPECT_EQ(body.find(hidden), std::string::npos) << hidden;
}

}  // namespace
}  // namespace vitals::dialects::testing
