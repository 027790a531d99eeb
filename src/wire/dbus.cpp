#include "wire/dbus.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <limits>

#include "text/quote.hpp"

namespace vitals::wire::dbus {

namespace {

constexpr std::size_t fixed_header = 16;  // up to the length of the header's fields
constexpr std::uint8_t no_auto_start = 0x2;
constexpr std::uint8_t protocol_version = 1;

enum Header : std::uint64_t {
    field_path = 1,
    field_interface = 2,
    field_member = 3,
    field_error = 4,
    field_reply = 5,
    field_destination = 6,
    field_signature = 8,
};

std::size_t padded(std::size_t position, std::size_t alignment) {
    return (position + alignment - 1) / alignment * alignment;
}

std::size_t alignment_of(char type) {
    switch (type) {
        case 'n':
        case 'q':
            return 2;
        case 'b':
        case 'i':
        case 'u':
        case 'h':
        case 's':
        case 'o':
        case 'a':
            return 4;
        case 'x':
        case 't':
        case 'd':
        case '(':
        case '{':
            return 8;
        default:  // y, g, v
            return 1;
    }
}

// One complete type at the front of a signature; empty when there is none.
std::string_view first_type(std::string_view signature, int depth = 0) {
    if (signature.empty() || depth > deepest) return {};
    const char first = signature.front();
    if (std::string_view("ybnqiuxtdhsogv").contains(first)) return signature.substr(0, 1);
    if (first == 'a') {
        const std::string_view inner = first_type(signature.substr(1), depth + 1);
        return inner.empty() ? inner : signature.substr(0, 1 + inner.size());
    }
    const char last = first == '(' ? ')' : first == '{' ? '}' : '\0';
    if (last == '\0') return {};
    std::size_t at = 1;
    while (at < signature.size() && signature[at] != last) {
        const std::string_view inner = first_type(signature.substr(at), depth + 1);
        if (inner.empty()) return {};
        at += inner.size();
    }
    return at == 1 || at >= signature.size() ? std::string_view() : signature.substr(0, at + 1);
}

// Reads values from the front of bytes. A failure is a sentence, and ends the reading.
class Reader {
  public:
    Reader(std::string_view bytes, bool big_endian, std::size_t position = 0)
        : bytes_(bytes), position_(position), big_(big_endian) {}

    const std::string& problem() const { return problem_; }
    std::size_t position() const { return position_; }

    Value value(std::string_view type, int depth = 0) {
        if (depth > deepest) return fail("is nested too deeply");
        if (++count_ > most_values) return fail("holds too many values");
        align(alignment_of(type.front()));
        switch (type.front()) {
            case 'y':
                return Value(number<std::uint8_t>());
            case 'b':
                return Value(number<std::uint32_t>() != 0);
            case 'n':
                return Value(std::int64_t{static_cast<std::int16_t>(number<std::uint16_t>())});
            case 'q':
                return Value(number<std::uint16_t>());
            case 'i':
                return Value(std::int64_t{static_cast<std::int32_t>(number<std::uint32_t>())});
            case 'u':
            case 'h':
                return Value(number<std::uint32_t>());
            case 'x':
                return Value(static_cast<std::int64_t>(number<std::uint64_t>()));
            case 't':
                return Value(number<std::uint64_t>());
            case 'd':
                return Value(std::bit_cast<double>(number<std::uint64_t>()));
            case 's':
            case 'o':
                return Value(terminated(number<std::uint32_t>()));
            case 'g':
                return Value(terminated(number<std::uint8_t>()));
            case 'v':
                return variant(depth);
            case 'a':
                return array(type.substr(1), depth);
            default:
                return members(type.substr(1, type.size() - 2), depth);
        }
    }

    // All values of a signature.
    std::vector<Value> values(std::string_view signature) {
        std::vector<Value> found;
        while (!signature.empty() && problem_.empty()) {
            const std::string_view type = first_type(signature);
            if (type.empty()) {
                fail("has a signature that is none");
                break;
            }
            found.push_back(value(type));
            signature.remove_prefix(type.size());
        }
        return found;
    }

    void align(std::size_t alignment) {
        const std::size_t to = padded(position_, alignment);
        if (to > bytes_.size())
            fail("ends too early");
        else
            position_ = to;
    }

  private:
    Value fail(const char* problem) {
        if (problem_.empty()) problem_ = problem;
        return {};
    }

    std::string_view take(std::size_t count) {
        if (!problem_.empty() || count > bytes_.size() - position_) {
            fail("ends too early");
            return {};
        }
        const std::string_view taken = bytes_.substr(position_, count);
        position_ += count;
        return taken;
    }

    template <class Number>
    std::uint64_t number() {
        const std::string_view taken = take(sizeof(Number));
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < taken.size(); ++i) {
            const std::size_t at = big_ ? i : taken.size() - 1 - i;
            value = value << 8 | static_cast<std::uint8_t>(taken[at]);
        }
        return value;
    }

