// AMQP 0-9-1 on the wire: frames, field tables and message properties. Pure; amqp_client.hpp has
// the conversation. Source: the AMQP 0-9-1 specification (section 4.2), with the types of field
// values as RabbitMQ reads and writes them (its errata to the specification, section 3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace vitals::wire::amqp {

// The first bytes of every client.
inline constexpr std::string_view protocol_header{"AMQP\x00\x00\x09\x01", 8};

inline constexpr std::uint8_t method_frame = 1;
inline constexpr std::uint8_t header_frame = 2;
inline constexpr std::uint8_t body_frame = 3;
inline constexpr std::uint8_t heartbeat_frame = 8;

// The greatest payload of a frame in bytes, as RabbitMQ proposes it.
inline constexpr std::size_t largest_frame = 128 * 1024;
// How deep tables and arrays may hold each other, and how many values one outermost table may hold.
inline constexpr int deepest_table = 8;
inline constexpr std::size_t most_fields = 1024;

struct Frame {
    std::uint8_t type = 0;
    std::uint16_t channel = 0;
    std::string payload;
};

// Takes the first frame from `buffer`, which holds the received bytes. Nothing while the frame is
// incomplete. An error as soon as it can no longer become a frame, or is too long.
std::expected<std::optional<Frame>, std::string> take_frame(std::string& buffer);

std::string write_frame(std::uint8_t type, std::uint16_t channel, std::string_view payload);

struct FieldValue;
using Table = std::vector<std::pair<std::string, FieldValue>>;
// Integers of any width and times are int64_t; null and unsupported types (decimals, arrays) are
// monostate. Tables within tables never change.
struct FieldValue {
    std::variant<std::monostate, bool, std::int64_t, double, std::string,
                 std::shared_ptr<const Table>>
        value;
};

// The value of that name, or null; of the wanted type, or null.
const FieldValue* find(const Table& table, std::string_view name) noexcept;
const std::string* find_text(const Table& table, std::string_view name) noexcept;
const Table* find_table(const Table& table, std::string_view name) noexcept;
bool find_true(const Table& table, std::string_view name) noexcept;

// Reads a payload. Once something is missing or wrong, all further values are empty and good() is
// false.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}

    std::uint8_t octet() { return static_cast<std::uint8_t>(number(1)); }
    std::uint16_t short_number() { return static_cast<std::uint16_t>(number(2)); }
    std::uint32_t long_number() { return static_cast<std::uint32_t>(number(4)); }
    std::uint64_t longlong_number() { return number(8); }
    std::string short_text();
    std::string long_text();
    Table table();

    bool good() const { return good_; }
    bool at_end() const { return bytes_.empty(); }

  private:
    std::uint64_t number(std::size_t width);
    std::string_view take(std::size_t count);
    Table entries(std::string_view bytes, int depth);
    void skip_elements(std::string_view bytes, int depth);
    FieldValue field(int depth);
    void fail();

    std::string_view bytes_;
    std::size_t fields_ = 0;
    bool good_ = true;
};

class Writer {
  public:
    Writer& octet(std::uint8_t value) { return number(value, 1); }
    Writer& short_number(std::uint16_t value) { return number(value, 2); }
    Writer& long_number(std::uint32_t value) { return number(value, 4); }
    Writer& longlong_number(std::uint64_t value) { return number(value, 8); }
    Writer& short_text(std::string_view text);  // cut at 255 bytes: verify before
    Writer& long_text(std::string_view text);
    Writer& table(const Table& table);

    std::string take() { return std::move(bytes_); }

  private:
    Writer& number(std::uint64_t value, std::size_t width);
    Writer& field(const FieldValue& field);

    std::string bytes_;
};

// The properties of a message that vitals reads or writes; others are skipped.
struct Properties {
    std::string content_type;
    std::string content_encoding;
    Table headers;
    std::uint8_t delivery_mode = 0;  // 0: none
    std::string reply_to;
    std::string correlation_id;
};

// A content header's payload: class 60 (basic), the body's size, properties.
struct ContentHeader {
    std::uint64_t body_size = 0;
    Properties properties;
};
std::string write_content_header(const ContentHeader& header);
std::optional<ContentHeader> read_content_header(std::string_view payload);

}  // namespace vitals::wire::amqp
