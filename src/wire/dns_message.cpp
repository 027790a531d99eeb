#include "wire/dns_message.hpp"

#include <ares.h>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstring>
#include <memory>
#include <utility>

namespace vitals::wire::dns {

namespace {

constexpr std::array<std::pair<RecordType, std::string_view>, 9> type_names{{
    {RecordType::a, "A"},
    {RecordType::aaaa, "AAAA"},
    {RecordType::cname, "CNAME"},
    {RecordType::mx, "MX"},
    {RecordType::ns, "NS"},
    {RecordType::txt, "TXT"},
    {RecordType::srv, "SRV"},
    {RecordType::ptr, "PTR"},
    {RecordType::soa, "SOA"},
}};
constexpr std::size_t header_size = 12;
constexpr int longest_chain = 16;  // of CNAMEs; resolvers give up at about as many

std::string lower(std::string_view text) {
    std::string made(text);
    std::transform(made.begin(), made.end(), made.begin(), [](unsigned char character) {
        return static_cast<char>(std::tolower(character));
    });
    return made;
}

// In a comparable form: DNS ignores the case of names, and the last dot is optional.
std::string plain_name(std::string_view name) {
    if (name.ends_with('.') && name != ".") name.remove_suffix(1);
    return name.empty() ? "." : lower(name);
}

std::string address_text(int family, const void* bytes) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(family, bytes, text.data(), text.size());
    return text.data();
}

// Reads a message from front to back; reading past the end fails, and so does every reading after
// it.
class Reader {
  public:
    Reader(std::string_view message, std::size_t at, std::size_t end)
        : message_(message), at_(at), end_(std::min(end, message.size())) {}

    bool good() const { return good_; }
    std::size_t at() const { return at_; }
    std::size_t left() const { return end_ - at_; }

    std::uint16_t number16() {
        const auto bytes = take(2);
        if (bytes.empty()) return 0;
        return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[0]) << 8 |
                                          static_cast<unsigned char>(bytes[1]));
    }
    std::uint32_t number32() {
        const std::uint32_t high = number16();
        return high << 16 | number16();
    }
    std::string_view take(std::size_t count) {
        if (!good_ || count > left()) {
            good_ = false;
            return {};
        }
        const auto bytes = message_.substr(at_, count);
        at_ += count;
        return bytes;
    }
    // A name, which may point to earlier parts of the message.
    std::string name() {
        if (!good_ || left() == 0) {
            good_ = false;
            return {};
        }
        char* text = nullptr;
        long used = 0;
        const auto* bytes = reinterpret_cast<const unsigned char*>(message_.data());
        const int result =
            ares_expand_name(bytes + at_, bytes, static_cast<int>(message_.size()), &text, &used);
        const std::unique_ptr<char, decltype(&ares_free_string)> owner(text, ares_free_string);
        if (result != ARES_SUCCESS || static_cast<std::size_t>(used) > left()) {
            good_ = false;
            return {};
        }
        at_ += static_cast<std::size_t>(used);
        return plain_name(text);
    }

  private:
    std::string_view message_;
    std::size_t at_;
    std::size_t end_;
    bool good_ = true;
};

struct Record {
    std::string owner;
    RecordType type{};
    std::string value;
};

std::string soa_value(Reader& data) {
    std::string text = data.name();
    text += ' ' + data.name();
    for (int number = 0; number < 5; ++number) text += fmt::format(" {}", data.number32());
    return text;
}

std::string txt_value(Reader& data) {
    std::string text;
    while (data.good() && data.left() > 0) {
        const auto length = data.take(1);
        text += data.take(static_cast<unsigned char>(length[0]));
    }
    return text;
}

// The value of a record of a supported type; the caller skips others.
std::string value_of(RecordType type, Reader& data) {
    switch (type) {
        case RecordType::a: {
            const auto bytes = data.take(4);
            return bytes.empty() ? std::string() : address_text(AF_INET, bytes.data());
        }
        case RecordType::aaaa: {
            const auto bytes = data.take(16);
            return bytes.empty() ? std::string() : address_text(AF_INET6, bytes.data());
        }
        case RecordType::mx: {
            const auto preference = data.number16();
            return fmt::format("{} {}", preference, data.name());
        }
        case RecordType::srv: {
            const auto priority = data.number16();
            const auto weight = data.number16();
            const auto port = data.number16();
            return fmt::format("{} {} {} {}", priority, weight, port, data.name());
        }
        case RecordType::soa:
            return soa_value(data);
        case RecordType::txt:
            return txt_value(data);
        case RecordType::ns:
        case RecordType::cname:
        case RecordType::ptr:
            return data.name();
    }
    return {};
}

