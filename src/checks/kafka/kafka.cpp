#include "kafka.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "brokers.hpp"
#include "checks/access_fields.hpp"
#include "cluster.hpp"
#include "group.hpp"
#include "text/amount.hpp"
#include "text/prose.hpp"

namespace vitals::checks::kafka {

namespace {

using wire::kafka::Broker;
using wire::kafka::Key;
using wire::kafka::Metadata;

constexpr std::size_t longest_topic = 249;
// From this version on, asking for a topic does not create it.
constexpr std::int16_t creates_nothing = 4, oldest = 1;

Verified verify_url(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"kafka", "kafkas"}, text::HostIs::required,
                                         text::Servers::several);
        !problem.empty())
        return std::unexpected(problem);
    for (const std::string& server : text::servers_of(url.text)) {
        const text::Url each(server);
        if (each.path.size() > 1)
            return std::unexpected("has a path; topics are named by `topics`");
        if (!each.query.empty()) return std::unexpected("has a query; expected kafka://h1,h2:9092");
        if (each.scheme != url.scheme || each.user != url.user || each.password != url.password)
            return std::unexpected("names servers that are reached in different ways");
    }
    return {};
}

Verified verify_topics(const std::vector<std::string>& topics) {
    const auto good = [](const std::string& topic) {
        return !topic.empty() && topic.size() <= longest_topic &&
               std::ranges::all_of(topic, [](unsigned char c) {
                   return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
               });
    };
    return verified(std::ranges::all_of(topics, good)
                        ? std::string()
                        : "names what is no topic; expected letters, digits, `.`, `_` and `-`");
}

Verified verify_group(const std::string& group) {
    constexpr std::size_t longest_group = 32767;
    return verified(group.size() <= longest_group ? "" : "is too long for a group's name");
}

Verified verify(const Options& options) {
    const bool user = !options.user.empty() || !options.url.user.empty();
    const bool password = options.password.configured() || !options.url.password.empty();
    if (user != password) return std::unexpected("a log-in needs both user and password");
    if (options.group.empty() && (options.lag_above || options.members))
        return std::unexpected("lag_above and members need a group");
    return {};
}

constexpr Field fields[] = {
    url_field<Options, verify_url>(
        "The bootstrap servers: kafka://h1,h2:9092, kafkas:// with TLS. They are asked in turn "
        "until one answers.",
        "kafka://broker-1,broker-2"),
    user_field<Options>(),
    password_field<Options>(),
    field<&Options::mechanism>("mechanism",
                               "The mechanism of the log-in (sasl.mechanism). PLAIN sends the "
                               "password as it is: use it with TLS.",
                               {.choices = "SCRAM-SHA-512|SCRAM-SHA-256|PLAIN"}),
    field<&Options::topics, verify_topics>(
        "topics",
        "Topics that must exist; only these are judged. By default all that the user may see.",
        {.example = "[orders, payments]"}),
    field<&Options::brokers>("brokers", "Degraded with fewer brokers.",
                             {.unit = "brokers", .least = 1}),
    field<&Options::min_isr>(
        "min_isr",
        "Failed when a partition has fewer replicas in sync. Use the min.insync.replicas of the "
        "topics: below it, writes with acks=all are refused.",
        {.unit = "replicas", .example = "2", .least = 1}),
    field<&Options::all_brokers>("all_brokers",
                                 "Whether to ask every broker at the address that it advertises, "
                                 "as clients do. `false` if this host may not reach them all."),
    field<&Options::group, verify_group>("group",
                                         "A consumer group; the check judges how far it is behind.",
                                         {.example = "billing"}),
    field<&Options::lag_above>(
        "lag_above", "Degraded when the group is more messages behind, in all partitions together.",
        {.unit = "messages", .example = "1000", .least = 0}),
    field<&Options::members>("members", "Failed when the group has fewer members.",
                             {.unit = "members", .example = "2", .least = 1}),
    tls_field<Options>(),
};

