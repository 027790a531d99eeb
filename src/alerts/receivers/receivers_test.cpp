// The request of each receiver that speaks HTTP, byte for byte, and its handling of hostile texts.
// A golden file is written when VITALS_WRITE_GOLDEN is set, and then the test fails.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "alerts/alert_testing.hpp"
#include "alerts/receivers/http_fate.hpp"
#include "alerts/receivers/receiver.hpp"
#include "alerts/receivers/receivers_testing.hpp"
#include "alerts/receivers/webhook/webhook.hpp"
#include "text/percent.hpp"
#include "text/utf8.hpp"

namespace vitals::alerts::receivers {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view zone = "Europe/Berlin";
const System now = alerts::testing::at("2026-11-30T02:12:18Z");

using receivers::testing::options_of;
using receivers::testing::Written;
namespace alerts_testing = alerts::testing;

// `dml0YWxzLXRlc3Qta2V5LTAxMjM0NTY3ODlhYmNkZWY=`: vitals-test-key-0123456789abcdef
const std::string signing_secret = "whsec_dml0YWxzLXRlc3Qta2V5LTAxMjM0NTY3ODlhYmNkZWY=";

const std::vector<std::pair<std::string, Written>>& samples() {
    static const std::vector<std::pair<std::string, Written>> all = {
        {"webhook", {{"url", "https://hooks.example.org/v"}, {"secret", signing_secret}}},
        {"alertmanager", {{"url", "http://am1:9093"}, {"labels", "shop"}}},
        {"slack", {{"url", "https://hooks.slack.com/services/T/B/GEHEIM"}}},
        {"teams", {{"url", "https://flows.example.org/GEHEIM?sig=x"}}},
        {"discord", {{"url", "https://discord.com/api/webhooks/1/GEHEIM"}}},
        {"telegram", {{"token", "123:GEHEIM"}, {"chat_id", "-100"}, {"thread_id", "7"}}},
        {"matrix",
         {{"server", "https://matrix.example.org/"}, {"room", "!a:b"}, {"token", "GEHEIM"}}},
        {"googlechat", {{"url", "https://chat.googleapis.com/v1/spaces/A/messages?key=GEHEIM"}}},
        {"ntfy", {{"topic", "shop"}, {"token", "GEHEIM"}}},
        {"gotify", {{"server", "https://gotify.example.org"}, {"token", "GEHEIM"}}},
        {"pushover", {{"token", "GEHEIM"}, {"user", "GEHEIM2"}, {"emergency", "true"}}},
        {"pagerduty", {{"routing_key", "GEHEIM"}}},
        {"jsm", {{"key", "GEHEIM"}, {"tags", "shop"}}},
    };
    return all;
}

Envelope envelope_of(const Receiver& receiver, const Alert& alert) {
    Envelope envelope;
    envelope.alert = alert;
    envelope.words = words_of(alert, zone);
    envelope.zone = zone;
    envelope.now = now;
    if (receiver.addresses != nullptr) envelope.to = "http://am1:9093";
    return envelope;
}

HttpRequest request_of(const std::string& name, const Written& written, const Alert& alert) {
    const Receiver& receiver = *find(name);
    return receiver.request(envelope_of(receiver, alert), options_of(receiver, written));
}

HttpRequest acknowledgement_of(const std::string& name, const Written& written,
                               const Alert& alert) {
    const Receiver& receiver = *find(name);
    return receiver.acknowledge(envelope_of(receiver, alert), options_of(receiver, written));
}

std::string whole(const HttpRequest& request) {
    std::string text = request.method + ' ' + request.url + '\n';
    for (const auto& [name, value] : request.headers) text += name + ": " + value + '\n';
    return text + '\n' + request.body + '\n';
}

void expect_golden(const std::string& name, const std::string& actual) {
    const auto path = std::filesystem::path(VITALS_SOURCE_DIR) / "tests/golden/alerts" / name;
    std::ifstream file(path, std::ios::binary);
    std::stringstream expected;
    if (file) expected << file.rdbuf();
    if (file && expected.str() == actual) return;
    if (std::getenv("VITALS_WRITE_GOLDEN") != nullptr) {
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << actual;
        ADD_FAILURE() << "wrote " << name << "; read the difference, then run again without it";
        return;
    }
    EXPECT_EQ(expected.str(), actual)
        << path << (file ? " differs" : " is missing")
        << "; if the request is right, VITALS_WRITE_GOLDEN=1 and this program write the file";
}

bool is_json(const HttpRequest& request) {
    return std::ranges::any_of(request.headers, [](const auto& header) {
        return header.first == "Content-Type" && header.second == "application/json";
    });
}

TEST(Receivers, all_that_speak_http_are_tried_here) {
    for (const Receiver* receiver : all()) {
        const bool sampled = std::ranges::any_of(samples(), [receiver](const auto& sample) {
            return sample.first == receiver->description.name;
        });
        EXPECT_EQ(sampled, receiver->request != nullptr)
            << receiver->description.name << ": one that speaks HTTP has its options in samples()";
        EXPECT_NE(receiver->request != nullptr, receiver->transport != nullptr);
        EXPECT_FALSE(receiver->about.empty());
    }
}

TEST(Receivers, ask_for_these_bytes) {
    for (const auto& [name, written] : samples())
        for (const auto& [kind, alert] : alerts_testing::each_kind())
            expect_golden(name + "/" + kind, whole(request_of(name, written, alert)));
}

TEST(Receivers, that_keep_open_incidents_are_told_of_an_acknowledgement) {
    for (const auto& [name, written] : samples()) {
        const Receiver* receiver = find(name);
        EXPECT_EQ(receiver->acknowledge != nullptr, name == "pagerduty" || name == "jsm") << name;
        if (receiver->acknowledge == nullptr) continue;
        Alert alert = alerts_testing::problem();
        alert.acknowledged_by = "jonas";
        expect_golden(name + "/acknowledged", whole(acknowledgement_of(name, written, alert)));
    }
}

TEST(Receivers, survive_hostile_texts) {
    for (const auto& [name, written] : samples()) {
        for (const auto& [what, text] : alerts_testing::hostile_texts()) {
            for (auto [kind, alert] : alerts_testing::each_kind()) {
                const Alert bad = alerts_testing::hostile(text);
                alert.cause = bad.cause;
                alert.affected = bad.affected;
                alert.detail = alert.error = alert.phase = alert.not_told = text;
                alert.before = bad.before;
                alert.host = alert.service = text;
                const HttpRequest request = request_of(name, written, alert);
                const std::string place = name + ' ' + what + ' ' + kind;
                EXPECT_LT(request.body.size(), 20'000U) << place;
                EXPECT_TRUE(text::is_utf8(request.body)) << place;
                EXPECT_EQ(request.url.find_first_of("\r\n <>"), std::string::npos) << place;
                for (const auto& [header, value] : request.headers)
                    EXPECT_EQ(value.find_first_of("\r\n"), std::string::npos) << place;
                if (!is_json(request)) continue;
                boost::system::error_code error;
                (void)boost::json::parse(request.body, error);
                EXPECT_FALSE(error) << place << ' ' << error.message();
                EXPECT_EQ(request.body.find("\xE2\x80\xAE"), std::string::npos) << place;
            }
        }
    }
}

TEST(Receivers, mention_nobody) {
    const Alert alert = alerts_testing::hostile("<!channel> @everyone <users/all> @all");
    const auto body = [&alert](std::string_view name) {
        for (const auto& [sample, written] : samples())
            if (sample == name) return request_of(sample, written, alert).body;
        return std::string();
    };
    EXPECT_EQ(body("slack").find("<!"), std::string::npos);
    EXPECT_EQ(body("slack").find("@everyone"), std::string::npos);
    EXPECT_EQ(body("slack").find("@all"), std::string::npos);
    EXPECT_NE(body("discord").find(R"("allowed_mentions":{"parse":[]})"), std::string::npos);
    EXPECT_EQ(body("googlechat").find("<users/all>"), std::string::npos);
    EXPECT_EQ(body("matrix").find("<!channel>\",\"format"), std::string::npos);
}

TEST(Receivers, say_status_only_to_a_topic_that_all_can_read) {
    Alert alert = alerts_testing::problem();
    alert.detail = "OURS";
    alert.error = "THEIRS";
    const std::string open = request_of("ntfy", {{"topic", "shop"}}, alert).body;
    EXPECT_EQ(open.find("OURS"), std::string::npos);
    EXPECT_EQ(open.find("THEIRS"), std::string::npos);
    EXPECT_NE(open.find("FAILED db/main"), std::string::npos);
    const std::string kept = request_of("ntfy", {{"topic", "s"}, {"token", "T"}}, alert).body;
    EXPECT_NE(kept.find("OURS"), std::string::npos);
}

TEST(Receivers, tell_the_end_of_an_alert_of_alertmanager) {
    const std::string open =
        request_of("alertmanager", samples()[1].second, alerts_testing::problem()).body;
    EXPECT_NE(open.find(R"("endsAt":"2026-11-30T03:12:18.000Z")"), std::string::npos) << open;
    const std::string over =
        request_of("alertmanager", samples()[1].second, alerts_testing::resolved()).body;
    EXPECT_NE(over.find(R"("endsAt":"2026-11-30T02:12:18.000Z")"), std::string::npos) << over;
}

// The vector of the Standard Webhooks that other implementations accept, too.
TEST(Webhook, signs_as_the_standard_says) {
    const auto key = webhook_receiver::key_of(signing_secret);
    ASSERT_TRUE(key);
    EXPECT_EQ(*key, "vitals-test-key-0123456789abcdef");
    EXPECT_EQ(webhook_receiver::signature(
                  *key, "7f3a-12-ops-1", "1795988000",
                  R"({"type":"incident.problem","data":{"component":"db/main"}})"),
              "v1,IjEunEjo/0cOHDFF+7lJT+CKPi0jCSRVyt08Oae85iE=");
}

TEST(Webhook, signs_with_each_secret_while_one_is_replaced) {
    webhook_receiver::Options options;
    options.url = Secret("https://hooks.example.org/v");
    options.secret = {{"0", Secret(signing_secret)},
                      {"1", Secret("whsec_" + std::string(32, 'A'))}};
    Envelope envelope;
    envelope.alert = alerts_testing::problem();
    envelope.alert.key = "a.b";
    envelope.now = now;
    const HttpRequest request = webhook_receiver::request(envelope, options);
    std::map<std::string, std::string> headers(request.headers.begin(), request.headers.end());
    EXPECT_EQ(headers["webhook-id"], "a_b");
    EXPECT_EQ(headers["webhook-timestamp"], "1796004738");
    EXPECT_EQ(std::ranges::count(headers["webhook-signature"], ' '), 1);
    EXPECT_EQ(headers["webhook-signature"].find("v1,"), 0U);
}

TEST(Webhook, refuses_secrets_that_sign_nothing) {
    EXPECT_EQ(webhook_receiver::key_of("geheim").error().find("does not begin with 'whsec_'"), 0U);
    EXPECT_EQ(webhook_receiver::key_of("whsec_!").error(), "is no base64 behind 'whsec_'");
    EXPECT_EQ(webhook_receiver::key_of("whsec_QUJD").error(),
              "has a key of 3 bytes, expected 24 to 64");
}

Attempt answered(int status, std::string body = {}, Pairs headers = {}) {
    return fate_by_code({status, std::move(headers), std::move(body)}, now);
}

TEST(AnswersToAlerts, mean_one_of_four_fates) {
    for (const int status : {200, 201, 202, 204}) {
        EXPECT_EQ(answered(status).fate, Fate::delivered) << status;
        EXPECT_EQ(answered(status, "{}").why, "") << status;
    }
    for (const int status : {408, 425, 429, 500, 503, 599})
        EXPECT_EQ(answered(status).fate, Fate::refused) << status;
    for (const int status : {502, 504}) EXPECT_EQ(answered(status).fate, Fate::doubtful) << status;
    for (const int status : {301, 302, 307, 400, 401, 403, 404, 410, 422})
        EXPECT_EQ(answered(status).fate, Fate::rejected) << status;
    EXPECT_EQ(answered(404, "no such\nhook").why, "HTTP 404: no such hook");
    EXPECT_LT(answered(500, std::string(4000, 'x')).why.size(), 230U);
}

TEST(AnswersToAlerts, say_when_to_come_back) {
    EXPECT_EQ(answered(429, {}, {{"Retry-After", "120"}}).retry_after, 120s);
    EXPECT_EQ(answered(503, {}, {{"retry-after", "Mon, 30 Nov 2026 02:13:18 GMT"}}).retry_after,
              1min);
    EXPECT_EQ(answered(503, {}, {{"Retry-After", "Mon, 30 Nov 2020 02:13:18 GMT"}}).retry_after,
              0s);
    // As far as it can be counted.
    EXPECT_GT(answered(503, {}, {{"Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"}}).retry_after,
              24h * 36'500);
    for (const char* bad : {"", "-5", "soon", "1.5", "Mon, 99 Nov 2026 02:13:18 GMT"})
        EXPECT_EQ(answered(429, {}, {{"Retry-After", bad}}).retry_after, std::nullopt) << bad;
    EXPECT_EQ(answered(404, {}, {{"Retry-After", "120"}}).retry_after, std::nullopt);
}

Attempt judged(std::string_view name, int status, std::string body) {
    return find(name)->judge({status, {}, std::move(body)}, now);
}

TEST(AnswersToAlerts, of_services_are_more_than_a_code) {
    EXPECT_EQ(judged("slack", 200, "ok").fate, Fate::delivered);
    EXPECT_EQ(judged("slack", 200, R"({"success":true})").fate, Fate::delivered);
    EXPECT_EQ(judged("slack", 200, "channel_not_found").fate, Fate::rejected);
    EXPECT_EQ(judged("slack", 200, R"({"success": false})").fate, Fate::rejected);
    EXPECT_EQ(judged("telegram", 200, R"({"ok":true,"result":{}})").fate, Fate::delivered);
    EXPECT_EQ(judged("telegram", 200, R"({"ok":false})").fate, Fate::rejected);
    EXPECT_EQ(judged("telegram", 403, R"({"ok":false,"description":"blocked"})").fate,
              Fate::rejected);
    EXPECT_EQ(judged("telegram", 429, R"({"parameters":{"retry_after":35}})").retry_after, 35s);
    EXPECT_EQ(judged("discord", 429, R"({"retry_after": 1.5})").retry_after, 1500ms);
    EXPECT_EQ(judged("matrix", 429, R"({"retry_after_ms":2000})").retry_after, 2s);
    EXPECT_EQ(judged("pushover", 200, R"({"status":1,"request":"x"})").fate, Fate::delivered);
    EXPECT_EQ(judged("pushover", 200, R"({"status":0})").fate, Fate::rejected);
    EXPECT_EQ(judged("ntfy", 429, R"({"code":42908})").retry_after, 1h);
    EXPECT_EQ(judged("ntfy", 429, R"({"code":42901})").retry_after, std::nullopt);
}

}  // namespace
}  // namespace vitals::alerts::receivers
