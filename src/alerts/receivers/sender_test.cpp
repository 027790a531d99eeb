// Attempts to tell receivers that take messages, and receivers that misbehave.
#include "alerts/receivers/sender.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>
#include <thread>

#include "alerts/alert_testing.hpp"
#include "alerts/receivers/receivers_testing.hpp"
#include "http_peer.hpp"
#include "net/loop.hpp"
#include "tls_peer.hpp"

namespace vitals::alerts::receivers {
namespace {

using namespace std::chrono_literals;
using receivers::testing::options_of;
using receivers::testing::Written;
using namespace vitals::testing;

constexpr auto patience = 10s;

class Sending : public ::testing::Test {
  protected:
    Sending()
        : sender_(environment_, real_clock(),
                  [this](LogLevel, std::string_view line) { log_ += std::string(line) + '\n'; },
                  {.repeat = 100ms, .after_end = 250ms, .longest = 5s}) {}

    void configure(std::vector<std::pair<std::string, std::pair<std::string, Written>>> named) {
        std::vector<Configured> all;
        for (auto& [name, kind] : named) {
            Configured one;
            one.name = name;
            one.receiver = find(kind.first);
            one.options = options_of(*one.receiver, kind.second);
            if (one.receiver->addresses != nullptr)
                one.address = one.receiver->addresses(one.options.ref()).front();
            all.push_back(std::move(one));
        }
        sender_.configure(std::move(all), {"shop", "web-1", "0.1.0"});
    }

    // Starts an attempt; its result is in results_ once it has ended.
    void send(const std::string& name, const Alert& alert = alerts::testing::problem()) {
        sender_.send(name, alert, [this, name](Attempt attempt) {
            results_[name] = std::move(attempt);
            order_.push_back(name);
        });
    }

    void run_until(const std::function<bool()>& enough) {
        bool late = false;
        net::Timer limit(loop_);
        limit.arm(std::chrono::steady_clock::now() + patience, [&] {
            late = true;
            loop_.stop();
        });
        net::Timer look(loop_);
        std::function<void()> again = [&] {
            if (enough()) return loop_.stop();
            look.arm(std::chrono::steady_clock::now() + 5ms, again);
        };
        again();
        loop_.run();
        EXPECT_FALSE(late);
    }

    Attempt attempt(const std::string& kind, const Written& options,
                    const Alert& alert = alerts::testing::problem()) {
        configure({{"it", {kind, options}}});
        results_.clear();
        send("it", alert);
        run_until([this] { return results_.contains("it"); });
        return results_["it"];
    }

    Attempt hook(const std::string& url) {
        return attempt("webhook", {{"url", url + "/GEHEIM?token=GEHEIM"}});
    }

