#include "wire/ldap.hpp"

#include <algorithm>

namespace vitals::wire::ldap {

namespace {

constexpr unsigned char sequence = 0x30;
constexpr unsigned char integer = 0x02;
constexpr unsigned char set = 0x31;
constexpr unsigned char octets = 0x04;
constexpr unsigned char enumerated = 0x0a;
constexpr unsigned char boolean = 0x01;
constexpr unsigned char simple_password = 0x80;
constexpr unsigned char present = 0x87;
constexpr unsigned char extended_name = 0x80;
constexpr std::string_view start_tls_name = "1.3.6.1.4.1.1466.20037";

constexpr Operation known[] = {Operation::bound, Operation::entry, Operation::searched,
                               Operation::reference, Operation::extended_done};

// The length after a tag, and how many bytes it takes. Nothing while it is incomplete; a size of 0
// when it is not supported.
struct Length {
    std::size_t value = 0;
    std::size_t size = 0;
};
std::optional<Length> length_at(std::string_view bytes, std::size_t at) {
    if (at >= bytes.size()) return std::nullopt;
    const auto first = static_cast<unsigned char>(bytes[at]);
    if (first < 0x80) return Length{first, 1};
    const std::size_t count = first & 0x7f;
    if (count == 0 || count > 4) return Length{};
    if (at + count >= bytes.size()) return std::nullopt;
    Length length{0, 1 + count};
    for (std::size_t i = 1; i <= count; ++i)
        length.value = length.value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return length;
}

// Reads values from the front; a missing value makes it bad.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    bool good() const { return good_; }
    std::string_view rest() const { return rest_; }
    std::uint8_t tag() const {
        return rest_.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(rest_[0]);
    }
    // The content of the next value, which must have that tag.
    std::string_view value(unsigned char wanted) {
        const auto length = length_at(rest_, 1);
        if (tag() != wanted || !length || length->size == 0 ||
            length->value > rest_.size() - 1 - length->size) {
            good_ = false;
            return {};
        }
        const auto taken = rest_.substr(1 + length->size, length->value);
        rest_.remove_prefix(1 + length->size + length->value);
        return taken;
    }
    std::int32_t number(unsigned char wanted) {
        const std::string_view bytes = value(wanted);
        if (bytes.empty() || bytes.size() > 4) good_ = false;
        std::int64_t made = !bytes.empty() && (bytes[0] & 0x80) != 0 ? -1 : 0;
        for (const char c : bytes.substr(0, 4)) made = made * 256 + static_cast<unsigned char>(c);
        return static_cast<std::int32_t>(made);
    }

  private:
    std::string_view rest_;
    bool good_ = true;
};

std::string value(unsigned char tag, std::string_view content) {
    std::string made(1, static_cast<char>(tag));
    const std::size_t size = content.size();
    if (size < 0x80) {
        made += static_cast<char>(size);
    } else {
        made += '\x83';
        for (unsigned shift = 24; shift > 0; shift -= 8)
            made += static_cast<char>(size >> (shift - 8) & 0xff);
    }
    return made.append(content);
}

std::string number(unsigned char tag, std::int32_t content) {
    std::string bytes;
    const auto bits = static_cast<std::uint32_t>(content);
    for (unsigned shift = 32; shift > 0; shift -= 8) {
        const auto byte = static_cast<char>(bits >> (shift - 8) & 0xff);
        // A leading zero is left out, unless the next byte would look negative.
        if (bytes.empty() && shift > 8 && byte == 0 && (bits >> (shift - 9) & 1) == 0) continue;
        bytes += byte;
    }
    return value(tag, bytes);
}

std::string message(std::int32_t id, Operation operation, std::string_view body) {
    return value(sequence,
                 number(integer, id) + value(static_cast<unsigned char>(operation), body));
}

}  // namespace

std::expected<std::optional<Message>, std::string> take_message(std::string& buffer) {
    constexpr auto wrong = "not a message of LDAP";
    if (buffer.empty()) return std::nullopt;
    if (static_cast<unsigned char>(buffer[0]) != sequence) return std::unexpected(wrong);
    const auto length = length_at(buffer, 1);
    if (!length) return std::nullopt;
    if (length->size == 0 || length->value == 0) return std::unexpected(wrong);
    if (length->value > longest_message) return std::unexpected("a message that is too long");
    const std::size_t begin = 1 + length->size;
    if (buffer.size() < begin + length->value) return std::nullopt;
    Reader reader(std::string_view(buffer).substr(begin, length->value));
    Message taken;
    taken.id = reader.number(integer);
    taken.operation = static_cast<Operation>(reader.tag());
    taken.body = reader.value(reader.tag());
    const bool good = reader.good() && taken.id >= 0 &&
                      std::ranges::find(known, taken.operation) != std::end(known);
    if (!good) return std::unexpected(wrong);
    buffer.erase(0, begin + length->value);
    return taken;
}

std::optional<Result> read_result(const Message& message) {
    Reader reader(message.body);
    Result result;
    result.code = reader.number(enumerated);
    reader.value(octets);  // how far a name was found
    result.text = reader.value(octets);
    return reader.good() ? std::optional(result) : std::nullopt;
}

std::optional<std::vector<std::string>> read_values(const Message& message,
                                                    std::string_view attribute) {
    const auto same = [&](std::string_view name) {
        const auto lower = [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        };
        return std::ranges::equal(name, attribute, {}, lower, lower);
    };
    Reader entry(message.body);
    entry.value(octets);  // its name
    Reader attributes(entry.value(sequence));
    std::vector<std::string> found;
    while (entry.good() && attributes.good() && !attributes.rest().empty()) {
        Reader one(attributes.value(sequence));
        const std::string_view name = one.value(octets);
        Reader values(one.value(set));
        if (!one.good()) return std::nullopt;
        while (values.good() && !values.rest().empty()) {
            const std::string_view value = values.value(octets);
            if (values.good() && same(name)) found.emplace_back(value);
        }
        if (!values.good()) return std::nullopt;
    }
    return entry.good() && attributes.good() ? std::optional(std::move(found)) : std::nullopt;
}

std::string bind(std::int32_t id, std::string_view name, std::string_view password) {
    constexpr std::int32_t version = 3;
    return message(
        id, Operation::bind,
        number(integer, version) + value(octets, name) + value(simple_password, password));
}

std::string look_up(std::int32_t id, std::string_view name, std::int32_t seconds,
                    std::string_view attribute) {
    constexpr std::int32_t itself = 0, never_aliases = 0, most_entries = 2;
    const std::string no(1, '\0');
    return message(id, Operation::search,
                   value(octets, name) + number(enumerated, itself) +
                       number(enumerated, never_aliases) + number(integer, most_entries) +
                       number(integer, seconds) + value(boolean, no) +
                       value(present, "objectClass") + value(sequence, value(octets, attribute)));
}

std::string start_tls(std::int32_t id) {
    return message(id, Operation::extended, value(extended_name, start_tls_name));
}

std::string unbind(std::int32_t id) {
    return message(id, Operation::unbind, "");
}

}  // namespace vitals::wire::ldap
