#include "cluster.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "text/amount.hpp"
#include "text/quote.hpp"

namespace vitals::checks::kafka {

namespace {

using wire::kafka::Metadata;
using wire::kafka::Partition;
using wire::kafka::Topic;
namespace error = wire::kafka::error;

constexpr std::string_view phase = "metadata";
constexpr std::size_t most_named = 5;

// Some of the names, for the error text: they belong to the cluster.
class Names {
  public:
    void add(const std::string& name) {
        ++count_;
        if (count_ <= most_named) text_ += (text_.empty() ? "" : ", ") + text::quoted(name);
    }
    std::size_t count() const { return count_; }
    std::string text() const { return text_ + (count_ > most_named ? ", ..." : ""); }

  private:
    std::size_t count_ = 0;
    std::string text_;
};

struct Found {
    Names missing, refused, unreadable;  // topics
    Names offline, too_few, behind;      // partitions
    std::size_t partitions = 0;
};

bool has_leader(const Partition& partition) {
    return partition.leader >= 0 && partition.error != error::leader_not_available;
}

void look_at(const Topic& topic, const Options& options, Found& found) {
    if (topic.error == error::unknown_topic) return found.missing.add(topic.name);
    if (topic.error == error::topic_refused) return found.refused.add(topic.name);
    // A new topic has no leaders yet, and perhaps no partitions.
    if (topic.error == error::leader_not_available && topic.partitions.empty())
        return found.offline.add(topic.name);
    if (topic.error != error::none && topic.error != error::leader_not_available)
        return found.unreadable.add(fmt::format("{}: {}", topic.name, topic.error));
    for (const Partition& partition : topic.partitions) {
        ++found.partitions;
        const std::string name = fmt::format("{}/{}", topic.name, partition.id);
        if (!has_leader(partition))
            found.offline.add(name);
        else if (options.min_isr && partition.in_sync < static_cast<std::size_t>(*options.min_isr))
            found.too_few.add(name);
        else if (partition.in_sync < partition.replicas)
            found.behind.add(name);
    }
}

void judge_topics(const Options& options, const Metadata& metadata, Verdict& verdict) {
    Found found;
    const auto topics = topics_of(options, metadata);
    for (const Topic* topic : topics) look_at(*topic, options, found);
    for (const std::string& name : options.topics)
        if (std::ranges::none_of(topics, [&](const Topic* each) { return each->name == name; }))
            found.missing.add(name);
    const std::size_t asked = options.topics.empty() ? topics.size() : options.topics.size();
    const auto fail = [&](const Names& names, ErrorClass error_class, std::string_view what,
                          std::string_view noun, std::size_t all) {
        if (names.count() == 0) return;
        verdict.fail(
            {error_class, fmt::format("{} of {} {}", names.count(), text::counted(all, noun), what),
             names.text()},
            std::string(phase));
    };
    fail(found.refused, ErrorClass::auth, "may not be looked at by this user", "topic", asked);
    fail(found.missing, ErrorClass::assertion, "missing", "topic", asked);
    fail(found.unreadable, ErrorClass::assertion, "cannot be looked at", "topic", asked);
    fail(found.offline, ErrorClass::assertion, "without a leader", "partition",
         std::max(found.partitions, found.offline.count()));
    fail(found.too_few, ErrorClass::assertion, "with too few replicas in sync: writes are refused",
         "partition", found.partitions);
    if (found.behind.count() > 0)
        verdict.degrade(fmt::format("{} of {} under-replicated", found.behind.count(),
                                    text::counted(found.partitions, "partition")),
                        found.behind.text());
    verdict.with("topics", static_cast<std::int64_t>(topics.size()));
    verdict.with("partitions", static_cast<std::int64_t>(found.partitions));
    verdict.with("offline", static_cast<std::int64_t>(found.offline.count()));
    verdict.with("under_replicated",
                 static_cast<std::int64_t>(found.behind.count() + found.too_few.count()));
}

}  // namespace

std::vector<const Topic*> topics_of(const Options& options, const Metadata& metadata) {
    std::vector<const Topic*> topics;
    for (const Topic& topic : metadata.topics) {
        const bool asked = options.topics.empty() ||
                           std::ranges::find(options.topics, topic.name) != options.topics.end();
        if (asked) topics.push_back(&topic);
    }
    return topics;
}

std::map<std::int32_t, std::size_t> led_by(const Options& options, const Metadata& metadata) {
    std::map<std::int32_t, std::size_t> led;
    for (const Topic* topic : topics_of(options, metadata))
        for (const Partition& partition : topic->partitions)
            if (has_leader(partition)) ++led[partition.leader];
    return led;
}

void judge_cluster(const Options& options, const Metadata& metadata, Verdict& verdict) {
    const std::size_t brokers = metadata.brokers.size();
    verdict.with("brokers", static_cast<std::int64_t>(brokers));
    if (brokers == 0) verdict.fail({ErrorClass::assertion, "knows no brokers"}, std::string(phase));
    if (metadata.controller < 0)
        verdict.fail({ErrorClass::assertion, "has no controller: no leader is elected"},
                     std::string(phase));
    judge_topics(options, metadata, verdict);
    if (brokers > 0 && brokers < static_cast<std::size_t>(options.brokers))
        verdict.degrade(
            fmt::format("{}, expected {}", text::counted(brokers, "broker"), options.brokers));
}

}  // namespace vitals::checks::kafka