    net::Loop loop_;
    net::Environment environment_{loop_};
    std::string log_;
    std::map<std::string, Attempt> results_;
    std::vector<std::string> order_;
    Sender sender_;
};

TEST_F(Sending, delivers_a_request) {
    HttpPeer peer([](const auto&) { return http_answer("204 No Content"); });
    EXPECT_EQ(hook(peer.url()), Attempt{.fate = Fate::delivered});
    const auto requests = peer.requests();
    ASSERT_EQ(requests.size(), 1U);
    EXPECT_EQ(requests[0].find("POST /GEHEIM?token=GEHEIM HTTP/1.1\r\n"), 0U);
    EXPECT_NE(requests[0].find("webhook-id: 7f3a-12-ops-1\r\n"), std::string::npos);
}

TEST_F(Sending, reports_the_result_of_a_failed_attempt) {
    const std::string closed = "http://127.0.0.1:" + std::to_string(vitals::testing::closed_port());
    EXPECT_EQ(hook(closed), (Attempt{.fate = Fate::refused,
                                     .why = "127.0.0.1: connection refused (in phase connect)"}));
    HttpPeer resetting([](const auto&) { return std::string(http_reset); });
    EXPECT_EQ(hook(resetting.url()).fate, Fate::doubtful);
    const Peer hanging(Peer::hang());
    EXPECT_EQ(
        hook("http://" + hanging.address()),
        (Attempt{.fate = Fate::doubtful, .why = "127.0.0.1: no answer in time (in phase wait)"}));
}

TEST_F(Sending, follows_no_redirect) {
    HttpPeer target([](const auto&) { return http_answer("200 OK"); });
    HttpPeer peer([&target](const auto&) {
        return http_answer("307 Temporary Redirect", {}, "Location: " + target.url() + "\r\n");
    });
    EXPECT_EQ(hook(peer.url()).fate, Fate::rejected);
    EXPECT_TRUE(target.requests().empty());
}

TEST_F(Sending, comes_back_when_it_is_asked_to) {
    HttpPeer peer([](const auto&) {
        return http_answer("429 Too Many Requests", "slow down", "Retry-After: 120\r\n");
    });
    EXPECT_EQ(hook(peer.url()), (Attempt{.fate = Fate::refused,
                                         .why = "127.0.0.1: HTTP 429: slow down",
                                         .retry_after = 120s}));
}

TEST_F(Sending, tells_no_secret) {
    HttpPeer peer([](const auto& request) {
        return http_answer("404 Not Found", "no hook " + request.target + " GEHEIM-TOKEN");
    });
    HttpPeer long_winded([](const auto&) {
        return http_answer("404 Not Found", std::string(195, 'x') + "GEHEIM-TOKEN");
    });
    const Attempt cut = attempt(
        "pushover",
        {{"token", "GEHEIM-TOKEN"}, {"user", "GEHEIM-USER"}, {"server", long_winded.url()}});
    EXPECT_EQ(cut.why.find("GEH"), std::string::npos) << cut.why;
    const Attempt gone = attempt(
        "pushover", {{"token", "GEHEIM-TOKEN"}, {"user", "GEHEIM-USER"}, {"server", peer.url()}});
    EXPECT_EQ(gone.fate, Fate::rejected);
    EXPECT_EQ(gone.why.find("GEHEIM"), std::string::npos) << gone.why;
    const Attempt telegram =
        attempt("telegram", {{"token", "123:GEHEIM"}, {"chat_id", "1"}, {"server", peer.url()}});
    EXPECT_EQ(telegram.why.find("GEHEIM\""), std::string::npos);
    EXPECT_EQ(telegram.why.find("123:GEHEIM"), std::string::npos) << telegram.why;
    EXPECT_EQ(log_.find("GEHEIM"), std::string::npos);
}

TEST_F(Sending, waits_for_a_secret) {
    AnyOptions options = find("pagerduty")->description.make();
    *std::get<Secret*>(find("pagerduty")->description.fields[0].reach(options.ref())) =
        Secret::pending("the vault is sealed");
    Configured one{.name = "it", .receiver = find("pagerduty"), .options = options};
    sender_.configure({one}, {});
    send("it");
    run_until([this] { return results_.contains("it"); });
    EXPECT_EQ(results_["it"],
              (Attempt{.fate = Fate::refused, .why = "the secret 'routing_key' is not available"}));
}

TEST_F(Sending, verifies_certificates) {
    const Peer peer(vitals::testing::tls_answer(
        vitals::testing::make_certificate(vitals::testing::CertificateWish{}),
        http_answer("200 OK")));
    const Attempt attempt = hook("https://" + peer.address());
    EXPECT_EQ(attempt.fate, Fate::refused);
    EXPECT_EQ(attempt.why, "127.0.0.1: certificate not trusted (in phase tls)");
}

// The reason why there is no thread for each receiver.
TEST_F(Sending, is_not_delayed_by_a_stuck_receiver) {
    const Peer hanging(Peer::hang());
    HttpPeer good([](const auto&) { return http_answer("200 OK"); });
    configure({{"stuck", {"webhook", {{"url", "http://" + hanging.address()}}}},
               {"program", {"exec", {{"command", "/bin/sleep"}, {"command", "60"}}}},
               {"good", {"webhook", {{"url", good.url()}}}}});
    const auto began = std::chrono::steady_clock::now();
    send("stuck");
    send("program");
    send("good");
    run_until([this] { return results_.contains("good"); });
    EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
    EXPECT_EQ(order_, std::vector<std::string>{"good"});
    run_until([this] { return results_.size() == 3; });
    EXPECT_EQ(results_["stuck"].fate, Fate::doubtful);
    EXPECT_EQ(results_["program"].fate, Fate::doubtful);
    run_until([this] { return sender_.under_way() == 0; });
}

TEST_F(Sending, rejects_a_receiver_that_is_not_configured) {
    configure({});
    send("nobody");
    run_until([this] { return results_.contains("nobody"); });
    EXPECT_EQ(results_["nobody"].fate, Fate::rejected);
}

TEST_F(Sending, runs_a_program) {
    const TemporaryDirectory folder;
    const std::string script = folder.write(
        "tell", "#!/bin/sh\ncat > " + folder.file("in") + "\nenv > " + folder.file("env") + "\n");
    ASSERT_EQ(::chmod(script.c_str(), 0700), 0);
    EXPECT_EQ(attempt("exec", {{"command", script}}), Attempt{.fate = Fate::delivered});
    const auto content = [&folder](const std::string& name) {
        std::ostringstream text;
        text << std::ifstream(folder.file(name)).rdbuf();
        return text.str();
    };
    EXPECT_EQ(content("in").find(R"({"type":"incident.problem")"), 0U);
    const std::string environment = content("env");
    for (const char* line :
         {"VITALS_KIND=problem\n", "VITALS_STATE=problem\n", "VITALS_SEVERITY=critical\n",
          "VITALS_CAUSE=db/main\n", "VITALS_KEY=7f3a-12-ops-1\n"})
        EXPECT_NE(environment.find(line), std::string::npos) << line << environment;
    EXPECT_EQ(environment.find("HOME="), std::string::npos);
}

TEST_F(Sending, reads_the_exit_code_of_a_program) {
    const auto ends = [this](const std::string& script) {
        return attempt("exec", {{"command", "/bin/sh"}, {"command", "-c"}, {"command", script}});
    };
    EXPECT_EQ(ends("exit 75").fate, Fate::refused);
    EXPECT_EQ(ends("echo no pager >&2; exit 1"),
              (Attempt{.fate = Fate::refused, .why = "exit code 1: no pager"}));
    EXPECT_EQ(ends("exit 64").fate, Fate::rejected);
    EXPECT_EQ(ends("exit 78").fate, Fate::rejected);
    EXPECT_EQ(ends("kill -9 $$").fate, Fate::doubtful);
    EXPECT_EQ(ends("exec 0<&-; exit 0").fate, Fate::delivered);  // reads nothing
    EXPECT_EQ(attempt("exec", {{"command", "/no/such/program"}}).fate, Fate::rejected);
}

// What Alertmanager is told, by label and time.
TEST_F(Sending, repeats_to_a_receiver_that_copies_the_state) {
    std::vector<std::string> bodies;
    std::mutex mutex;
    HttpPeer peer([&](const auto& request) {
        const std::lock_guard lock(mutex);
        bodies.push_back(request.body);
        return http_answer("200 OK");
    });
    configure({{"am", {"alertmanager", {{"url", peer.url()}}}}});
    const auto count = [&](std::string_view what) {
        const std::lock_guard lock(mutex);
        return std::ranges::count_if(bodies, [what](const std::string& body) {
            return body.find(what) != std::string::npos;
        });
    };
    Alert alert = alerts::testing::problem();
    send("am", alert);
    run_until([&] { return count("\"db/main\"") >= 3 && count("VitalsWatchdog") >= 2; });
    // The labels of the first post stay, whatever the cause is by now.
    alert = alerts::testing::resolved();
    alert.cause = {"another"};
    alert.severity = Severity::warning;
    send("am", alert);
    run_until([&] { return count("\"kind\":\"resolved\"") >= 2; });
    EXPECT_EQ(count("\"component\":\"another\""), 0);
    EXPECT_EQ(count("\"severity\":\"warning\""), 0);
    std::this_thread::sleep_for(300ms);
    const auto then = std::chrono::steady_clock::now() + 300ms;
    run_until([&] { return std::chrono::steady_clock::now() > then; });
    const auto resolved = count("\"kind\":\"resolved\"");
    run_until([&] { return std::chrono::steady_clock::now() > then + 300ms; });
    EXPECT_EQ(count("\"kind\":\"resolved\""), resolved);  // and ends
}

// A mail server that answers each command by its first word.
class MailServer {
  public:
    explicit MailServer(std::map<std::string, std::string> script)
        : script_(std::move(script)), peer_([this](int descriptor) { serve(descriptor); }) {}
    std::string url() const { return "smtp://" + peer_.address(); }
    std::string heard() {
        const std::lock_guard lock(mutex_);
        return heard_;
    }

