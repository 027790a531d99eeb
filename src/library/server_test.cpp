// Serving a registry: on a thread of the library's, on the host's loop, and without any server.
#include "vitals/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>
#include <thread>

#include "library/http_client_testing.hpp"
#include "vitals/registry.hpp"
#include "vitals/respond.hpp"

namespace vitals {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

bool soon(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + 5s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(2ms);
    }
    return true;
}

const std::string* header(const Response& response, std::string_view name) {
    for (const auto& [each, value] : response.headers)
        if (each == name) return &value;
    return nullptr;
}

struct Shop {
    Registry registry{{.service = {"shop", "2.6.0"}}};
    StateHandler database{"database"};
    Shop() {
        database.set_state(ok("running"));
        registry.add(database, {.tags = {"storage"}});
        EXPECT_TRUE(registry.wait_for("database", Status::ok, 10s));
    }
};

TEST(Server, answers_on_a_thread_of_its_own) {
    Shop shop;
    Server server(shop.registry, {.address = "127.0.0.1:0"});
    ASSERT_NE(server.port(), 0);
    EXPECT_THAT(ask_over_http(server.port(), "GET /svc_status"), HasSubstr("\r\n\r\ndatabase\tOK"));
    EXPECT_THAT(ask_over_http(server.port(), "GET /readyz"), StartsWith("HTTP/1.1 200"));
    shop.database.set_state(failed("gone"));
    EXPECT_TRUE(soon(
        [&] { return ask_over_http(server.port(), "GET /readyz").starts_with("HTTP/1.1 500"); }));
    EXPECT_THAT(ask_over_http(server.port(), "GET /livez"), StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(ask_over_http(server.port(), "GET /nowhere"), StartsWith("HTTP/1.1 404"));
}

TEST(Server, is_never_ready_before_what_was_registered) {
    for (int round = 0; round < 20; ++round) {
        Registry registry;
        registry.add("database", [] { return failed("down"); });
        const Server server(registry, {.address = "127.0.0.1:0"});
        EXPECT_THAT(ask_over_http(server.port(), "GET /readyz"), StartsWith("HTTP/1.1 500"));
        EXPECT_TRUE(registry.wait_for("database", Status::failed, 5s));
        EXPECT_THAT(respond(registry.snapshot(), {.target = "/svc_status"}).body,
                    "database\tRED\tdown");
    }
}

TEST(Server, shows_the_applications_own_metrics) {
    Shop shop;
    std::atomic<int> asked = 0;
    Server server(shop.registry, {.address = "127.0.0.1:0", .metrics = [&]() -> std::string {
                                      if (++asked > 2) throw std::runtime_error("no more");
                                      return "orders_total 3\nprocess_open_fds 1\n";
                                  }});
    for (const char* request : {"GET /metrics", "GET /svc_status.prometheus"}) {
        const std::string answer = ask_over_http(server.port(), request);
        EXPECT_THAT(answer, HasSubstr("\norders_total 3\n")) << request;
        EXPECT_THAT(answer, Not(HasSubstr("process_open_fds 1\n"))) << request;
    }
    const std::string without = ask_over_http(server.port(), "GET /metrics");
    EXPECT_THAT(without, StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(without, HasSubstr("vitals_component_status{component=\"database\""));
    EXPECT_THAT(
        respond(shop.registry.snapshot(), {.target = "/metrics",
                                           .headers = {{"Accept", "application/openmetrics-text"}},
                                           .metrics = "orders_total 4\n"})
            .body,
        HasSubstr("\norders_total 4\n"));
}

TEST(Server, has_no_thread_when_the_hosts_loop_drives_it) {
    Shop shop;
    Server server(shop.registry, {.address = "127.0.0.1:0", .own_thread = false});
    auto answer =
        std::async(std::launch::async, [&] { return ask_over_http(server.port(), "GET /readyz"); });
    EXPECT_EQ(answer.wait_for(50ms), std::future_status::timeout) << "nobody has polled";
    const auto end = std::chrono::steady_clock::now() + 5s;
    while (answer.wait_for(0s) != std::future_status::ready &&
           std::chrono::steady_clock::now() < end) {
        pollfd watched{server.descriptor(), POLLIN, 0};
        ASSERT_GE(::poll(&watched, 1, 100), 0);
        const auto began = std::chrono::steady_clock::now();
        server.poll();
        EXPECT_LT(std::chrono::steady_clock::now() - began, 1s) << "poll() waits for nothing";
    }
    EXPECT_THAT(answer.get(), StartsWith("HTTP/1.1 200"));
}

TEST(Server, speaks_only_the_dialects_asked_for) {
    Shop shop;
    Server server(shop.registry, {.address = "127.0.0.1:0", .dialects = {"kubernetes"}});
    EXPECT_THAT(ask_over_http(server.port(), "GET /livez"), StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(ask_over_http(server.port(), "GET /svc_status"), StartsWith("HTTP/1.1 404"));
    const auto refused = [&](ServerOptions options) {
        try {
            const Server another(shop.registry, std::move(options));
        } catch (const std::exception& error) {
            return std::string(error.what());
        }
        return std::string("accepted");
    };
    EXPECT_THAT(refused({.dialects = {"klingon"}}), HasSubstr("no dialect 'klingon'"));
    EXPECT_THAT(refused({.dialects = {"pulp"}}), HasSubstr("'pulp' needs a mapping"));
    EXPECT_THAT(refused({.address = "nonsense"}), HasSubstr("'nonsense' is not an address"));
    EXPECT_THAT(refused({.address = "127.0.0.1:65536"}), HasSubstr("is not an address"));
    const std::string taken = "127.0.0.1:" + std::to_string(server.port());
    EXPECT_THAT(refused({.address = taken}), HasSubstr(taken));
}

TEST(Server, serves_a_unix_socket) {
    Shop shop;
    std::string folder = (std::filesystem::temp_directory_path() / "vitals-XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    {
        const Server server(shop.registry, {.address = "unix:" + folder + "/status"});
        EXPECT_EQ(server.port(), 0);
        EXPECT_TRUE(std::filesystem::is_socket(folder + "/status"));
    }
    std::filesystem::remove_all(folder);
}

TEST(Server, error_texts_are_shown_only_if_asked_for) {
    Registry registry;
    registry.add("secretive", [] {
        return failed("no answer", ErrorClass::connect, "connection to 10.0.0.7 refused");
    });
    ASSERT_TRUE(registry.wait_for("secretive", Status::failed, 5s));
    const Server quiet(registry, {.address = "127.0.0.1:0"});
    const Server open(registry, {.address = "127.0.0.1:0", .disclose_errors = true});
    EXPECT_TRUE(soon([&] {
        return ask_over_http(open.port(), "GET /health").find("10.0.0.7") != std::string::npos;
    }));
    EXPECT_THAT(ask_over_http(quiet.port(), "GET /health"),
                AllOf(HasSubstr("no answer"), Not(HasSubstr("10.0.0.7"))));
}

TEST(Server, is_decommissioned_and_drained_from_code) {
    Shop shop;
    Server server(shop.registry, {.address = "127.0.0.1:0"});
    const auto becomes = [&](const char* path, const char* status) {
        return soon([&] {
            return ask_over_http(server.port(), std::string("GET ") + path)
                .starts_with(std::string("HTTP/1.1 ") + status);
        });
    };
    shop.registry.decommission("moving out");
    EXPECT_TRUE(becomes("/probe_status", "503"));
    EXPECT_THAT(ask_over_http(server.port(), "GET /probe_status"), HasSubstr("moving out"));
    EXPECT_TRUE(becomes("/readyz", "500"));
    EXPECT_TRUE(becomes("/livez", "200"));
    shop.registry.recommission();
    EXPECT_TRUE(becomes("/probe_status", "200"));
    EXPECT_TRUE(becomes("/readyz", "200"));
    shop.registry.drain();
    EXPECT_TRUE(becomes("/readyz", "500"));
    EXPECT_TRUE(becomes("/livez", "200"));
    shop.registry.recommission();
    std::this_thread::sleep_for(30ms);
    EXPECT_TRUE(becomes("/readyz", "500")) << "the process still stops, whatever the text";

    const auto began = std::chrono::steady_clock::now();
    server.drain(2s);
    EXPECT_LT(std::chrono::steady_clock::now() - began, 1s) << "nothing was under way";
    EXPECT_EQ(ask_over_http(server.port(), "GET /livez"), "") << "it does not accept any more";
}

TEST(Server, lets_clients_decommission_when_the_service_allows_it) {
    Shop shop;
    const Server open(shop.registry, {.address = "127.0.0.1:0"});
    EXPECT_THAT(ask_over_http(open.port(), "POST /probe_status?body=AWAY"),
                HasSubstr("HTTP/1.1 403"));
    EXPECT_EQ(shop.registry.snapshot()->decommission.text, "OK");
    const Server server(shop.registry, {.address = "127.0.0.1:0", .control = true});
    EXPECT_THAT(ask_over_http(server.port(), "POST /probe_status?body=AWAY"), HasSubstr("AWAY"));
    EXPECT_TRUE(soon([&] { return shop.registry.snapshot()->decommission.text == "AWAY"; }));
}

TEST(Respond, an_empty_registry_is_ready_by_being_there) {
    const Registry registry;
    const auto snapshot = registry.snapshot();
    EXPECT_EQ(respond(snapshot, {.target = "/readyz"}).status, 200);
    EXPECT_EQ(respond(snapshot, {.target = "/health"}).status, 200);
}

TEST(Respond, is_a_dialect_without_a_server) {
    Shop shop;
    const auto snapshot = shop.registry.snapshot();
    const Response csv = respond(snapshot, {.target = "/svc_status"});
    EXPECT_EQ(csv.status, 200);
    EXPECT_EQ(csv.body, "database\tOK\trunning");
    const Response json =
        respond(snapshot, {.target = "/svc_status", .headers = {{"ACCEPT", "application/json"}}});
    EXPECT_THAT(json.body, HasSubstr("\"database\""));
    ASSERT_NE(header(json, "Content-Type"), nullptr);
    EXPECT_EQ(*header(json, "Content-Type"), "application/json");
    EXPECT_EQ(*header(json, "Cache-Control"), "no-store");
    EXPECT_EQ(*header(json, "X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(header(json, "Content-Length"), nullptr) << "is the framework's";
    EXPECT_EQ(respond(snapshot, {.target = "/readyz/database"}).body, "ok");
    EXPECT_THAT(respond(snapshot, {.target = "/health?x=%20y"}).body, HasSubstr("\"2.6.0\""));
}

TEST(Respond, leaves_other_paths_to_the_service) {
    Shop shop;
    const auto snapshot = shop.registry.snapshot();
    EXPECT_EQ(respond(snapshot, {.target = "/hello"}).status, 404);
    EXPECT_EQ(respond(snapshot, {.method = "POST", .target = "/hello"}).status, 404);
    const Response head = respond(snapshot, {.method = "HEAD", .target = "/readyz"});
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.body, "");
    EXPECT_NE(header(head, "Content-Type"), nullptr);
    const Response refused = respond(snapshot, {.method = "DELETE", .target = "/readyz"});
    EXPECT_EQ(refused.status, 405);
    ASSERT_NE(header(refused, "Allow"), nullptr);
    EXPECT_EQ(*header(refused, "Allow"), "GET, HEAD, OPTIONS");
    shop.registry.decommission("AWAY");
    ASSERT_TRUE(soon([&] { return shop.registry.snapshot()->decommission.active(); }));
    const auto out = shop.registry.snapshot();
    const Response options = respond(out, {.method = "OPTIONS", .target = "/readyz"});
    EXPECT_EQ(options.status, 500) << "the code of GET, which is what load balancers ask for";
    EXPECT_EQ(options.body, "");
    ASSERT_NE(header(options, "Allow"), nullptr);
    for (const char* target :
         {"", "no slash", "/%zz", "/\r\nInjected: yes", "http://elsewhere/readyz"})
        EXPECT_GE(respond(snapshot, {.target = target}).status, 200) << target;
}

TEST(Respond, trusts_only_clients_that_the_service_trusts) {
    Registry registry;
    registry.add("database", [] {
        return failed("no answer", ErrorClass::connect, "connection to 10.0.0.7 refused");
    });
    ASSERT_TRUE(soon([&] {
        const auto* state = registry.snapshot()->find("database");
        return state != nullptr && state->last != nullptr;
    }));
    const Request open{.target = "/health"};
    const Request trusted{.target = "/health", .trusted = true};
    EXPECT_THAT(respond(registry.snapshot(), open).body, Not(HasSubstr("10.0.0.7")));
    EXPECT_THAT(respond(registry.snapshot(), trusted).body, HasSubstr("10.0.0.7"));
}

}  // namespace
}  // namespace vitals
