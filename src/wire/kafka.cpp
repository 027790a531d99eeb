#include "wire/kafka.hpp"

#include <type_traits>

namespace vitals::wire::kafka {

namespace {

constexpr std::string_view client = "vitals";

// Numbers are big-endian; a text has its length in front, an array its count.
class Writer {
  public:
    template <class Number>
    Writer& number(Number value) {
        const auto bits = static_cast<std::make_unsigned_t<Number>>(value);
        for (int shift = 8 * (static_cast<int>(sizeof bits) - 1); shift >= 0; shift -= 8)
            made_ += static_cast<char>(bits >> shift & 0xff);
        return *this;
    }
    Writer& text(std::string_view value) {
        number(static_cast<std::int16_t>(value.size()));
        made_ += value;
        return *this;
    }
    Writer& bytes(std::string_view value) {
        count(value.size());
        made_ += value;
        return *this;
    }
    Writer& count(std::size_t count) { return number(static_cast<std::int32_t>(count)); }
    Writer& raw(std::string_view value) {
        made_ += value;
        return *this;
    }
    std::string take() { return std::move(made_); }

  private:
    std::string made_;
};

// Reads while all is well; after the first error everything is zero and empty.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    template <class Number>
    void number(Number& value) {
        const std::string_view bytes = take(sizeof(Number));
        std::make_unsigned_t<Number> bits = 0;
        for (const char byte : bytes)
            bits = static_cast<decltype(bits)>(static_cast<std::uint64_t>(bits) << 8 |
                                               static_cast<unsigned char>(byte));
        value = static_cast<Number>(bits);
    }
    // One that is null is empty.
    void text(std::string& value) { value = take(length<std::int16_t>()); }
    void bytes(std::string& value) { value = take(length<std::int32_t>()); }
    void skip_text() { take(length<std::int16_t>()); }
    void skip_bytes() { take(length<std::int32_t>()); }
    void skip(std::size_t size) { take(size); }
    // The count of an array whose elements take at least this many bytes each: an impossible count
    // is an error, before memory is allocated.
    std::size_t count(std::size_t least) {
        const std::size_t count = length<std::int32_t>();
        if (count * least <= rest_.size()) return count;
        fail();
        return 0;
    }
    // A whole answer was read, and nothing is left of it.
    bool complete() const { return good_ && rest_.empty(); }

  private:
    template <class Number>
    std::size_t length() {
        Number size = 0;
        number(size);
        if (size >= -1) return size < 0 ? 0 : static_cast<std::size_t>(size);
        fail();
        return 0;
    }
    std::string_view take(std::size_t size) {
        if (size > rest_.size()) {
            fail();
            return {};
        }
        const std::string_view taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }
    void fail() {
        good_ = false;
        rest_ = {};
    }

    std::string_view rest_;
    bool good_ = true;
};

template <class T>
std::optional<T> finished(const Reader& reader, T made) {
    return reader.complete() ? std::optional(std::move(made)) : std::nullopt;
}

void read(Reader& reader, Partition& partition) {
    reader.number(partition.error);
    reader.number(partition.id);
    reader.number(partition.leader);
    partition.replicas = reader.count(4);
    reader.skip(4 * partition.replicas);
    partition.in_sync = reader.count(4);
    reader.skip(4 * partition.in_sync);
}

}  // namespace

std::expected<std::optional<Answer>, std::string> take_answer(std::string& buffer) {
    constexpr std::size_t head = 4;
    constexpr std::int32_t least = 4;  // its number
    if (buffer.size() < head) {
        // The first byte already shows that it is not an answer: none is 16 MiB long.
        if (!buffer.empty() && buffer.front() != 0) return std::unexpected("not Kafka");
        return std::nullopt;
    }
    std::int32_t size = 0;
    Reader(std::string_view(buffer).substr(0, head)).number(size);
    if (size < least || static_cast<std::size_t>(size) > longest_answer)
        return std::unexpected("not Kafka, or an answer that is too long");
    const std::size_t whole = head + static_cast<std::size_t>(size);
    if (buffer.size() < whole) return std::nullopt;
    Answer answer;
    Reader(std::string_view(buffer).substr(head, 4)).number(answer.number);
    answer.body = buffer.substr(head + 4, whole - head - 4);
    buffer.erase(0, whole);
    return answer;
}

std::string request(Key key, std::int16_t version, std::int32_t number, std::string_view body) {
    Writer made;
    made.number(static_cast<std::int16_t>(key)).number(version).number(number).text(client);
    return Writer().bytes(made.raw(body).take()).take();
}

bool Versions::has(Key key, std::int16_t version) const {
    const auto found = of.find(static_cast<std::int16_t>(key));
    return found != of.end() && found->second.least <= version && version <= found->second.most;
}

std::optional<Versions> read_versions(std::string_view body) {
    Reader reader(body);
    Versions made;
    reader.number(made.error);
    for (std::size_t left = reader.count(6); left > 0; --left) {
        std::int16_t key = 0;
        Versions::Range range;
        reader.number(key);
        reader.number(range.least);
        reader.number(range.most);
        made.of[key] = range;
    }
    return finished(reader, std::move(made));
}