    std::string terminated(std::uint64_t length) {
        if (length > longest_message) {
            fail("is too long");
            return {};
        }
        const std::string text(take(static_cast<std::size_t>(length)));
        const std::string_view end = take(1);
        if (problem_.empty() && end.front() != '\0') fail("holds a text without an end");
        return text;
    }

    Value variant(int depth) {
        const std::string signature = terminated(number<std::uint8_t>());
        if (!problem_.empty()) return {};
        const std::string_view type = first_type(signature);
        if (type.empty() || type.size() != signature.size())
            return fail("has a signature that is none");
        return value(type, depth + 1);
    }

    Value array(std::string_view element, int depth) {
        const std::uint64_t length = number<std::uint32_t>();
        align(alignment_of(element.front()));
        if (!problem_.empty()) return {};
        if (length > bytes_.size() - position_) return fail("ends too early");
        if (element == "y") return Value(std::string(take(static_cast<std::size_t>(length))));
        const std::size_t end = position_ + static_cast<std::size_t>(length);
        std::vector<Value> found;
        while (position_ < end && problem_.empty()) found.push_back(value(element, depth + 1));
        if (problem_.empty() && position_ != end) return fail("holds an array that ends elsewhere");
        return Value(std::move(found));
    }

    Value members(std::string_view types, int depth) {
        std::vector<Value> found;
        while (!types.empty() && problem_.empty()) {
            const std::string_view type = first_type(types);
            if (type.empty()) return fail("has a signature that is none");
            found.push_back(value(type, depth + 1));
            types.remove_prefix(type.size());
        }
        return Value(std::move(found));
    }

    std::string_view bytes_;
    std::size_t position_;
    bool big_;
    std::size_t count_ = 0;
    std::string problem_;
};

class Writer {
  public:
    void byte(std::uint8_t value) { bytes_ += static_cast<char>(value); }
    void number(std::uint32_t value) {
        align(4);
        for (int shift = 0; shift < 32; shift += 8) byte(static_cast<std::uint8_t>(value >> shift));
    }
    void text(std::string_view value) {
        number(static_cast<std::uint32_t>(value.size()));
        bytes_ += value;
        byte(0);
    }
    void signature(std::string_view value) {
        byte(static_cast<std::uint8_t>(value.size()));
        bytes_ += value;
        byte(0);
    }
    void align(std::size_t alignment) { bytes_.resize(padded(bytes_.size(), alignment)); }
    void header(Header field, std::string_view type, std::string_view value) {
        align(8);
        byte(static_cast<std::uint8_t>(field));
        signature(type);
        if (type == "g")
            signature(value);
        else
            text(value);
    }
    // Begins a value that is preceded by its length; the length is filled in later.
    std::size_t begin_length() {
        number(0);
        return bytes_.size();
    }
    void end_length(std::size_t begin) {
        const std::size_t length = bytes_.size() - begin;
        for (std::size_t i = 0; i < 4; ++i)
            bytes_[begin - 4 + i] = static_cast<char>(length >> (8 * i));
    }
    std::string take() { return std::move(bytes_); }
    std::size_t size() const { return bytes_.size(); }

  private:
    std::string bytes_;
};

std::string signature_of(const Call& call) {
    return std::string(call.texts.size(), 's') + (call.list ? "as" : "");
}

std::string body_of(const Call& call) {
    Writer body;
    for (const std::string& text : call.texts) body.text(text);
    if (call.list) {
        const std::size_t begin = body.begin_length();
        for (const std::string& text : *call.list) body.text(text);
        body.end_length(begin);
    }
    return body.take();
}

std::uint32_t number_at(std::string_view bytes, std::size_t at, bool big) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
        value = value << 8 | static_cast<std::uint8_t>(bytes[at + (big ? i : 3 - i)]);
    return value;
}

std::expected<Message, std::string> parsed(std::string_view bytes, bool big,
                                           std::size_t body_begin) {
    Message message;
    const auto type = static_cast<std::uint8_t>(bytes[1]);
    if (type < 1 || type > 4) return std::unexpected("has an unknown type");
    message.type = static_cast<Message::Type>(type);
    message.serial = number_at(bytes, 8, big);
    Reader header(bytes.substr(0, body_begin), big, fixed_header - 4);
    const Value fields = header.value("a(yv)");
    if (!header.problem().empty()) return std::unexpected(header.problem());
    std::string signature;
    for (const Value& field : *fields.list()) {
        const std::vector<Value>& pair = *field.list();
        const std::string* const text = pair[1].text();
        const std::uint64_t which = pair[0].number().value_or(0);
        if (which == field_reply)
            message.reply_to = static_cast<std::uint32_t>(pair[1].number().value_or(0));
        if (which == field_error && text != nullptr) message.error = *text;
        if (which == field_signature && text != nullptr) signature = *text;
    }
    // Alignment within the body counts from its own begin, which is a multiple of eight.
    Reader body(bytes.substr(body_begin), big);
    message.body = body.values(signature);
    if (!body.problem().empty()) return std::unexpected(body.problem());
    return message;
}

}  // namespace

