#include "wire/mqtt.hpp"

#include <utility>

namespace vitals::wire::mqtt {

namespace {

// Reads from the front of a packet's body; a missing value makes it bad.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    bool good() const { return good_; }
    std::string_view rest() const { return rest_; }
    std::string_view bytes(std::size_t count) {
        if (count > rest_.size()) {
            good_ = false;
            count = rest_.size();
        }
        const auto taken = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return taken;
    }
    std::uint16_t number(std::size_t count) {
        unsigned value = 0;
        for (const char c : bytes(count)) value = value << 8 | static_cast<unsigned char>(c);
        return static_cast<std::uint16_t>(value);
    }
    std::string_view text() { return bytes(number(2)); }
    void skip_properties() {
        std::size_t size = 0;
        for (unsigned shift = 0; shift < 28; shift += 7) {
            const unsigned byte = number(1);
            size |= static_cast<std::size_t>(byte & 0x7f) << shift;
            if ((byte & 0x80) == 0) {
                bytes(size);
                return;
            }
        }
        good_ = false;
    }

  private:
    std::string_view rest_;
    bool good_ = true;
};

std::string big(std::uint16_t value) {
    return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

std::string text(std::string_view value) {
    return big(static_cast<std::uint16_t>(value.size())) + std::string(value);
}

std::string packet(Type type, std::uint8_t flags, const std::string& body) {
    std::string made(1, static_cast<char>(static_cast<unsigned>(type) << 4 | flags));
    std::size_t left = body.size();
    do {
        const auto part = static_cast<unsigned char>(left & 0x7f);
        left >>= 7;
        made += static_cast<char>(left > 0 ? part | 0x80 : part);
    } while (left > 0);
    return made + body;
}

const std::string no_properties(1, '\0');

std::string properties(Level level) {
    return level == Level::v5 ? no_properties : std::string();
}

}  // namespace

std::expected<std::optional<Packet>, std::string> take_packet(std::string& buffer) {
    if (buffer.empty()) return std::nullopt;
    const auto first = static_cast<unsigned char>(buffer[0]);
    if (first >> 4 == 0) return std::unexpected("not an MQTT packet");
    std::size_t size = 0;
    for (std::size_t at = 1; at <= 4; ++at) {
        if (at >= buffer.size()) return std::nullopt;
        const auto byte = static_cast<unsigned char>(buffer[at]);
        size |= static_cast<std::size_t>(byte & 0x7f) << (7 * (at - 1));
        if (size > longest_packet) return std::unexpected("not MQTT, or a packet that is too long");
        if ((byte & 0x80) != 0) continue;
        if (buffer.size() < at + 1 + size) return std::nullopt;
        Packet taken{static_cast<Type>(first >> 4), static_cast<std::uint8_t>(first & 0xf),
                     buffer.substr(at + 1, size)};
        buffer.erase(0, at + 1 + size);
        return taken;
    }
    return std::unexpected("not MQTT, or a packet that is too long");
}

std::optional<Answer> read_connack(const Packet& packet) {
    Reader reader(packet.body);
    reader.number(1);  // whether a session was there
    Answer answer;
    answer.code = static_cast<std::uint8_t>(reader.number(1));
    return reader.good() ? std::optional(answer) : std::nullopt;
}

std::optional<Answer> read_puback(const Packet& packet) {
    Reader reader(packet.body);
    Answer answer;
    answer.id = reader.number(2);
    if (!reader.good()) return std::nullopt;
    if (!reader.rest().empty()) answer.code = static_cast<std::uint8_t>(reader.number(1));
    return answer;
}

std::optional<Answer> read_suback(const Packet& packet, Level level) {
    Reader reader(packet.body);
    Answer answer;
    answer.id = reader.number(2);
    if (level == Level::v5) reader.skip_properties();
    answer.code = static_cast<std::uint8_t>(reader.number(1));
    return reader.good() ? std::optional(answer) : std::nullopt;
}

std::optional<Answer> read_disconnect(const Packet& packet) {
    Reader reader(packet.body);
    Answer answer;
    answer.code = static_cast<std::uint8_t>(reader.number(1));
    return reader.good() ? std::optional(answer) : std::nullopt;
}

std::optional<Message> read_publish(const Packet& packet, Level level) {
    Reader reader(packet.body);
    Message message;
    message.quality = static_cast<std::uint8_t>(packet.flags >> 1 & 3);
    message.retained = (packet.flags & 1) != 0;
    message.topic = reader.text();
    if (message.quality > 0) message.id = reader.number(2);
    if (level == Level::v5) reader.skip_properties();
    message.payload = reader.rest();
    if (!reader.good() || message.quality > 2) return std::nullopt;
    return message;
}

std::string connect(const Login& login) {
    constexpr unsigned clean = 0x02, with_password = 0x40, with_user = 0x80;
    unsigned flags = clean;
    if (!login.user.empty()) flags |= with_user;
    if (!login.user.empty() && login.password) flags |= with_password;
    std::string body = text("MQTT");
    body += static_cast<char>(login.level);
    body += static_cast<char>(flags);
    body += big(login.keep_alive) + properties(login.level) + text(login.client);
    if ((flags & with_user) != 0) body += text(login.user);
    if ((flags & with_password) != 0) body += text(*login.password);
    return packet(Type::connect, 0, body);
}

std::string subscribe(std::uint16_t id, std::string_view topic, Level level) {
    return packet(Type::subscribe, 2, big(id) + properties(level) + text(topic) + '\x01');
}

std::string publish(std::uint16_t id, std::string_view topic, std::string_view payload,
                    Level level) {
    return packet(Type::publish, 2,
                  text(topic) + big(id) + properties(level) + std::string(payload));
}

std::string acknowledge(std::uint16_t id) {
    return packet(Type::puback, 0, big(id));
}

}  // namespace vitals::wire::mqtt
