#include "amqp.hpp"

#include <algorithm>
#include <bit>

namespace vitals::wire::amqp {

namespace {

constexpr std::size_t frame_head = 7;  // type, channel, size
constexpr char frame_end = '\xce';
constexpr std::uint16_t basic_class = 60;

// Bits of a content header's property flags, section 4.2.6.1.
constexpr std::uint16_t has_content_type = 1 << 15;
constexpr std::uint16_t has_content_encoding = 1 << 14;
constexpr std::uint16_t has_headers = 1 << 13;
constexpr std::uint16_t has_delivery_mode = 1 << 12;
constexpr std::uint16_t has_priority = 1 << 11;
constexpr std::uint16_t has_correlation_id = 1 << 10;
constexpr std::uint16_t has_reply_to = 1 << 9;
constexpr std::uint16_t more_flags = 1;

std::int64_t signed_of(std::uint64_t value, std::size_t width) {
    const int unused = static_cast<int>(64 - 8 * width);
    return static_cast<std::int64_t>(value << unused) >> unused;
}

}  // namespace

std::expected<std::optional<Frame>, std::string> take_frame(std::string& buffer) {
    using Nothing = std::optional<Frame>;
    if (buffer.empty()) return Nothing();
    const auto type = static_cast<std::uint8_t>(buffer[0]);
    // A broker that requires another version answers with its own header.
    if (buffer[0] == 'A') {
        constexpr std::string_view begin = "AMQP";
        if (!begin.starts_with(std::string_view(buffer).substr(0, begin.size())))
            return std::unexpected("is no AMQP");
        if (buffer.size() < protocol_header.size()) return Nothing();
        return std::unexpected("speaks another version of AMQP than 0-9-1");
    }
    if (type != method_frame && type != header_frame && type != body_frame &&
        type != heartbeat_frame) {
        return std::unexpected("is no AMQP");
    }
    if (buffer.size() < frame_head) return Nothing();
    Reader head(std::string_view(buffer).substr(1, frame_head - 1));
    Frame frame;
    frame.type = type;
    frame.channel = head.short_number();
    const std::size_t size = head.long_number();
    if (size > largest_frame) return std::unexpected("frame larger than 128 KiB");
    const std::size_t whole = frame_head + size + 1;
    if (buffer.size() < whole) return Nothing();
    if (buffer[whole - 1] != frame_end) return std::unexpected("frame without its end");
    frame.payload = buffer.substr(frame_head, size);
    buffer.erase(0, whole);
    return frame;
}

std::string write_frame(std::uint8_t type, std::uint16_t channel, std::string_view payload) {
    Writer head;
    head.octet(type).short_number(channel).long_number(static_cast<std::uint32_t>(payload.size()));
    std::string frame = head.take();
    frame += payload;
    frame += frame_end;
    return frame;
}

const FieldValue* find(const Table& table, std::string_view name) noexcept {
    const auto found = std::find_if(table.begin(), table.end(),
                                    [&](const auto& entry) { return entry.first == name; });
    return found == table.end() ? nullptr : &found->second;
}

const std::string* find_text(const Table& table, std::string_view name) noexcept {
    const FieldValue* field = find(table, name);
    return field == nullptr ? nullptr : std::get_if<std::string>(&field->value);
}

const Table* find_table(const Table& table, std::string_view name) noexcept {
    const FieldValue* field = find(table, name);
    const auto* inner =
        field == nullptr ? nullptr : std::get_if<std::shared_ptr<const Table>>(&field->value);
    return inner == nullptr ? nullptr : inner->get();
}

bool find_true(const Table& table, std::string_view name) noexcept {
    const FieldValue* field = find(table, name);
    const bool* value = field == nullptr ? nullptr : std::get_if<bool>(&field->value);
    return value != nullptr && *value;
}

void Reader::fail() {
    good_ = false;
    bytes_ = {};
}

std::string_view Reader::take(std::size_t count) {
    if (count > bytes_.size()) {
        fail();
        return {};
    }
    const auto taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
}

std::uint64_t Reader::number(std::size_t width) {
    std::uint64_t value = 0;
    for (const char byte : take(width)) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
}

std::string Reader::short_text() {
    return std::string(take(octet()));
}

std::string Reader::long_text() {
    return std::string(take(long_number()));
}

Table Reader::table() {
    return entries(take(long_number()), 1);
}

// This reader, limited to the bytes of a table or array, so that nothing reads beyond them.
Table Reader::entries(std::string_view bytes, int depth) {
    Table table;
    const std::string_view rest = std::exchange(bytes_, bytes);
    while (good_ && !at_end()) {
        std::string name = short_text();
        FieldValue value = field(depth);
        if (good_) table.emplace_back(std::move(name), std::move(value));
    }
    if (good_) bytes_ = rest;
    return good_ ? std::move(table) : Table();
}

void Reader::skip_elements(std::string_view bytes, int depth) {
    const std::string_view rest = std::exchange(bytes_, bytes);
    while (good_ && !at_end()) (void)field(depth);
    if (good_) bytes_ = rest;
}

FieldValue Reader::field(int depth) {
    if (depth > deepest_table || ++fields_ > most_fields) {
        fail();
        return {};
    }
    const auto integer = [this](std::size_t width) {
        return FieldValue{signed_of(number(width), width)};
    };
    const auto natural = [this](std::size_t width) {
        return FieldValue{static_cast<std::int64_t>(number(width))};
    };
    switch (static_cast<char>(octet())) {
        case 't':
            return {octet() != 0};
        case 'b':
            return integer(1);
        case 'B':
            return natural(1);
        case 's':
        case 'U':
            return integer(2);
        case 'u':
            return natural(2);
        case 'I':
            return integer(4);
        case 'i':
            return natural(4);
        case 'l':
        case 'L':
        case 'T':
            return integer(8);
        case 'f':
            return {static_cast<double>(std::bit_cast<float>(long_number()))};
        case 'd':
            return {std::bit_cast<double>(longlong_number())};
        case 'D':
            take(5);
            return {};
        case 'S':
        case 'x':
            return {long_text()};
        case 'V':
            return {};
        case 'F': {
            const std::string_view bytes = take(long_number());
            return {std::make_shared<const Table>(entries(bytes, depth + 1))};
        }
        case 'A': {
            const std::string_view bytes = take(long_number());
            skip_elements(bytes, depth + 1);
            return {};
        }
        default:
            fail();
            return {};
    }
}

Writer& Writer::number(std::uint64_t value, std::size_t width) {
    for (std::size_t i = width; i-- > 0;) bytes_ += static_cast<char>(value >> (8 * i) & 0xff);
    return *this;
}

Writer& Writer::short_text(std::string_view text) {
    text = text.substr(0, 255);
    octet(static_cast<std::uint8_t>(text.size()));
    bytes_ += text;
    return *this;
}

Writer& Writer::long_text(std::string_view text) {
    long_number(static_cast<std::uint32_t>(text.size()));
    bytes_ += text;
    return *this;
}

Writer& Writer::table(const Table& table) {
    Writer inner;
    for (const auto& [name, value] : table) inner.short_text(name).field(value);
    return long_text(inner.bytes_);
}

Writer& Writer::field(const FieldValue& field) {
    if (const auto* truth = std::get_if<bool>(&field.value)) {
        return octet('t').octet(*truth ? 1 : 0);
    }
    if (const auto* integer = std::get_if<std::int64_t>(&field.value)) {
        return octet('l').longlong_number(static_cast<std::uint64_t>(*integer));
    }
    if (const auto* real = std::get_if<double>(&field.value)) {
        return octet('d').longlong_number(std::bit_cast<std::uint64_t>(*real));
    }
    if (const auto* text = std::get_if<std::string>(&field.value)) {
        return octet('S').long_text(*text);
    }
    if (const auto* inner = std::get_if<std::shared_ptr<const Table>>(&field.value)) {
        return octet('F').table(**inner);
    }
    return octet('V');
}

std::string write_content_header(const ContentHeader& header) {
    const Properties& said = header.properties;
    unsigned flags = 0;
    if (!said.content_type.empty()) flags |= has_content_type;
    if (!said.content_encoding.empty()) flags |= has_content_encoding;
    if (!said.headers.empty()) flags |= has_headers;
    if (said.delivery_mode != 0) flags |= has_delivery_mode;
    if (!said.correlation_id.empty()) flags |= has_correlation_id;
    if (!said.reply_to.empty()) flags |= has_reply_to;
    Writer writer;
    writer.short_number(basic_class).short_number(0).longlong_number(header.body_size);
    writer.short_number(static_cast<std::uint16_t>(flags));
    if ((flags & has_content_type) != 0) writer.short_text(said.content_type);
    if ((flags & has_content_encoding) != 0) writer.short_text(said.content_encoding);
    if ((flags & has_headers) != 0) writer.table(said.headers);
    if ((flags & has_delivery_mode) != 0) writer.octet(said.delivery_mode);
    if ((flags & has_correlation_id) != 0) writer.short_text(said.correlation_id);
    if ((flags & has_reply_to) != 0) writer.short_text(said.reply_to);
    return writer.take();
}

std::optional<ContentHeader> read_content_header(std::string_view payload) {
    Reader reader(payload);
    ContentHeader header;
    Properties& read = header.properties;
    if (reader.short_number() != basic_class) return std::nullopt;
    (void)reader.short_number();  // weight, always 0
    header.body_size = reader.longlong_number();
    const unsigned flags = reader.short_number();
    if ((flags & more_flags) != 0) return std::nullopt;  // class basic has no more than 14
    if ((flags & has_content_type) != 0) read.content_type = reader.short_text();
    if ((flags & has_content_encoding) != 0) read.content_encoding = reader.short_text();
    if ((flags & has_headers) != 0) read.headers = reader.table();
    if ((flags & has_delivery_mode) != 0) read.delivery_mode = reader.octet();
    if ((flags & has_priority) != 0) (void)reader.octet();
    if ((flags & has_correlation_id) != 0) read.correlation_id = reader.short_text();
    if ((flags & has_reply_to) != 0) read.reply_to = reader.short_text();
    // expiration, message-id, timestamp and so on follow; they are not needed.
    if (!reader.good()) return std::nullopt;
    return header;
}

}  // namespace vitals::wire::amqp
