// Checks of backends in a service's own registry.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "vitals/registry.hpp"
#include "vitals/server.hpp"

namespace vitals {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class AddCheck : public testing::Test {
  protected:
    AddCheck() {
        folder = (std::filesystem::temp_directory_path() / "vitals-XXXXXX").string();
        EXPECT_NE(::mkdtemp(folder.data()), nullptr);
        std::ofstream(folder + "/there") << "alive\n";
    }
    ~AddCheck() override { std::filesystem::remove_all(folder); }

    std::string refusal(const std::function<void()>& call) {
        try {
            call();
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return "accepted";
    }

    std::string folder;
    const std::vector<std::pair<std::string, std::string>> none;
    Registry registry;
};

TEST_F(AddCheck, adds_a_check_by_its_url) {
    registry.add_check("file", "file://" + folder + "/there");
    registry.add_check("missing", "file://" + folder + "/missing");
    EXPECT_TRUE(registry.wait_for("file", Status::ok, 5s));
    EXPECT_TRUE(registry.wait_for("missing", Status::failed, 5s));
    EXPECT_TRUE(registry.remove("missing"));
    EXPECT_THROW((void)registry.status("missing"), UnknownComponent);
}

TEST_F(AddCheck, follows_a_service_that_comes_and_goes) {
    auto server = std::make_unique<Server>(registry, ServerOptions{.address = "127.0.0.1:0"});
    const std::string port = std::to_string(server->port());
    const Options quick{.interval = 50ms, .timeout = 1s};
    registry.add_check("tcp", "tcp://127.0.0.1:" + port, quick);
    registry.add_check("http", "http://127.0.0.1:" + port + "/livez", quick);
    EXPECT_TRUE(registry.wait_for("tcp", Status::ok, 5s));
    EXPECT_TRUE(registry.wait_for("http", Status::ok, 5s));
    server.reset();
    EXPECT_TRUE(registry.wait_for("tcp", Status::failed, 5s));
    EXPECT_TRUE(registry.wait_for("http", Status::failed, 5s));
}

TEST_F(AddCheck, adds_a_check_of_a_named_kind_with_settings) {
    registry.add_check("content", "file", {{"path", folder + "/there"}, {"contains", "alive"}},
                       {.interval = 50ms, .critical = false, .tags = {"files"}});
    EXPECT_TRUE(registry.wait_for("content", Status::ok, 5s));
    std::ofstream(folder + "/there") << "dead\n";
    EXPECT_TRUE(registry.wait_for("content", Status::failed, 5s));
    std::this_thread::sleep_for(30ms);
    const auto snapshot = registry.snapshot();
    const auto* state = snapshot->find("content");
    ASSERT_NE(state, nullptr);
    EXPECT_EQ(state->component->kind, "file");
    EXPECT_FALSE(state->component->critical);
    EXPECT_THAT(state->component->tags, testing::ElementsAre("files"));
}

TEST_F(AddCheck, says_what_is_wrong) {
    EXPECT_THAT(refusal([&] { registry.add_check("a", "gopher://host/"); }), HasSubstr("gopher"));
    EXPECT_THAT(refusal([&] { registry.add_check("a", "tcp://host"); }), HasSubstr("port"));
    EXPECT_THAT(refusal([&] { registry.add_check("a", "no url"); }), HasSubstr("no url"));
    EXPECT_THAT(refusal([&] { registry.add_check("a", "telepathy", none, {}); }),
                HasSubstr("no kind of check 'telepathy'"));
    EXPECT_THAT(
        refusal([&] { registry.add_check("a", "file", {{"path", "/x"}, {"contians", "y"}}, {}); }),
        testing::AllOf(HasSubstr("contians"), HasSubstr("contains")));
    EXPECT_THAT(refusal([&] { registry.add_check("a", "file", none, {}); }), HasSubstr("path"));
    EXPECT_THAT(refusal([&] { registry.add_check("a", "file", {{"path", "/x\nevil: y"}}, {}); }),
                HasSubstr("line break"));
    EXPECT_THAT(refusal([&] { registry.add_check("a", "push", {{"ttl", "10s"}}, {}); }),
                HasSubstr("StateHandler"));
    EXPECT_THAT(refusal([&] { registry.add_check("a", "file:///x", Options{.interval = 0ms}); }),
                HasSubstr("Options::interval"));
    EXPECT_THAT(refusal([&] { registry.add_check("a/b/c", "file:///x"); }), HasSubstr("a/b/c"));
    EXPECT_THROW((void)registry.status("a"), UnknownComponent) << "nothing was registered";
}

}  // namespace
}  // namespace vitals
