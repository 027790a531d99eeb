// The client/server protocol of MySQL and MariaDB: packets, greeting, errors and text results, and
// the packets of a client. https://mariadb.com/kb/en/clientserver-protocol/ and
// https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vitals::wire::mysql {

// The limits of a health check: bytes of one packet, and of the whole answer to one statement.
inline constexpr std::size_t longest_packet = 64 * 1024;
inline constexpr std::size_t longest_answer = 1024 * 1024;
inline constexpr std::size_t most_columns = 1024;
inline constexpr std::size_t salt_size = 20;

struct Packet {
    std::uint8_t sequence = 0;
    std::string payload;  // not empty
};

// Takes the first packet from `buffer`, which holds the received bytes. Nothing while the packet is
// incomplete. An error as soon as it can no longer become a packet, or is too long.
std::expected<std::optional<Packet>, std::string> take_packet(std::string& buffer);
// In the form of the wire; the payload is shorter than longest_packet.
std::string packet(std::uint8_t sequence, std::string_view payload);

// The capabilities that both sides announce.
enum Capability : std::uint32_t {
    long_password = 0x1,
    connect_with_database = 0x8,
    protocol_41 = 0x200,
    tls = 0x800,
    transactions = 0x2000,
    secure_connection = 0x8000,
    plugin_auth = 0x80000,
};

struct Greeting {
    std::string version;  // without the `5.5.5-` that MariaDB puts before its own
    std::uint32_t capabilities = 0;
    std::string salt;    // salt_size bytes
    std::string plugin;  // the server's preferred plugin for passwords; may be empty
    bool is_mariadb() const { return version.contains("MariaDB"); }
};
// From the first packet's payload, which is not an error.
std::expected<Greeting, std::string> read_greeting(std::string_view payload);

struct Error {
    int code = 0;
    std::string state;  // five characters, or empty
    std::string text;
};
// Nothing when the payload is not an error packet; an empty text when it is cut short.
std::optional<Error> read_error(std::string_view payload);
inline bool is_ok(std::string_view payload) {
    return payload.starts_with('\0');
}

// The server requires another plugin for the password.
struct AuthSwitch {
    std::string plugin;  // empty: as before 4.1, which nobody should do
    std::string data;    // the salt, mostly with a NUL behind it
};
std::optional<AuthSwitch> read_auth_switch(std::string_view payload);

// The request for TLS, which precedes the log-in.
std::string tls_request(std::uint32_t capabilities);
struct Login {
    std::uint32_t capabilities = 0;
    std::string user;
    std::string proof;     // 255 bytes at most
    std::string database;  // empty: none
    std::string plugin;    // the plugin of the proof
};
std::string log_in(const Login& login);
std::string query(std::string_view sql);
inline constexpr std::string_view quit{"\x01", 1};
inline constexpr std::string_view reset_connection{"\x1f", 1};

// The answer to a statement in the text protocol, packet by packet. An error may come instead of
// rows, after the columns.
class Result {
  public:
    // Takes the next packet's payload: true when the answer is complete. Otherwise an error.
    std::expected<bool, std::string> take(std::string_view payload);

    using Row = std::vector<std::optional<std::string>>;
    const std::vector<std::string>& columns() const { return columns_; }
    const std::vector<Row>& rows() const { return rows_; }
    const std::optional<Error>& error() const { return error_; }

  private:
    enum class Part : std::uint8_t { first, columns, columns_end, rows, over };

    std::expected<bool, std::string> begin(std::string_view payload);
    std::expected<bool, std::string> row(std::string_view payload);

    Part part_ = Part::first;
    std::uint64_t count_ = 0;  // of columns
    std::size_t size_ = 0;
    std::vector<std::string> columns_;
    std::vector<Row> rows_;
    std::optional<Error> error_;
};

}  // namespace vitals::wire::mysql
