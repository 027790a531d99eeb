#include "group.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "cluster.hpp"
#include "text/amount.hpp"

namespace vitals::checks::kafka {

namespace {

using backends::kafka::good;
using backends::kafka::meaning_of;
using namespace wire::kafka;
namespace error = wire::kafka::error;

using Place = std::pair<std::string, std::int32_t>;  // a partition
using Positions = std::map<Place, std::int64_t>;

void refuse(std::int16_t code, std::string_view what) {
    if (code != error::none) throw meaning_of(code, what);
}

class Probe {
  public:
    Probe(const Options& options, net::Context& context, Brokers& brokers, const Metadata& metadata)
        : options_(options), context_(context), brokers_(brokers), metadata_(metadata) {}

    // Reads the committed positions first, and the ends after that: otherwise new messages would
    // make the lag negative.
    net::awaitable<void> look(Session& session) {
        context_.enter("group");
        co_await find_keeper(session);
        co_await count_members();
        co_await ask_committed();
        context_.enter("lag");
        co_await ask_ends();
    }

    std::string judge(Abandoned& abandoned, Verdict& verdict) {
        const auto unknown = static_cast<std::int64_t>(unknown_);
        verdict.with("lag", lag_);
        if (members_) verdict.with("members", static_cast<std::int64_t>(*members_));
        if (unknown > 0)
            verdict.degrade(fmt::format("how far the group is behind is not known of {}",
                                        text::counted(unknown_, "partition")));
        const std::string behind =
            text::counted(static_cast<std::size_t>(lag_), "message") + " behind";
        if (options_.lag_above && lag_ > *options_.lag_above)
            verdict.degrade("the group is " + behind);
        judge_members(abandoned, verdict, behind);
        if (!members_) return "group: " + behind;
        return fmt::format("group: {}, {}", text::counted(*members_, "member"), behind);
    }

  private:
    void fail(std::string detail, Verdict& verdict) {
        verdict.fail({ErrorClass::assertion, std::move(detail)}, "group");
    }

    void judge_members(Abandoned& abandoned, Verdict& verdict, const std::string& behind) {
        if (options_.members && !members_) {
            verdict.degrade("the broker does not tell the members of such a group");
        } else if (options_.members && *members_ < static_cast<std::size_t>(*options_.members)) {
            fail(fmt::format("the group has {}, expected {}", text::counted(*members_, "member"),
                             *options_.members),
                 verdict);
        }
        // Nobody reads, and more messages have come since. A reader that is started now and then
        // leaves nothing behind, or comes back.
        if (!members_ || *members_ > 0 || lag_ == 0) {
            abandoned.behind.reset();
            return;
        }
        if (!abandoned.behind || lag_ < *abandoned.behind) abandoned.behind = lag_;
        if (lag_ > *abandoned.behind)
            fail(fmt::format("nobody reads, and it grows: the group is {}", behind), verdict);
    }

    net::awaitable<void> find_keeper(Session& session) {
        std::string question = find_coordinator(options_.group);
        const std::string body =
            co_await session.ask(Key::find_coordinator, 0, std::move(question));
        const Coordinator found = good(read_coordinator(body));
        refuse(found.error, "the group");
        keeper_ = co_await brokers_.at(found.broker, share_of(context_, 2));
    }

    net::awaitable<void> count_members() {
        if (!keeper_->speaks(Key::describe_groups, 0)) co_return;
        std::string question = describe_group(options_.group);
        const std::string body =
            co_await keeper_->ask(Key::describe_groups, 0, std::move(question));
        const Group found = good(read_group(body));
        refuse(found.error, "the group");
        // To a client of the old protocol, brokers also name groups of the newer one (KIP-848) so.
        dead_ = found.state == "Dead";
        if (!dead_) members_ = found.members;
    }

    net::awaitable<void> ask_committed() {
        // Without configured topics, the group's committed positions say which topics it reads.
        PartitionsByTopic asked;
        if (!options_.topics.empty())
            for (const Topic* topic : topics_of(options_, metadata_))
                for (const Partition& partition : topic->partitions)
                    asked[topic->name].push_back(partition.id);
        std::string question = fetch_offsets(options_.group, asked);
        const std::string body = co_await keeper_->ask(Key::offset_fetch, 2, std::move(question));
        const Offsets found = good(read_offsets(body));
        refuse(found.error, "the group");
        for (const auto& [topic, offsets] : found.topics) {
            for (const Offset& offset : offsets) {
                refuse(offset.error, "what the group has read");
                // Nothing was ever committed: that does not mean that the whole log is behind.
                if (offset.at >= 0) committed_[{topic, offset.partition}] = offset.at;
            }
        }
        if (dead_ && committed_.empty())
            throw CheckError(ErrorClass::assertion, "the group does not exist");
    }

    net::awaitable<void> ask_ends() {
        std::map<std::int32_t, PartitionsByTopic> by_leader;
        for (const Topic* topic : topics_of(options_, metadata_)) {
            for (const Partition& partition : topic->partitions)
                if (committed_.contains({topic->name, partition.id}))
                    by_leader[partition.leader][topic->name].push_back(partition.id);
        }
        for (std::size_t left = by_leader.size(); const auto& [leader, partitions] : by_leader) {
            const auto broker = std::ranges::find(metadata_.brokers, leader, &Broker::id);
            if (broker == metadata_.brokers.end()) {  // it has no leader
                for (const auto& [topic, ids] : partitions) unknown_ += ids.size();
            } else {
                Session* session = co_await brokers_.at(*broker, share_of(context_, left));
                co_await ask_ends_of(*session, partitions);
            }
            --left;
        }
    }

    net::awaitable<void> ask_ends_of(Session& session, const PartitionsByTopic& partitions) {
        const std::int16_t version = session.speaks(Key::list_offsets, 2) ? 2 : 1;
        std::string question = list_offsets(version, partitions);
        const std::string body =
            co_await session.ask(Key::list_offsets, version, std::move(question));
        for (const auto& [topic, ends] : good(read_list_offsets(version, body))) {
            for (const Offset& end : ends) {
                const auto position = committed_.find({topic, end.partition});
                if (position == committed_.end()) continue;
                if (end.error == error::topic_refused) throw meaning_of(end.error, "a topic");
                if (end.error != error::none)
                    ++unknown_;  // its leader has just changed
                else
                    lag_ += std::max<std::int64_t>(0, end.at - position->second);
            }
        }
    }

    const Options& options_;
    net::Context& context_;
    Brokers& brokers_;
    const Metadata& metadata_;
    Session* keeper_ = nullptr;
    bool dead_ = false;
    std::optional<std::size_t> members_;  // nothing: not known
    Positions committed_;
    std::int64_t lag_ = 0;
    std::size_t unknown_ = 0;  // partitions whose end is not known
};

}  // namespace

net::awaitable<std::string> judge_group(const Options& options, net::Context& context,
                                        Brokers& brokers, const Metadata& metadata,
                                        Session& session, Abandoned& abandoned, Verdict& verdict) {
    Probe probe(options, context, brokers, metadata);
    co_await probe.look(session);
    co_return probe.judge(abandoned, verdict);
}

}  // namespace vitals::checks::kafka