std::string handshake(std::string_view mechanism) {
    return Writer().text(mechanism).take();
}

std::optional<Mechanisms> read_handshake(std::string_view body) {
    Reader reader(body);
    Mechanisms made;
    reader.number(made.error);
    made.names.resize(reader.count(2));
    for (std::string& name : made.names) reader.text(name);
    return finished(reader, std::move(made));
}

std::string authenticate(std::string_view token) {
    return Writer().bytes(token).take();
}

std::optional<Authenticated> read_authenticate(std::string_view body) {
    Reader reader(body);
    Authenticated made;
    reader.number(made.error);
    reader.text(made.text);
    reader.bytes(made.token);
    return finished(reader, std::move(made));
}

std::string metadata(std::int16_t version, const std::vector<std::string>& topics) {
    Writer made;
    if (topics.empty()) {
        made.number(std::int32_t{-1});  // all
    } else {
        made.count(topics.size());
        for (const std::string& topic : topics) made.text(topic);
    }
    if (version >= 4) made.number(std::int8_t{0});  // none is created
    return made.take();
}

std::optional<Metadata> read_metadata(std::int16_t version, std::string_view body) {
    Reader reader(body);
    Metadata made;
    if (version >= 3) reader.skip(4);  // for how long the client is slowed down
    made.brokers.resize(reader.count(12));
    for (Broker& broker : made.brokers) {
        reader.number(broker.id);
        reader.text(broker.host);
        reader.number(broker.port);
        reader.skip_text();  // its rack
    }
    if (version >= 2) reader.skip_text();  // the cluster's name
    reader.number(made.controller);
    made.topics.resize(reader.count(9));
    for (Topic& topic : made.topics) {
        reader.number(topic.error);
        reader.text(topic.name);
        reader.skip(1);  // whether it is Kafka's own
        topic.partitions.resize(reader.count(18));
        for (Partition& partition : topic.partitions) read(reader, partition);
    }
    return finished(reader, std::move(made));
}

std::string find_coordinator(std::string_view group) {
    return Writer().text(group).take();
}

std::optional<Coordinator> read_coordinator(std::string_view body) {
    Reader reader(body);
    Coordinator made;
    reader.number(made.error);
    reader.number(made.broker.id);
    reader.text(made.broker.host);
    reader.number(made.broker.port);
    return finished(reader, std::move(made));
}

std::string describe_group(std::string_view group) {
    return Writer().count(1).text(group).take();
}

std::optional<Group> read_group(std::string_view body) {
    Reader reader(body);
    Group made;
    if (reader.count(14) != 1) return std::nullopt;
    reader.number(made.error);
    reader.skip_text();  // its name
    reader.text(made.state);
    reader.skip_text();  // what kind of group it is, and how it shares out partitions
    reader.skip_text();
    made.members = reader.count(14);
    for (std::size_t i = 0; i < made.members; ++i) {
        for (int text = 0; text < 3; ++text) reader.skip_text();
        reader.skip_bytes();
        reader.skip_bytes();
    }
    return finished(reader, std::move(made));
}

std::string fetch_offsets(std::string_view group, const PartitionsByTopic& partitions) {
    Writer made;
    made.text(group);
    if (partitions.empty()) return made.number(std::int32_t{-1}).take();
    made.count(partitions.size());
    for (const auto& [topic, ids] : partitions) {
        made.text(topic).count(ids.size());
        for (const std::int32_t id : ids) made.number(id);
    }
    return made.take();
}

std::optional<Offsets> read_offsets(std::string_view body) {
    Reader reader(body);
    Offsets made;
    made.topics.resize(reader.count(6));
    for (auto& [topic, offsets] : made.topics) {
        reader.text(topic);
        offsets.resize(reader.count(16));
        for (Offset& offset : offsets) {
            reader.number(offset.partition);
            reader.number(offset.at);
            reader.skip_text();
            reader.number(offset.error);
        }
    }
    reader.number(made.error);
    return finished(reader, std::move(made));
}

std::string list_offsets(std::int16_t version, const PartitionsByTopic& partitions) {
    Writer made;
    made.number(std::int32_t{-1});                  // no broker, a client asks
    if (version >= 2) made.number(std::int8_t{1});  // of transactions what is committed
    made.count(partitions.size());
    for (const auto& [topic, ids] : partitions) {
        made.text(topic).count(ids.size());
        for (const std::int32_t id : ids) made.number(id).number(std::int64_t{-1});  // the end
    }
    return made.take();
}

std::optional<OffsetsByTopic> read_list_offsets(std::int16_t version, std::string_view body) {
    Reader reader(body);
    OffsetsByTopic made;
    if (version >= 2) reader.skip(4);
    made.resize(reader.count(6));
    for (auto& [topic, offsets] : made) {
        reader.text(topic);
        offsets.resize(reader.count(22));
        for (Offset& offset : offsets) {
            reader.number(offset.partition);
            reader.number(offset.error);
            reader.skip(8);  // a time
            reader.number(offset.at);
        }
    }
    return finished(reader, std::move(made));
}

}  // namespace vitals::wire::kafka