  private:
    void serve(int descriptor) {
        send_all(descriptor, answer("banner", "220 hello\r\n"));
        for (;;) {
            const std::string line = read_until(descriptor, "\r\n");
            if (line.empty()) return;
            note(line);
            const std::string word = line.substr(0, line.find_first_of(" \r\n"));
            if (word == "QUIT") return;
            send_all(descriptor, answer(word, word == "DATA" ? "354 go\r\n" : "250 ok\r\n"));
            if (word != "DATA" || !answer("DATA", "354").starts_with("354")) continue;
            note(read_until(descriptor, "\r\n.\r\n"));
            const std::string end = answer("end", "250 queued\r\n");
            if (end.empty()) return vitals::testing::reset_on_close(descriptor);
            send_all(descriptor, end);
        }
    }
    std::string answer(const std::string& to, const std::string& otherwise) const {
        const auto found = script_.find(to);
        return found == script_.end() ? otherwise : found->second;
    }
    void note(const std::string& text) {
        const std::lock_guard lock(mutex_);
        heard_ += text;
    }

    std::map<std::string, std::string> script_;
    std::mutex mutex_;
    std::string heard_;
    Peer peer_;
};

class Mailing : public Sending {
  protected:
    Attempt mail(MailServer& server, Written more = {}) {
        more.emplace_back("to", "ops@example.org");
        more.emplace_back("from", "vitals@example.org");
        if (std::ranges::find(more, "server", &Written::value_type::first) == more.end())
            more.emplace_back("server", server.url());
        return attempt("email", more);
    }
};

TEST_F(Mailing, hands_a_mail_to_a_server) {
    MailServer server({{"EHLO", "250-mx\r\n250 SIZE 1000000\r\n"}});
    EXPECT_EQ(mail(server), Attempt{.fate = Fate::delivered});
    const std::string heard = server.heard();
    EXPECT_EQ(heard.find("EHLO [127.0.0.1]\r\nMAIL FROM:<vitals@example.org> SIZE="), 0U) << heard;
    EXPECT_NE(heard.find("\r\nRCPT TO:<ops@example.org>\r\nDATA\r\nFrom: vitals@example.org\r\n"),
              std::string::npos)
        << heard;
}

TEST_F(Mailing, distinguishes_later_never_and_perhaps) {
    MailServer greylisting({{"RCPT", "451 4.7.1 come back later\r\n"}});
    EXPECT_EQ(mail(greylisting), (Attempt{.fate = Fate::refused,
                                          .why = "RCPT answered with 451: 4.7.1 come back later"}));
    MailServer unknown({{"RCPT", "550-5.1.1 no\r\n550 such user\r\n"}});
    EXPECT_EQ(mail(unknown), (Attempt{.fate = Fate::rejected,
                                      .why = "RCPT answered with 550: 5.1.1 no such user"}));
    MailServer busy({{"banner", "421 too busy\r\n"}});
    EXPECT_EQ(mail(busy).fate, Fate::refused);
    MailServer refusing({{"end", "554 spam\r\n"}});
    EXPECT_EQ(mail(refusing).fate, Fate::rejected);
    MailServer full({{"end", "452 disk full\r\n"}});
    EXPECT_EQ(mail(full).fate, Fate::refused);
    MailServer lost({{"end", ""}});
    EXPECT_EQ(mail(lost).fate, Fate::doubtful);
    MailServer strange({{"EHLO", "nonsense\r\n"}});
    EXPECT_EQ(mail(strange).fate, Fate::refused);
}

TEST_F(Mailing, never_logs_in_without_tls) {
    MailServer server({{"EHLO", "250-mx\r\n250 AUTH PLAIN\r\n"}});
    std::string url = server.url();
    url.insert(url.find("//") + 2, "vitals@");
    const Attempt attempt = mail(server, {{"server", url}, {"password", "GEHEIM"}});
    EXPECT_EQ(attempt, (Attempt{.fate = Fate::rejected, .why = "STARTTLS is not offered"}));
    EXPECT_EQ(server.heard(), "EHLO [127.0.0.1]\r\n");
}

TEST_F(Mailing, logs_in_where_the_operator_allows_it_on_this_machine) {
    MailServer server({{"EHLO", "250-mx\r\n250 AUTH LOGIN PLAIN\r\n"}, {"AUTH", "235 ok\r\n"}});
    std::string url = server.url();
    url.insert(url.find("//") + 2, "vitals@");
    const Written options{{"server", url}, {"password", "GEHEIM"}, {"starttls", "never"}};
    EXPECT_EQ(mail(server, options), Attempt{.fate = Fate::delivered});
    EXPECT_NE(server.heard().find("AUTH PLAIN AHZpdGFscwBHRUhFSU0=\r\n"), std::string::npos);
    MailServer wrong({{"EHLO", "250 AUTH PLAIN\r\n"}});
    EXPECT_EQ(mail(wrong, {}).fate, Fate::delivered);  // no receiver is asked for
}

}  // namespace
}  // namespace vitals::alerts::receivers