std::optional<std::uint64_t> Value::number() const {
    if (const auto* natural = std::get_if<std::uint64_t>(this)) return *natural;
    const auto* whole = std::get_if<std::int64_t>(this);
    if (whole != nullptr && *whole >= 0) return static_cast<std::uint64_t>(*whole);
    return std::nullopt;
}

const Value* Value::at(std::string_view name) const {
    const auto* const entries = list();
    if (entries == nullptr) return nullptr;
    for (const Value& entry : *entries) {
        const auto* const pair = entry.list();
        if (pair == nullptr || pair->size() != 2) continue;
        const std::string* const key = pair->front().text();
        if (key != nullptr && *key == name) return &pair->back();
    }
    return nullptr;
}

std::expected<std::optional<Message>, std::string> take_message(std::string& buffer) {
    if (buffer.empty()) return std::nullopt;
    if (buffer[0] != 'l' && buffer[0] != 'B') return std::unexpected("is no message of D-Bus");
    if (buffer.size() < fixed_header) return std::nullopt;
    const bool big = buffer[0] == 'B';
    if (static_cast<std::uint8_t>(buffer[3]) != protocol_version)
        return std::unexpected("is of another version of D-Bus");
    const std::size_t body_length = number_at(buffer, 4, big);
    const std::size_t fields_length = number_at(buffer, fixed_header - 4, big);
    if (body_length > longest_message || fields_length > longest_message)
        return std::unexpected("is too long");
    const std::size_t body_begin = padded(fixed_header + fields_length, 8);
    const std::size_t whole = body_begin + body_length;
    if (whole > longest_message) return std::unexpected("is too long");
    if (buffer.size() < whole) return std::nullopt;
    auto message = parsed(std::string_view(buffer).substr(0, whole), big, body_begin);
    if (!message) return std::unexpected(message.error());
    buffer.erase(0, whole);
    return *std::move(message);
}

std::string call_message(const Call& call, std::uint32_t serial) {
    const std::string body = body_of(call);
    Writer message;
    message.byte('l');
    message.byte(static_cast<std::uint8_t>(Message::Type::call));
    message.byte(no_auto_start);
    message.byte(protocol_version);
    message.number(static_cast<std::uint32_t>(body.size()));
    message.number(serial);
    const std::size_t begin = message.begin_length();
    message.header(field_path, "o", call.path);
    message.header(field_interface, "s", call.interface);
    message.header(field_member, "s", call.member);
    if (!call.destination.empty()) message.header(field_destination, "s", call.destination);
    if (!body.empty()) message.header(field_signature, "g", signature_of(call));
    message.end_length(begin);
    message.align(8);
    return message.take() + body;
}

Client::Client(std::uint32_t user) {
    output_ = std::string(1, '\0') + "AUTH EXTERNAL ";
    for (const char digit : std::to_string(user)) output_ += fmt::format("{:02x}", digit);
    // All at once: systemd's own socket ignores a call that arrives together with BEGIN until
    // something else arrives.
    output_ += "\r\nBEGIN\r\n";
}

std::uint32_t Client::call(const Call& call) {
    output_ += call_message(call, ++serial_);
    return serial_;
}

std::expected<std::optional<Client::Event>, CheckError> Client::log_in() {
    const std::size_t end = input_.find("\r\n");
    if (end == std::string::npos) {
        if (input_.size() <= longest_line &&
            std::string_view("ORED").contains(input_.empty() ? 'O' : input_[0]))
            return std::nullopt;
        return std::unexpected(CheckError(ErrorClass::protocol, "not an answer of D-Bus",
                                          "got " + text::quoted(input_)));
    }
    const std::string line = input_.substr(0, end);
    input_.erase(0, end + 2);
    if (line.starts_with("REJECTED"))
        return std::unexpected(CheckError(ErrorClass::auth, "not permitted to use the bus",
                                          "got " + text::quoted(line)));
    if (!line.starts_with("OK "))
        return std::unexpected(CheckError(ErrorClass::protocol, "not an answer of D-Bus",
                                          "got " + text::quoted(line)));
    logged_in_ = true;
    return Event{.logged_in = true};
}

std::expected<std::optional<Client::Event>, CheckError> Client::next() {
    if (!logged_in_) return log_in();
    auto message = take_message(input_);
    if (!message)
        return std::unexpected(CheckError(ErrorClass::protocol, "message " + message.error(),
                                          "got " + text::quoted(input_)));
    if (!*message) return std::nullopt;
    return Event{.message = **std::move(message)};
}

CheckError Client::ended() const {
    return {ErrorClass::protocol,
            input_.empty() ? "closed without an answer" : "closed without a complete answer",
            "got " + text::quoted(input_)};
}

std::string path_element(std::string_view name) {
    std::string element;
    for (const char byte : name) {
        const bool digit = byte >= '0' && byte <= '9';
        const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        if (letter || (digit && !element.empty()))
            element += byte;
        else
            element += fmt::format("_{:02x}", static_cast<std::uint8_t>(byte));
    }
    return element.empty() ? "_" : element;
}

}  // namespace vitals::wire::dbus
