#include "wire/imap.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace vitals::wire::imap {

namespace {

bool equal_any_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(
        a, b, [](unsigned char x, unsigned char y) { return std::toupper(x) == std::toupper(y); });
}

std::string upper(std::string_view text) {
    std::string made(text);
    std::ranges::transform(made, made.begin(), [](unsigned char letter) {
        return static_cast<char>(std::toupper(letter));
    });
    return made;
}

std::string_view take_word(std::string_view& text) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    return word;
}

// How many bytes follow a line that ends in `{12}`; nothing if no literal follows.
std::optional<std::size_t> literal_behind(std::string_view line) {
    if (!line.ends_with('}')) return std::nullopt;
    const std::size_t brace = line.rfind('{');
    if (brace == std::string_view::npos) return std::nullopt;
    const std::string_view digits = line.substr(brace + 1, line.size() - brace - 2);
    std::size_t count = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return count;
}

// A tag of the client, or one of the server's two.
bool is_tag(std::string_view tag) {
    return !tag.empty() && tag.size() <= 16 && std::ranges::all_of(tag, [](unsigned char letter) {
        return std::isalnum(letter) != 0 || letter == '*' || letter == '+';
    });
}

std::expected<Response, std::string> response_of(std::string_view line) {
    Response response;
    response.tag = take_word(line);
    if (!is_tag(response.tag)) return std::unexpected("not an IMAP response");
    if (response.tag == "+") {
        response.text = line;
        return response;
    }
    constexpr std::array<std::string_view, 5> known = {"OK", "NO", "BAD", "PREAUTH", "BYE"};
    std::string_view rest = line;
    const std::string status = upper(take_word(rest));
    if (std::ranges::find(known, status) == known.end()) {
        // Only the end of a command, and unsolicited responses, may come here.
        if (response.tag != "*" || line.empty()) return std::unexpected("not an IMAP response");
        response.text = line;
        return response;
    }
    response.status = status;
    const std::size_t end = rest.find(']');
    if (rest.starts_with('[') && end != std::string_view::npos) {
        response.code = rest.substr(1, end - 1);
        rest.remove_prefix(end + 1);
        if (rest.starts_with(' ')) rest.remove_prefix(1);
    }
    response.text = rest;
    return response;
}

// The words of a list of capabilities; empty where there is none.
std::string_view capabilities_of(const Response& response) {
    for (const std::string_view text :
         {std::string_view(response.code), std::string_view(response.text)}) {
        std::string_view rest = text;
        if (equal_any_case(take_word(rest), "CAPABILITY")) return rest;
    }
    return {};
}

}  // namespace

bool Response::lists_capabilities() const {
    return !capabilities_of(*this).empty();
}

bool Response::lists(std::string_view capability) const {
    std::string_view words = capabilities_of(*this);
    while (!words.empty())
        if (equal_any_case(take_word(words), capability)) return true;
    return false;
}

std::expected<std::optional<Response>, std::string> take_response(std::string& buffer) {
    std::size_t line = 0;
    for (std::size_t from = 0; from <= buffer.size();) {
        const std::size_t end = buffer.find('\n', from);
        if (end == std::string::npos) break;
        if (end > longest_response) break;
        std::string_view part = std::string_view(buffer).substr(line, end - line);
        if (part.ends_with('\r')) part.remove_suffix(1);
        if (const auto bytes = literal_behind(part)) {
            if (*bytes > longest_response)
                return std::unexpected("an IMAP response with an endless literal");
            from = line = end + 1 + *bytes;
            continue;
        }
        std::string_view whole = std::string_view(buffer).substr(0, end);
        if (whole.ends_with('\r')) whole.remove_suffix(1);
        auto response = response_of(whole);
        if (!response) return std::unexpected(response.error());
        buffer.erase(0, end + 1);
        return *std::move(response);
    }
    // Bytes that cannot begin a response are not waited for.
    const std::string_view first = std::string_view(buffer).substr(0, buffer.find_first_of(" \n"));
    if (!first.empty() && !is_tag(first)) return std::unexpected("not an IMAP response");
    if (buffer.size() > longest_response)
        return std::unexpected("an IMAP response that does not end");
    return std::nullopt;
}

std::optional<std::uint64_t> figure_of(const Response& response, std::string_view name) {
    std::string_view text = response.text;
    if (!equal_any_case(take_word(text), "STATUS")) return std::nullopt;
    const std::size_t open = text.rfind('(');
    if (open == std::string_view::npos || !text.ends_with(')')) return std::nullopt;
    text = text.substr(open + 1, text.size() - open - 2);
    while (!text.empty()) {
        const std::string_view word = take_word(text);
        const std::string_view value = take_word(text);
        if (!equal_any_case(word, name)) continue;
        std::uint64_t figure = 0;
        const auto [end, error] =
            std::from_chars(value.data(), value.data() + value.size(), figure);
        if (error != std::errc() || end != value.data() + value.size()) return std::nullopt;
        return figure;
    }
    return std::nullopt;
}

std::optional<std::string> quoted(std::string_view text) {
    std::string made = "\"";
    for (const char byte : text) {
        if (byte < ' ' || byte > '~') return std::nullopt;
        if (byte == '"' || byte == '\\') made += '\\';
        made += byte;
    }
    return made + '"';
}

}  // namespace vitals::wire::imap
