#include "wire/nats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "text/json.hpp"
#include "text/whole_number.hpp"

namespace vitals::wire::nats {

namespace {

using What = Event::What;
using Taken = std::expected<std::optional<Event>, std::string>;

constexpr std::string_view end_of_line = "\r\n";
constexpr std::array<std::string_view, 7> operations = {"INFO", "MSG", "HMSG", "PING",
                                                        "PONG", "+OK", "-ERR"};

// Servers write operations in any case.
bool begins(std::string_view text, std::string_view word) {
    return text.size() >= word.size() &&
           std::equal(word.begin(), word.end(), text.begin(), [](char a, unsigned char b) {
               return a == static_cast<char>(std::toupper(b));
           });
}

// Whether the begin of a line can be that of an operation.
bool plausible(std::string_view text) {
    return std::ranges::any_of(operations, [text](std::string_view operation) {
        const std::size_t size = std::min(operation.size(), text.size());
        return begins(text, operation.substr(0, size));
    });
}

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    while (!line.empty()) {
        const std::size_t begin = line.find_first_not_of(" \t");
        if (begin == std::string_view::npos) break;
        line.remove_prefix(begin);
        const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
        words.push_back(line.substr(0, end));
        line.remove_prefix(end);
    }
    return words;
}

// The status after `NATS/1.0 `, if there is one.
int status_of(std::string_view headers) {
    constexpr std::string_view version = "NATS/1.0 ";
    if (!headers.starts_with(version)) return 0;
    const auto status = text::whole_number<std::uint64_t>(headers.substr(version.size(), 3));
    return status ? static_cast<int>(*status) : 0;
}

// `MSG subject sid [reply] size`, or `HMSG subject sid [reply] size-of-headers size`, and as many
// bytes.
Taken take_message(std::string& buffer, std::size_t line_size, bool headers) {
    constexpr auto wrong = "not a message of NATS";
    const auto words = words_of(std::string_view(buffer).substr(0, line_size));
    const std::size_t sizes = headers ? 2 : 1;
    if (words.size() != 3 + sizes && words.size() != 4 + sizes) return std::unexpected(wrong);
    const auto id = text::whole_number<std::uint64_t>(words[2]);
    const auto size = text::whole_number<std::uint64_t>(words.back());
    const auto head = headers ? text::whole_number<std::uint64_t>(words[words.size() - 2])
                              : std::optional<std::uint64_t>(0);
    if (!id || !size || !head || *head > *size) return std::unexpected(wrong);
    if (*size > longest_message) return std::unexpected("a message that is too long");
    const std::size_t begin = line_size + end_of_line.size();
    const std::size_t whole = begin + *size + end_of_line.size();
    if (buffer.size() < whole) return std::nullopt;
    if (std::string_view(buffer).substr(begin + *size, 2) != end_of_line)
        return std::unexpected(wrong);
    Event event{.what = What::message, .subject = std::string(words[1]), .id = *id};
    event.status = status_of(std::string_view(buffer).substr(begin, *head));
    event.text = buffer.substr(begin + *head, *size - *head);
    buffer.erase(0, whole);
    return event;
}

}  // namespace

Taken take_event(std::string& buffer) {
    if (!plausible(buffer)) return std::unexpected("not a word of NATS");
    const std::size_t end = buffer.find(end_of_line);
    if (std::min(end, buffer.size()) > longest_line)
        return std::unexpected("a line that does not end");
    if (end == std::string::npos) return std::nullopt;
    const std::string_view line = std::string_view(buffer).substr(0, end);
    if (begins(line, "MSG ")) return take_message(buffer, end, false);
    if (begins(line, "HMSG ")) return take_message(buffer, end, true);
    Event event;
    const std::string_view rest = line.substr(std::min(line.find(' '), line.size()));
    const std::size_t text = std::min(rest.find_first_not_of(' '), rest.size());
    if (begins(line, "INFO ")) {
        event.what = What::info;
        event.text = rest.substr(text);
    } else if (begins(line, "-ERR")) {
        event.what = What::error;
        event.text = rest.substr(text);
    } else if (begins(line, "PING")) {
        event.what = What::ping;
    } else if (begins(line, "PONG")) {
        event.what = What::pong;
    } else if (!begins(line, "+OK")) {
        return std::unexpected("not a word of NATS");
    }
    buffer.erase(0, end + end_of_line.size());
    return event;
}

std::string connect(const Login& login) {
    std::string options;
    text::JsonWriter json(options);
    json.object()
        .member("verbose", false)
        .member("pedantic", false)
        .member("tls_required", login.encrypted)
        .member("headers", true)
        .member("no_responders", true)
        .member("name", "vitals")
        .member("lang", "C++")
        .member("version", "1")
        .member("protocol", 1);
    if (!login.token.empty()) json.member("auth_token", login.token);
    if (!login.user.empty()) json.member("user", login.user).member("pass", login.password);
    // With a JWT, the server takes the key from it.
    if (!login.jwt.empty())
        json.member("jwt", login.jwt);
    else if (!login.key.empty())
        json.member("nkey", login.key);
    if (!login.signature.empty()) json.member("sig", login.signature);
    json.end_object();
    return fmt::format("CONNECT {}\r\n", options);
}

std::string subscribe(std::string_view subject, std::uint64_t id) {
    return fmt::format("SUB {} {}\r\n", subject, id);
}

std::string unsubscribe(std::uint64_t id) {
    return fmt::format("UNSUB {}\r\n", id);
}

std::string publish(std::string_view subject, std::string_view reply, std::string_view payload) {
    const std::string_view between = reply.empty() ? "" : " ";
    return fmt::format("PUB {}{}{} {}\r\n{}\r\n", subject, between, reply, payload.size(), payload);
}

}  // namespace vitals::wire::nats
