#include "wire/resp.hpp"

#include <charconv>
#include <utility>

namespace vitals::wire::resp {

namespace {

using Type = Value::Type;

constexpr std::string_view too_long = "an answer that is too long";
constexpr std::string_view no_value = "not a Redis answer";

// Reads one value from the front; the position moves past it.
class Reader {
  public:
    Reader(std::string_view bytes, std::size_t longest) : bytes_(bytes), longest_(longest) {}

    std::size_t position() const { return position_; }

    // Nothing: not complete.
    std::expected<std::optional<Value>, std::string> read(std::size_t depth) {
        if (++items_ > most_items || depth > deepest) return failure(too_long);
        const auto line = take_line();
        if (!line) return std::unexpected(line.error());
        if (!*line) return std::nullopt;
        const std::string_view rest = (*line)->substr(1);
        Value value;
        switch ((*line)->front()) {
            case '+':
            case '-':
                value.type = (*line)->front() == '+' ? Type::simple : Type::error;
                value.text = rest;
                return value;
            case ':':
                value.type = Type::integer;
                if (!number(rest, value.integer)) return failure(no_value);
                return value;
            case '$':
                return read_bulk(rest);
            default:
                return read_array(rest, depth);
        }
    }

  private:
    static std::unexpected<std::string> failure(std::string_view what) {
        return std::unexpected(std::string(what));
    }

    static bool number(std::string_view text, std::int64_t& value) {
        const char* const last = text.data() + text.size();
        const auto [end, error] = std::from_chars(text.data(), last, value);
        return error == std::errc() && end == last;
    }

    // Without its end; the first byte is one of the types.
    std::expected<std::optional<std::string_view>, std::string> take_line() {
        const std::string_view rest = bytes_.substr(position_);
        if (rest.empty()) return std::nullopt;
        if (std::string_view("+-:$*").find(rest.front()) == std::string_view::npos)
            return failure(no_value);
        const std::string_view within = rest.substr(0, longest_line);
        const std::size_t end = within.find('\r');
        if (end == std::string_view::npos) {
            if (within.find('\n') != std::string_view::npos) return failure(no_value);
            if (rest.size() >= longest_line) return failure(too_long);
            return std::nullopt;
        }
        if (within.substr(0, end).find('\n') != std::string_view::npos) return failure(no_value);
        if (end + 1 == rest.size()) return std::nullopt;
        if (rest[end + 1] != '\n') return failure(no_value);
        position_ += end + 2;
        return rest.substr(0, end);
    }

    std::expected<std::optional<Value>, std::string> read_bulk(std::string_view length_text) {
        std::int64_t length = 0;
        if (!number(length_text, length) || length < -1) return failure(no_value);
        if (length == -1) return Value{};
        const auto size = static_cast<std::size_t>(length);
        if (size > longest_) return failure(too_long);
        const std::string_view rest = bytes_.substr(position_);
        if (rest.size() > size && rest[size] != '\r') return failure(no_value);
        if (rest.size() < size + 2) return std::nullopt;
        if (rest[size + 1] != '\n') return failure(no_value);
        position_ += size + 2;
        Value value;
        value.type = Type::bulk;
        value.text = rest.substr(0, size);
        return value;
    }

    std::expected<std::optional<Value>, std::string> read_array(std::string_view count_text,
                                                                std::size_t depth) {
        std::int64_t count = 0;
        if (!number(count_text, count) || count < -1) return failure(no_value);
        if (count == -1) return Value{};
        if (static_cast<std::uint64_t>(count) > most_items) return failure(too_long);
        Value value;
        value.type = Type::array;
        for (std::int64_t index = 0; index < count; ++index) {
            auto item = read(depth + 1);
            if (!item) return std::unexpected(item.error());
            if (!*item) return std::nullopt;
            value.items.push_back(std::move(**item));
        }
        return value;
    }

    std::string_view bytes_;
    std::size_t longest_;
    std::size_t position_ = 0;
    std::size_t items_ = 0;
};

}  // namespace

std::string_view Value::error_code() const noexcept {
    if (type != Type::error) return {};
    return std::string_view(text).substr(0, text.find(' '));
}

std::expected<std::optional<Value>, std::string> take_value(std::string& buffer,
                                                            std::size_t longest) {
    Reader reader(buffer, longest);
    auto value = reader.read(1);
    if (!value) return value;
    if (*value && reader.position() <= longest) {
        buffer.erase(0, reader.position());
        return value;
    }
    if (*value || buffer.size() > longest) return std::unexpected(std::string(too_long));
    return std::nullopt;
}

std::string command(std::span<const std::string> words) {
    std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string& word : words) {
        bytes += "$" + std::to_string(word.size()) + "\r\n";
        bytes += word;
        bytes += "\r\n";
    }
    return bytes;
}

namespace {

// In `name<sign>value<end>...`, at the begin of an entry.
std::optional<std::string_view> entry(std::string_view text, std::string_view name, char sign,
                                      char end) {
    while (!text.empty()) {
        const std::size_t stop = text.find(end);
        std::string_view item = text.substr(0, stop);
        text = stop == std::string_view::npos ? std::string_view() : text.substr(stop + 1);
        if (!item.starts_with(name) || item.size() <= name.size() || item[name.size()] != sign)
            continue;
        item.remove_prefix(name.size() + 1);
        if (item.ends_with('\r')) item.remove_suffix(1);
        return item;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string_view> info_field(std::string_view info, std::string_view name) {
    return entry(info, name, ':', '\n');
}

std::optional<std::string_view> info_part(std::string_view list, std::string_view name) {
    return entry(list, name, '=', ',');
}

}  // namespace vitals::wire::resp
