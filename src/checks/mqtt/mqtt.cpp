#include "mqtt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <utility>

#include "backends/mqtt/session.hpp"
#include "checks/access_fields.hpp"
#include "checks/take_leave.hpp"
#include "net/endpoint_of.hpp"
#include "text/prose.hpp"

namespace vitals::checks::mqtt {

namespace {

using namespace backends::mqtt;

constexpr std::uint16_t usual_port = 1883;
constexpr std::uint16_t usual_tls_port = 8883;
constexpr std::size_t longest_text = 1024;

std::string topic_of(const text::Url& url) {
    return url.path.size() > 1 ? url.path.substr(1) : std::string();
}

Verified verify_url(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"mqtt", "mqtts"}); !problem.empty())
        return std::unexpected(problem);
    if (!url.query.empty()) return std::unexpected("has a query; expected mqtt://host:port/topic");
    const std::string topic = topic_of(url);
    if (topic.size() > longest_text) return std::unexpected("names a topic that is too long");
    if (topic.find_first_of(std::string_view("+#\0", 3)) != std::string::npos)
        return std::unexpected("names a topic with a wildcard: a message goes to one topic");
    if (topic.starts_with('$')) return std::unexpected("names a topic of the broker's own ($)");
    return {};
}

Verified verify(const Options& options) {
    const std::string& user = options.user.empty() ? options.url.user : options.user;
    const bool password = options.password.configured() || !options.url.password.empty();
    if (user.empty() && password) return std::unexpected("a password without a user");
    return verified(user.size() > longest_text ? "user: no name of a user" : std::string());
}

constexpr Field fields[] = {
    url_field<Options, verify_url>(
        "The address of the broker: mqtt://host:1883/topic or mqtts:// (8883). With a topic, the "
        "check sends a message to a new topic below that one, and the message must come back.",
        "mqtt://monitor@127.0.0.1/vitals"),
    user_field<Options>(),
    password_field<Options>(),
    field<&Options::version>("version",
                             "The version of the protocol: 4 is MQTT 3.1.1, 5 is MQTT 5.0.",
                             {.least = 4, .most = 5}),
    tls_field<Options>("For mqtts://: CA, client certificate and server name."),
};

// A new one in each run: a broker disconnects a client when another one comes with its name.
std::string random_text() {
    std::random_device random;
    return fmt::format("{:08x}{:08x}", random(), random());
}

Access access_of(const Options& options, net::Context& context) {
    const text::Url& url = options.url;
    const bool tls = url.scheme == "mqtts";
    Access access;
    access.endpoint = net::endpoint_of(url, tls ? usual_tls_port : usual_port);
    if (tls) access.tls = options.tls;
    auto& login = access.login;
    login.level = static_cast<wire::mqtt::Level>(options.version);
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(2 * context.left()).count();
    login.keep_alive = static_cast<std::uint16_t>(std::clamp<std::int64_t>(seconds, 1, 65535));
    login.client = "vitals-" + random_text();
    login.user = options.user.empty() ? url.user : options.user;
    if (options.password.configured())
        login.password = options.password.reveal();
    else if (!url.password.empty())
        login.password = url.password;
    return access;
}

// Time that is reserved for reporting the result.
Steady most_of(net::Context& context) {
    return context.deadline() -
           std::min<std::chrono::milliseconds>(context.left() / 5, std::chrono::milliseconds(300));
}

net::awaitable<Outcome> look(const Options& options, net::Context& context, Session& session) {
    const std::string under = topic_of(options.url);
    if (under.empty()) {
        co_await session.ping(context);
        co_return ok("lets this client in and answers");
    }
    const std::string topic = under + "/vitals-" + random_text();
    co_await session.subscribe(context, topic);
    const std::string payload = "vitals " + random_text();
    const bool came = co_await session.send_and_receive(context, topic, payload, most_of(context));
    // Brokers acknowledge messages that an ACL forbids or that are too large, and drop them.
    if (!came)
        throw CheckError(ErrorClass::assertion,
                         "acknowledged a message and did not deliver it: an ACL or a limit of size "
                         "may forbid it");
    co_return ok("a message came back");
}

net::awaitable<std::unique_ptr<Session>> open(const Options& options, net::Context& context) {
    Access access = access_of(options, context);
    auto session = co_await Session::open(context, std::move(access));
    co_return session;
}

constexpr std::string_view proves = R"(
    The broker accepts this user and answers. With a topic in the URL, the check
    subscribes, sends a message and receives it. Brokers also acknowledge what an access
    list forbids, so only the message itself counts. It goes to a topic with a random name
    below the topic of the URL, so the user needs the rights to read and write `topic/#`.
    Nothing is retained, and no session is left. The check does not prove that other
    clients are connected, that retained messages are there, or that a bridge passes
    messages on.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run_and_leave<open, look, Options>, verify>(
    "mqtt", "Logs in to an MQTT broker, and sends a message that must come back.",
    {.proves = proves,
     .schemes = {"mqtt", "mqtts"},
     .urls = {"mqtt://user:password@host/topic", "mqtts://user:password@host/topic"}});

}  // namespace vitals::checks::mqtt
