#include "wire/bson.hpp"

#include <algorithm>
#include <bit>

#include "wire/little_endian.hpp"

namespace vitals::wire::bson {

namespace {

using Type = Value::Type;

constexpr auto wrong = "not BSON";
constexpr std::int64_t furthest_date = 1'000'000'000'000'000;  // ms: two of them have a difference

std::string little(std::uint64_t value, std::size_t count) {
    std::string made;
    for (std::size_t i = 0; i < count; ++i) made += static_cast<char>(value >> (8 * i) & 0xff);
    return made;
}

class Reader : public LittleEndianReader {
  public:
    using LittleEndianReader::LittleEndianReader;

    std::string_view name() {
        const auto end = rest_.find('\0');
        if (end == std::string_view::npos) good_ = false;
        const auto taken = bytes(std::min(end, rest_.size()));
        bytes(1);
        return taken;
    }
    // After its length, which counts the NUL at its end.
    std::string_view text() {
        const std::uint64_t size = number(4);
        if (size == 0) good_ = false;
        const auto taken = bytes(size);
        if (!taken.ends_with('\0')) good_ = false;
        return taken.substr(0, taken.empty() ? 0 : taken.size() - 1);
    }

    // The elements of a document, which begins here.
    std::vector<Element> elements(std::size_t depth) {
        std::vector<Element> made;
        const std::string_view all = rest_;
        const std::uint64_t size = number(4);
        if (!good_ || size < 5 || size > all.size() || depth > deepest) {
            good_ = false;
            return made;
        }
        Reader inside(all.substr(4, static_cast<std::size_t>(size) - 4));
        inside.count_ = count_;
        for (;;) {
            const auto type = static_cast<unsigned char>(inside.number(1));
            if (!inside.good_ || type == 0) break;
            if (++inside.count_ > most_elements) inside.good_ = false;
            Element& element = made.emplace_back();
            element.name = inside.name();
            element.value = inside.value(type, depth);
            if (!inside.good_) break;
        }
        good_ = inside.good_ && inside.rest_.empty();
        count_ = inside.count_;
        bytes(size - 4);
        return made;
    }

    Value value(unsigned char type, std::size_t depth);

  private:
    static Value number_value(double number, std::int64_t integer) {
        Value made;
        made.type = Type::number;
        made.number = number;
        made.integer = integer;
        return made;
    }

    std::size_t count_ = 0;
};

std::int64_t cut(double number) {
    constexpr double limit = 9.2e18;
    return number > -limit && number < limit ? static_cast<std::int64_t>(number) : 0;
}

Value Reader::value(unsigned char type, std::size_t depth) {
    Value made;
    switch (type) {
        case 0x01: {
            const auto number_read = std::bit_cast<double>(number(8));
            return number_value(number_read, cut(number_read));
        }
        case 0x02:  // text
        case 0x0d:  // code
        case 0x0e:  // symbol
            made.type = type == 0x02 ? Type::text : Type::other;
            made.text = text();
            return made;
        case 0x03:
        case 0x04:
            made.type = type == 0x03 ? Type::document : Type::array;
            made.items = elements(depth + 1);
            return made;
        case 0x05: {
            const std::uint64_t size = number(4);
            number(1);
            made.type = Type::binary;
            made.text = bytes(size);
            return made;
        }
        case 0x07:
            bytes(12);
            return made;
        case 0x08:
            made.type = Type::boolean;
            made.integer = number(1) != 0 ? 1 : 0;
            return made;
        case 0x09:
            made.type = Type::date;
            made.integer =
                std::clamp(static_cast<std::int64_t>(number(8)), -furthest_date, furthest_date);
            return made;
        case 0x06:  // undefined
        case 0x0a:  // null
        case 0x7f:
        case 0xff:
            return made;
        case 0x0b:  // regular expression
            name();
            name();
            return made;
        case 0x0c:  // pointer
            text();
            bytes(12);
            return made;
        case 0x10: {
            const auto read_one = static_cast<std::int32_t>(number(4));
            return number_value(read_one, read_one);
        }
        case 0x11:  // timestamp
            bytes(8);
            return made;
        case 0x12: {
            const auto read_one = static_cast<std::int64_t>(number(8));
            return number_value(static_cast<double>(read_one), read_one);
        }
        case 0x13:  // decimal
            bytes(16);
            return made;
        default:
            good_ = false;
            return made;
    }
}

}  // namespace

const Value* Value::find(std::string_view name) const {
    const auto found = std::ranges::find(items, name, &Element::name);
    return type == Type::document && found != items.end() ? &found->value : nullptr;
}

const Value* Value::find(std::string_view name, Type wanted) const {
    const Value* found = find(name);
    return found != nullptr && found->type == wanted ? found : nullptr;
}

std::string Value::text_of(std::string_view name) const {
    const Value* found = find(name, Type::text);
    return found != nullptr ? found->text : std::string();
}

std::optional<std::int64_t> Value::whole(std::string_view name) const {
    const Value* found = find(name, Type::number);
    return found != nullptr ? std::optional(found->integer) : std::nullopt;
}

bool Value::is_true(std::string_view name) const {
    const Value* found = find(name);
    if (found == nullptr) return false;
    if (found->type == Type::number) return found->number != 0;
    return found->type == Type::boolean && found->integer != 0;
}

std::expected<Value, std::string> read(std::string_view bytes) {
    if (bytes.size() > longest_document) return std::unexpected("a document that is too long");
    Reader reader(bytes);
    Value made;
    made.type = Type::document;
    made.items = reader.elements(1);
    if (!reader.good()) return std::unexpected(wrong);
    reader.bytes(1);
    if (reader.good()) return std::unexpected(wrong);  // more stands behind it
    return made;
}

void Writer::begin(char type, std::string_view name) {
    elements_ += type;
    elements_ += name;
    elements_ += '\0';
}

Writer& Writer::add(std::string_view name, std::string_view text) {
    begin('\x02', name);
    elements_ += little(text.size() + 1, 4);
    elements_ += text;
    elements_ += '\0';
    return *this;
}

Writer& Writer::add(std::string_view name, std::int32_t number) {
    begin('\x10', name);
    elements_ += little(static_cast<std::uint32_t>(number), 4);
    return *this;
}

Writer& Writer::add(std::string_view name, bool value) {
    begin('\x08', name);
    elements_ += value ? '\x01' : '\0';
    return *this;
}

Writer& Writer::add(std::string_view name, const Writer& document) {
    begin('\x03', name);
    elements_ += document.document();
    return *this;
}

Writer& Writer::add_array(std::string_view name, const Writer& elements) {
    begin('\x04', name);
    elements_ += elements.document();
    return *this;
}

Writer& Writer::add_binary(std::string_view name, std::string_view bytes) {
    begin('\x05', name);
    elements_ += little(bytes.size(), 4) + '\0';
    elements_ += bytes;
    return *this;
}

std::string Writer::document() const {
    return little(elements_.size() + 5, 4) + elements_ + '\0';
}

}  // namespace vitals::wire::bson
