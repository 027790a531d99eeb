// The client's side of Kafka's protocol: the few requests of a probe, and the content of their
// answers. https://kafka.apache.org/protocol. Only versions that brokers from 0.11 up to 4.x
// accept, without the later compact encoding. A function that reads an answer returns nothing if it
// is not one. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vitals::wire::kafka {

// Which request, as brokers number them.
enum class Key : std::int16_t {
    list_offsets = 2,
    metadata = 3,
    offset_fetch = 9,
    find_coordinator = 10,
    describe_groups = 15,
    sasl_handshake = 17,
    api_versions = 18,
    sasl_authenticate = 36,
};

struct Answer {
    std::int32_t number = 0;  // of the request
    std::string body;
};

// The greatest size of one answer in bytes: a large cluster describes all of its topics in one.
inline constexpr std::size_t longest_answer = 8 * 1024 * 1024;

// Takes the first answer from `buffer`, which holds the received bytes. Nothing while the answer is
// incomplete. An error as soon as it can no longer become an answer, or is too long.
std::expected<std::optional<Answer>, std::string> take_answer(std::string& buffer);

// The whole of a request; `body` is one of those below.
std::string request(Key key, std::int16_t version, std::int32_t number, std::string_view body);

namespace error {  // of many; https://kafka.apache.org/protocol#protocol_error_codes
inline constexpr std::int16_t none = 0, unknown_topic = 3, leader_not_available = 5,
                              coordinator_loading = 14, coordinator_not_available = 15,
                              not_coordinator = 16, topic_refused = 29, group_refused = 30,
                              cluster_refused = 31, unknown_mechanism = 33, illegal_state = 34,
                              log_in_failed = 58;
}  // namespace error

// ApiVersions 0; no body. Also answered before a log-in.
struct Versions {
    struct Range {
        std::int16_t least = 0, most = -1;
    };
    std::int16_t error = 0;
    std::map<std::int16_t, Range> of;

    bool has(Key key, std::int16_t version) const;
};
std::optional<Versions> read_versions(std::string_view body);

// SaslHandshake 1.
std::string handshake(std::string_view mechanism);
struct Mechanisms {
    std::int16_t error = 0;
    std::vector<std::string> names;
};
std::optional<Mechanisms> read_handshake(std::string_view body);

// SaslAuthenticate 0.
std::string authenticate(std::string_view token);
struct Authenticated {
    std::int16_t error = 0;
    std::string text;  // what is wrong
    std::string token;
};
std::optional<Authenticated> read_authenticate(std::string_view body);

// Metadata 1 and 4. No topics: all that the user may see. At version 1, a broker that creates
// topics automatically creates a named topic: never name one there.
std::string metadata(std::int16_t version, const std::vector<std::string>& topics);
struct Broker {
    std::int32_t id = 0;
    std::string host;
    std::int32_t port = 0;
};
struct Partition {
    std::int16_t error = 0;
    std::int32_t id = 0;
    std::int32_t leader = -1;  // -1: it has none
    std::size_t replicas = 0;
    std::size_t in_sync = 0;  // replicas that have all of it
};
struct Topic {
    std::int16_t error = 0;
    std::string name;
    std::vector<Partition> partitions;
};
struct Metadata {
    std::vector<Broker> brokers;
    std::int32_t controller = -1;  // -1: there is none
    std::vector<Topic> topics;
};
std::optional<Metadata> read_metadata(std::int16_t version, std::string_view body);

// FindCoordinator 0: the broker with a group's offsets.
std::string find_coordinator(std::string_view group);
struct Coordinator {
    std::int16_t error = 0;
    Broker broker;
};
std::optional<Coordinator> read_coordinator(std::string_view body);

// DescribeGroups 0, of one group.
std::string describe_group(std::string_view group);
struct Group {
    std::int16_t error = 0;
    std::string state;  // "Stable", "Empty", "Dead" (there is no such group), ...
    std::size_t members = 0;
};
std::optional<Group> read_group(std::string_view body);

using PartitionsByTopic = std::map<std::string, std::vector<std::int32_t>>;

// OffsetFetch 2, for these partitions; without partitions: for all that the group has committed.
std::string fetch_offsets(std::string_view group, const PartitionsByTopic& partitions);
struct Offset {
    std::int16_t error = 0;
    std::int32_t partition = 0;
    std::int64_t at = -1;  // -1: none was ever committed
};
using OffsetsByTopic = std::vector<std::pair<std::string, std::vector<Offset>>>;
struct Offsets {
    std::int16_t error = 0;
    OffsetsByTopic topics;
};
std::optional<Offsets> read_offsets(std::string_view body);

// ListOffsets 1 or 2: the ends of the named partitions, for a reader of committed messages.
std::string list_offsets(std::int16_t version, const PartitionsByTopic& partitions);
std::optional<OffsetsByTopic> read_list_offsets(std::int16_t version, std::string_view body);

}  // namespace vitals::wire::kafka