std::expected<std::vector<Record>, Fault> read_records(Reader& message, std::string_view whole,
                                                       unsigned count) {
    std::vector<Record> records;
    for (unsigned index = 0; index < count; ++index) {
        Record record;
        record.owner = message.name();
        const auto type = message.number16();
        const auto record_class = message.number16();
        message.number32();  // time to live
        const auto length = message.number16();
        const std::size_t begin = message.at();
        message.take(length);
        if (!message.good()) return std::unexpected(Fault::malformed);
        record.type = static_cast<RecordType>(type);
        const bool known =
            std::any_of(type_names.begin(), type_names.end(),
                        [&](const auto& entry) { return entry.first == record.type; });
        if (record_class != C_IN || !known) continue;
        Reader data(whole, begin, begin + length);
        record.value = value_of(record.type, data);
        if (!data.good() || data.left() != 0) return std::unexpected(Fault::malformed);
        records.push_back(std::move(record));
    }
    return records;
}

// The values of the requested type, at the end of the chain of CNAMEs that begins at the name.
std::vector<std::string> follow(const std::vector<Record>& records, const Question& question) {
    std::string owner = plain_name(question.name);
    std::vector<std::string> values;
    for (int step = 0; step < longest_chain; ++step) {
        const Record* alias = nullptr;
        for (const Record& record : records) {
            if (record.owner != owner) continue;
            if (record.type == question.type) {
                values.push_back(record.value);
            } else if (record.type == RecordType::cname) {
                alias = &record;
            }
        }
        if (!values.empty() || alias == nullptr) break;
        owner = alias->value;
    }
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values;
}

// 192.0.2.1 -> 1.2.0.192.in-addr.arpa (RFC 1035, 3.5); IPv6 by nibbles (RFC 3596, 2.5).
std::optional<std::string> reverse_name(const std::string& address) {
    std::array<unsigned char, 16> bytes{};
    std::string name;
    if (::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) {
        for (std::size_t index = 4; index-- > 0;) name += fmt::format("{}.", bytes[index]);
        return name + "in-addr.arpa";
    }
    if (::inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) {
        for (std::size_t index = 16; index-- > 0;) {
            name += fmt::format("{:x}.{:x}.", bytes[index] & 0xf, bytes[index] >> 4);
        }
        return name + "ip6.arpa";
    }
    return std::nullopt;
}

std::expected<std::string, std::string> pack(const Question& question, std::uint16_t id) {
    unsigned char* bytes = nullptr;
    int size = 0;
    const int result = ares_create_query(question.name.c_str(), C_IN,
                                         static_cast<int>(question.type), id, 1, &bytes, &size, 0);
    if (result != ARES_SUCCESS) return std::unexpected(std::string(ares_strerror(result)));
    std::string message(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    ares_free_string(bytes);
    return message;
}

// `10 mail.example.org`: that many numbers up to 65535, then a name.
std::expected<std::string, std::string> numbers_and_name(std::string_view value, int numbers,
                                                         std::string_view example) {
    std::string text;
    for (int number = 0; number < numbers; ++number) {
        const std::size_t space = value.find(' ');
        unsigned parsed = 0;
        const auto word = value.substr(0, space);
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), parsed);
        if (space == std::string_view::npos || error != std::errc{} ||
            end != word.data() + word.size() || parsed > 65'535) {
            return std::unexpected(fmt::format("is not of the form `{}`", example));
        }
        text += fmt::format("{} ", parsed);
        value.remove_prefix(space + 1);
    }
    if (value.empty() || value.find(' ') != std::string_view::npos) {
        return std::unexpected(fmt::format("is not of the form `{}`", example));
    }
    return text + plain_name(value);
}