net::awaitable<Metadata> ask_metadata(const Options& options, Session& session) {
    const bool named = session.speaks(Key::metadata, creates_nothing);
    const std::int16_t version = named ? creates_nothing : oldest;
    const std::vector<std::string> topics = named ? options.topics : std::vector<std::string>();
    std::string question = wire::kafka::metadata(version, topics);
    const std::string body = co_await session.ask(Key::metadata, version, std::move(question));
    co_return backends::kafka::good(wire::kafka::read_metadata(version, body));
}

// A client reads and writes at the broker that leads a partition, at its advertised address.
net::awaitable<void> reach_all(const Options& options, net::Context& context, Brokers& brokers,
                               const Metadata& metadata, Verdict& verdict) {
    context.enter("brokers");
    const auto led = led_by(options, metadata);
    std::size_t lost = 0;
    std::size_t leading = 0;  // partitions of unreachable brokers
    std::string problems;
    std::optional<CheckError> first;
    for (std::size_t left = metadata.brokers.size(); const Broker& broker : metadata.brokers) {
        try {
            co_await brokers.at(broker, share_of(context, left));
        } catch (const CheckError& error) {
            ++lost;
            const auto its = led.find(broker.id);
            leading += its == led.end() ? 0 : its->second;
            problems += fmt::format("{}{}:{}: {}", problems.empty() ? "" : ", ", broker.host,
                                    broker.port, error.detail);
            if (!first) first = error;
        }
        --left;
    }
    if (!first) co_return;
    std::string text = fmt::format("{} of {} cannot be reached: {}", lost,
                                   text::counted(metadata.brokers.size(), "broker"), first->detail);
    if (leading == 0 && lost < metadata.brokers.size()) {
        verdict.degrade(std::move(text), std::move(problems));
    } else {
        if (leading > 0)
            text += fmt::format("; {} cannot be used", text::counted(leading, "partition"));
        verdict.fail({first->error_class, std::move(text), std::move(problems)}, context.phase());
    }
}

net::awaitable<Outcome> look(const Options& options, Abandoned& abandoned, net::Context& context) {
    Verdict verdict;
    Brokers brokers(options, context);
    Session* session = co_await brokers.first(verdict);
    context.enter("metadata");
    const Metadata metadata = co_await ask_metadata(options, *session);
    judge_cluster(options, metadata, verdict);
    if (options.all_brokers && !verdict.failed())
        co_await reach_all(options, context, brokers, metadata, verdict);
    std::string well = text::counted(metadata.brokers.size(), "broker") + ", " +
                       text::counted(topics_of(options, metadata).size(), "topic") +
                       ": all partitions are in sync";
    if (!options.group.empty() && !verdict.failed())
        well += "; " + co_await judge_group(options, context, brokers, metadata, *session,
                                            abandoned, verdict);
    co_return std::move(verdict).outcome(std::move(well));
}

Run run(const std::shared_ptr<const Options>& options) {
    auto abandoned = std::make_shared<Abandoned>();
    return
        [options, abandoned](net::Context& context) { return look(*options, *abandoned, context); };
}

constexpr std::string_view proves = R"(
    The cluster accepts this user and has a controller; each partition of the topics has a
    leader and all of its replicas in sync, and each topic that is named exists. Fewer
    replicas in sync are degraded, as while brokers restart in turn, and failed below
    `min_isr`, where producers are refused. Every broker is then asked at the address that
    it advertises, because clients read and write there: one that cannot be reached is
    failed if it leads a partition. With `group`, what the group has committed is compared
    with the end of each partition; what it has never committed does not count as behind.
    A group without members is failed once it falls further behind, or if `members`
    requires some. The check writes nothing and creates no topic. It does not see a full
    disk before Kafka gives up the broker, and a consumer that commits without working
    looks well. It cannot see topics that the user may not see: the user needs Describe on
    the cluster, the topics and the group.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run, verify>(
    "kafka", "Looks at the brokers, topics and partitions of a Kafka cluster, and at a group.",
    {.proves = proves,
     .schemes = {"kafka", "kafkas"},
     .urls = {"kafka://host1,host2:9092", "kafkas://user:password@host"}});

}  // namespace vitals::checks::kafka
