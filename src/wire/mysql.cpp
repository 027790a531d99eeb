#include "wire/mysql.hpp"

#include <utility>

#include "wire/little_endian.hpp"

namespace vitals::wire::mysql {

namespace {

constexpr std::size_t header_size = 4;
constexpr std::uint8_t utf8mb4 = 45;
constexpr std::uint32_t largest_packet = 16 * 1024 * 1024;
constexpr std::string_view mariadb_prefix = "5.5.5-";

// Reads from the front of a payload; a missing value makes it bad.
class Reader : public LittleEndianReader {
  public:
    using LittleEndianReader::LittleEndianReader;

    std::string_view rest() const { return rest_; }
    std::string_view until_nul() {
        const auto end = rest_.find('\0');
        if (end == std::string_view::npos) {
            good_ = false;
            return {};
        }
        const auto taken = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return taken;
    }
    // Nothing for NULL.
    std::optional<std::uint64_t> length() {
        const std::uint64_t first = number(1);
        switch (first) {
            case 0xfb:
                return std::nullopt;
            case 0xfc:
                return number(2);
            case 0xfd:
                return number(3);
            case 0xfe:
                return number(8);
            case 0xff:
                good_ = false;
                return 0;
            default:
                return first;
        }
    }
    std::string_view text() {
        const auto size = length();
        if (!size) good_ = false;
        return bytes(size.value_or(0));
    }
};

std::string little(std::uint64_t value, std::size_t count) {
    std::string made;
    for (std::size_t i = 0; i < count; ++i) made += static_cast<char>(value >> (8 * i) & 0xff);
    return made;
}

std::string with_nul(std::string_view text) {
    return std::string(text) + '\0';
}

bool is_end(std::string_view payload) {
    return payload.starts_with('\xfe') && payload.size() < 9;
}

}  // namespace

std::expected<std::optional<Packet>, std::string> take_packet(std::string& buffer) {
    if (buffer.size() < header_size) return std::nullopt;
    Reader reader(buffer);
    const std::uint64_t size = reader.number(3);
    const auto sequence = static_cast<std::uint8_t>(reader.number(1));
    if (size == 0) return std::unexpected("an empty packet");
    if (size > longest_packet) return std::unexpected("not MySQL, or a packet that is too long");
    if (buffer.size() < header_size + size) return std::nullopt;
    Packet taken{sequence, std::string(reader.bytes(size))};
    buffer.erase(0, header_size + taken.payload.size());
    return taken;
}

std::string packet(std::uint8_t sequence, std::string_view payload) {
    std::string made = little(payload.size(), 3);
    made += static_cast<char>(sequence);
    return made.append(payload);
}

std::expected<Greeting, std::string> read_greeting(std::string_view payload) {
    constexpr auto wrong = "not a MySQL greeting";
    Reader reader(payload);
    if (reader.number(1) != 10) return std::unexpected(wrong);
    Greeting greeting;
    std::string_view version = reader.until_nul();
    if (version.starts_with(mariadb_prefix)) version.remove_prefix(mariadb_prefix.size());
    greeting.version = version;
    reader.number(4);  // the connection's number
    greeting.salt = reader.bytes(8);
    reader.number(1);
    greeting.capabilities = static_cast<std::uint32_t>(reader.number(2));
    reader.number(3);  // character set, status
    greeting.capabilities |= static_cast<std::uint32_t>(reader.number(2)) << 16;
    reader.number(1 + 10);  // the salt's size, reserved
    greeting.salt += reader.bytes(salt_size - greeting.salt.size());
    constexpr std::uint32_t needed = protocol_41 | secure_connection;
    if (!reader.good() || (greeting.capabilities & needed) != needed) return std::unexpected(wrong);
    if ((greeting.capabilities & plugin_auth) != 0) {
        reader.number(1);
        const std::string_view rest = reader.rest();  // some leave its NUL away
        greeting.plugin = rest.substr(0, rest.find('\0'));
    }
    return greeting;
}

std::optional<Error> read_error(std::string_view payload) {
    if (!payload.starts_with('\xff')) return std::nullopt;
    Reader reader(payload.substr(1));
    Error error;
    error.code = static_cast<int>(reader.number(2));
    if (reader.rest().starts_with('#')) {
        reader.number(1);
        error.state = reader.bytes(5);
    }
    error.text = reader.rest();
    return error;
}

std::optional<AuthSwitch> read_auth_switch(std::string_view payload) {
    if (!payload.starts_with('\xfe')) return std::nullopt;
    AuthSwitch asked;
    if (payload.size() == 1) return asked;
    Reader reader(payload.substr(1));
    asked.plugin = reader.until_nul();
    asked.data = reader.rest();
    return asked;
}

std::string tls_request(std::uint32_t capabilities) {
    return little(capabilities, 4) + little(largest_packet, 4) + little(utf8mb4, 1) +
           std::string(23, '\0');
}

std::string log_in(const Login& login) {
    std::string made = tls_request(login.capabilities);
    made += with_nul(login.user);
    made += little(login.proof.size(), 1) + login.proof;
    if ((login.capabilities & connect_with_database) != 0) made += with_nul(login.database);
    if ((login.capabilities & plugin_auth) != 0) made += with_nul(login.plugin);
    return made;
}

std::string query(std::string_view sql) {
    return '\x03' + std::string(sql);
}

std::expected<bool, std::string> Result::take(std::string_view payload) {
    size_ += payload.size();
    if (size_ > longest_answer) return std::unexpected("an answer that is too long");
    if (auto error = read_error(payload)) {
        error_ = std::move(error);
        part_ = Part::over;
        return true;
    }
    switch (part_) {
        case Part::first:
            return begin(payload);
        case Part::columns: {
            Reader reader(payload);
            for (int skipped = 0; skipped < 4; ++skipped) reader.text();  // catalog to table
            columns_.emplace_back(reader.text());
            if (!reader.good()) return std::unexpected("not a description of a column");
            if (columns_.size() == count_) part_ = Part::columns_end;
            return false;
        }
        case Part::columns_end:
            if (!is_end(payload)) return std::unexpected("columns that do not end");
            part_ = Part::rows;
            return false;
        case Part::rows:
            return row(payload);
        case Part::over:
            break;
    }
    return std::unexpected("more than one answer");
}

std::expected<bool, std::string> Result::begin(std::string_view payload) {
    if (is_ok(payload)) {
        part_ = Part::over;
        return true;
    }
    Reader reader(payload);
    const auto count = reader.length();
    if (!count) return std::unexpected("asks for a file of this machine");
    if (!reader.good() || *count == 0 || *count > most_columns || !reader.rest().empty())
        return std::unexpected("not an answer to a statement");
    count_ = *count;
    part_ = Part::columns;
    return false;
}

std::expected<bool, std::string> Result::row(std::string_view payload) {
    if (is_end(payload)) {
        part_ = Part::over;
        return true;
    }
    Reader reader(payload);
    Row& made = rows_.emplace_back();
    for (std::uint64_t i = 0; i < count_; ++i) {
        const auto size = reader.length();
        if (size)
            made.emplace_back(reader.bytes(*size));
        else
            made.emplace_back();
    }
    if (!reader.good() || !reader.rest().empty()) return std::unexpected("not a row");
    return false;
}

}  // namespace vitals::wire::mysql