std::expected<std::string, std::string> address(int family, std::string_view value) {
    std::array<unsigned char, 16> bytes{};
    if (::inet_pton(family, std::string(value).c_str(), bytes.data()) != 1) {
        return std::unexpected(family == AF_INET ? "is not an IPv4 address"
                                                 : "is not an IPv6 address");
    }
    return address_text(family, bytes.data());
}

}  // namespace

std::string_view to_string(RecordType type) noexcept {
    for (const auto& [known, name] : type_names) {
        if (known == type) return name;
    }
    return "?";
}

std::optional<RecordType> parse_record_type(std::string_view name) noexcept {
    for (const auto& [type, known] : type_names) {
        if (known.size() == name.size() &&
            std::equal(name.begin(), name.end(), known.begin(),
                       [](unsigned char a, char b) { return std::toupper(a) == b; })) {
            return type;
        }
    }
    return std::nullopt;
}

std::string_view to_string(Code code) noexcept {
    constexpr std::array<std::string_view, 6> names{"NOERROR",  "FORMERR", "SERVFAIL",
                                                    "NXDOMAIN", "NOTIMP",  "REFUSED"};
    const auto index = static_cast<std::size_t>(code);
    return index < names.size() ? names[index] : "unknown code";
}

std::expected<Question, std::string> question_for(std::string_view name, RecordType type) {
    if (name.empty()) return std::unexpected("is empty; expected a name such as www.example.org");
    if (!std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f; })) {
        return std::unexpected("holds a blank or a letter beyond ASCII; write its xn-- form");
    }
    Question question{std::string(name), type};
    if (type == RecordType::ptr) {
        if (auto reversed = reverse_name(question.name)) question.name = *reversed;
    }
    if (auto packed = pack(question, 0); !packed) {
        return std::unexpected("is not a name that DNS can be asked for");
    }
    return question;
}

std::string query(const Question& question, std::uint16_t id) {
    return pack(question, id).value_or(std::string());
}

std::expected<Answer, Fault> parse_answer(std::string_view message, const Question& question,
                                          std::uint16_t id) {
    Reader reader(message, 0, message.size());
    const auto their_id = reader.number16();
    const auto flags = reader.number16();
    const auto questions = reader.number16();
    const auto answers = reader.number16();
    reader.number32();  // counts of the sections that are not read
    constexpr unsigned response = 0x8000, opcode = 0x7800, truncated = 0x0200, code = 0x000f;
    if (!reader.good() || their_id != id || (flags & response) == 0 || (flags & opcode) != 0) {
        return std::unexpected(Fault::not_ours);
    }
    Answer answer;
    answer.code = static_cast<Code>(flags & code);
    // A server that could not read the question answers with a header alone.
    if (questions == 0 && answer.code != Code::no_error && message.size() == header_size) {
        return answer;
    }
    const auto name = reader.name();
    const auto type = reader.number16();
    const auto question_class = reader.number16();
    if (!reader.good() || questions != 1 || name != plain_name(question.name) ||
        type != static_cast<std::uint16_t>(question.type) || question_class != C_IN) {
        return std::unexpected(Fault::not_ours);
    }
    answer.truncated = (flags & truncated) != 0;
    if (answer.truncated) return answer;
    const auto records = read_records(reader, message, answers);
    if (!records) return std::unexpected(records.error());
    answer.records = follow(*records, question);
    return answer;
}

std::expected<std::string, std::string> normalised(RecordType type, std::string_view value) {
    if (value.empty()) return std::unexpected("is empty");
    switch (type) {
        case RecordType::a:
            return address(AF_INET, value);
        case RecordType::aaaa:
            return address(AF_INET6, value);
        case RecordType::mx:
            return numbers_and_name(value, 1, "10 mail.example.org");
        case RecordType::srv:
            return numbers_and_name(value, 3, "0 5 5060 sip.example.org");
        case RecordType::soa:
        case RecordType::txt:
            return std::string(value);
        case RecordType::ns:
        case RecordType::cname:
        case RecordType::ptr:
            return plain_name(value);
    }
    return std::string(value);
}

}  // namespace vitals::wire::dns
