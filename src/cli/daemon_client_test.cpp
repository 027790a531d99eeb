#include "cli/daemon_client.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "app/catalog.hpp"
#include "cli/exit_code.hpp"

namespace vitals::cli {
namespace {

std::string where(std::string_view text) {
    const auto address = parse_address(text);
    return address ? address->shown() : address.error();
}

TEST(Address, is_read_as_people_write_it) {
    EXPECT_EQ(where("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
    EXPECT_EQ(where("https://status.example.org/"), "https://status.example.org");
    EXPECT_EQ(where("localhost:8080"), "http://localhost:8080");
    EXPECT_EQ(where("[::1]:8080"), "http://[::1]:8080");
    EXPECT_EQ(where("unix:/run/vitals/control.sock"), "unix:/run/vitals/control.sock");
    EXPECT_EQ(where("unix:///run/x"), "unix:/run/x");
}

TEST(Address, is_refused_with_a_reason) {
    EXPECT_EQ(where("unix:"), "'unix:' needs a path");
    EXPECT_EQ(where("ftp://host"), "'ftp' is not http, https or unix");
    EXPECT_TRUE(where("http://host/healthz").contains("is not HOST:PORT"))
        << where("http://host/healthz");
    EXPECT_TRUE(where("http://").contains("is not HOST:PORT"));
    EXPECT_TRUE(where("http://user:secret@host").contains("is not HOST:PORT"));
}

std::string from(std::string_view listeners) {
    const auto config = config::parse(
        "listeners:\n" + std::string(listeners) + "components:\n  disk: {check: disk, path: /}\n",
        "t.yaml", app::catalog());
    if (!config) return config.error().front().text();
    const auto address = address_of(*config);
    return address ? address->shown() : "nowhere";
}

TEST(Address, comes_from_the_configuration) {
    EXPECT_EQ(from("  - address: 127.0.0.1:9090\n"), "http://127.0.0.1:9090");
    EXPECT_EQ(from("  - address: 0.0.0.0:9090\n"), "http://127.0.0.1:9090");
    EXPECT_EQ(from("  - address: '[::]:9090'\n"), "http://[::1]:9090");
    EXPECT_EQ(from("  - address: 127.0.0.1:9090\n  - {address: 'unix:/run/x', control: true}\n"),
              "unix:/run/x");
    EXPECT_EQ(from("  - address: 'unix:/run/x'\n  - {address: '127.0.0.1:9090', control: true}\n"),
              "http://127.0.0.1:9090");
    EXPECT_EQ(from("  - address: 127.0.0.1:0\n"), "nowhere");
}

TEST(Daemon, that_is_not_there_is_unreachable) {
    DaemonOptions options;
    options.url = "unix:/nonexistent/vitals.sock";
    const auto daemon = Daemon::find(options);
    ASSERT_TRUE(daemon);
    const auto answer = daemon->ask("GET", "/health");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, exit_code::unreachable);
    EXPECT_TRUE(answer.error().text.starts_with("no daemon at unix:/nonexistent/vitals.sock: "))
        << answer.error().text;
}

TEST(Daemon, is_not_asked_with_a_token_that_cannot_be_read) {
    DaemonOptions options;
    options.url = "http://127.0.0.1:1";
    options.token_file = "/nonexistent/token";
    const auto daemon = Daemon::find(options);
    ASSERT_FALSE(daemon);
    EXPECT_EQ(daemon.error().text, "no token can be read from /nonexistent/token");
    EXPECT_EQ(daemon.error().code, exit_code::usage);
}

TEST(Daemon, tokens_stand_alone_in_their_file) {
    std::string name = std::filesystem::temp_directory_path() / "vitals-token-XXXXXX";
    const int file = mkstemp(name.data());
    ASSERT_GE(file, 0);
    close(file);
    DaemonOptions options;
    options.url = "http://127.0.0.1:1";
    options.token_file = name;
    const auto with = [&](const std::string& content) {
        std::ofstream(name) << content;
        return Daemon::find(options);
    };
    EXPECT_TRUE(with("s3cret\n")->has_token());
    EXPECT_TRUE(with("s3cret\r\n")->has_token());
    // A header that could be split in two is none.
    EXPECT_FALSE(with("two words\n"));
    EXPECT_FALSE(with("\n"));
    const auto refused = with("s3cret\x01\n");
    ASSERT_FALSE(refused);
    EXPECT_FALSE(refused.error().text.contains("s3cret"));
    std::filesystem::remove(name);
}

}  // namespace
}  // namespace vitals::cli
