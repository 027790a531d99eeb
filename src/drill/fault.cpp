#include "drill/fault.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "model/description.hpp"
#include "text/whole_number.hpp"

namespace vitals::drill {
namespace {

using namespace std::string_view_literals;

constexpr std::array words{
    FaultWord{Fault::none, "none", "", "Everything passes as it is."},
    FaultWord{Fault::refuse, "refuse", "",
              "Nothing listens: new connections are refused, open ones are reset."},
    FaultWord{Fault::hang, "hang", "", "Connections are accepted and nothing is ever said."},
    FaultWord{Fault::hang_after, "hang-after", "BYTES",
              "This many bytes of the answer come, then nothing more."},
    FaultWord{Fault::reset, "reset", "BYTES",
              "The connection is reset after this many bytes of the answer; without a number, "
              "instead of the answer."},
    FaultWord{
        Fault::half_close, "half-close", "BYTES",
        "The answer ends after this many bytes; the proxy still reads what the client sends."},
    FaultWord{Fault::drip, "drip", "RATE",
              "The answer comes at this many bytes a second, by default 1."},
    FaultWord{Fault::truncate, "truncate", "BYTES",
              "The connection is closed normally after this many bytes of the answer."},
    FaultWord{Fault::garble, "garble", "BYTES",
              "From this byte on, every byte of the answer is changed."},
    FaultWord{Fault::another_protocol, "another-protocol", "PROTOCOL",
              "Something else listens there: ssh, http, smtp or redis."},
    FaultWord{Fault::flood, "flood", "SIZE",
              "An answer of this many bytes, by default 100MiB; 0 is endless."},
    FaultWord{Fault::delay, "delay", "DURATION",
              "Each piece of the answer is delayed by this time, by default 1s."},
    FaultWord{Fault::wrong_name, "wrong-name", "", "TLS with a certificate of another name."},
    FaultWord{Fault::expired, "expired", "", "TLS with a certificate that has expired."},
    FaultWord{Fault::untrusted, "untrusted", "",
              "TLS with a certificate of an authority that nobody knows."},
};

struct Greeting {
    std::string_view protocol;
    bool first;
    std::string_view text;
};
constexpr std::array greetings{
    Greeting{"ssh", true, "SSH-2.0-OpenSSH_9.2p1\r\n"},
    Greeting{"http", false,
             "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n"
             "Connection: close\r\n\r\nBad Request\n"},
    Greeting{"smtp", true, "220 mail.example.org ESMTP\r\n"},
    Greeting{"redis", false, "-ERR unknown command\r\n"},
};

const Greeting& greeting_of(std::string_view protocol) {
    const auto* found = std::ranges::find(greetings, protocol, &Greeting::protocol);
    return found == greetings.end() ? greetings.front() : *found;
}

template <class Known>
std::string joined(const Known& known, auto member) {
    std::string text;
    for (const auto& each : known) {
        if (!text.empty()) text += ", ";
        text += each.*member;
    }
    return text;
}

std::string_view first_word(std::string_view& rest) {
    const auto begin = rest.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return rest = {};
    rest.remove_prefix(begin);
    const auto word = rest.substr(0, rest.find_first_of(" \t"));
    rest.remove_prefix(word.size());
    return word;
}

std::expected<std::string, std::string> unescaped(std::string_view text) {
    std::string made;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\\') {
            made += text[at];
            continue;
        }
        const char what = ++at < text.size() ? text[at] : '\0';
        const auto simple = "rnt\\"sv.find(what);
        unsigned byte = 0;
        if (what == 'x' && at + 2 < text.size() &&
            std::from_chars(text.data() + at + 1, text.data() + at + 3, byte, 16).ptr ==
                text.data() + at + 3) {
            made += static_cast<char>(byte);
            at += 2;
        } else if (simple != std::string_view::npos) {
            made += "\r\n\t\\"[simple];
        } else {
            return std::unexpected("in text, a backslash is followed by r, n, t, \\ or xNN");
        }
    }
    return made;
}

std::string escaped(std::string_view text) {
    std::string made;
    for (const char c : text) {
        if (c == '\\') {
            made += "\\\\";
        } else if (c == '\r') {
            made += "\\r";
        } else if (c == '\n') {
            made += "\\n";
        } else if (c < 0x20 || c == 0x7f) {
            made += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
            made += c;
        }
    }
    return made;
}

// The key of the bare value after a fault's name.
std::string_view key_of(std::string_view value) {
    if (value == "BYTES") return "after";
    if (value == "RATE") return "rate";
    if (value == "SIZE") return "size";
    if (value == "DURATION") return "delay";
    return value == "PROTOCOL" ? "protocol" : "";
}

// What is wrong with the value, or empty.
std::string set(Behaviour& behaviour, std::string_view key, std::string_view value) {
    if (key == "protocol") {
        if (std::ranges::find(greetings, value, &Greeting::protocol) == greetings.end()) {
            return fmt::format("no protocol '{}'; there are {}", value,
                               joined(greetings, &Greeting::protocol));
        }
        behaviour.protocol = value;
        return {};
    }
    if (key == "delay") {
        const auto duration = parse_duration(value);
        if (!duration) return fmt::format("delay: '{}' is no duration, such as 250ms", value);
        behaviour.delay = *duration;
        return {};
    }
    if (key != "after" && key != "rate" && key != "size") {
        return fmt::format("no '{}'; there are after, rate, delay, size, protocol and text", key);
    }
    auto number = text::whole_number<std::uint64_t>(value);
    if (!number) {
        if (const auto size = parse_size(value)) number = size->bytes;
    }
    if (!number) return fmt::format("{}: '{}' is no number of bytes", key, value);
    if (key == "rate" && *number == 0) return "rate: at least 1 byte a second; else use hang";
    (key == "after" ? behaviour.after : key == "rate" ? behaviour.rate : behaviour.size) = *number;
    return {};
}

}  // namespace

std::span<const FaultWord> fault_words() {
    return words;
}

std::string_view name_of(Fault fault) {
    return std::ranges::find(words, fault, &FaultWord::fault)->name;
}

std::expected<Behaviour, std::string> parse_behaviour(std::string_view text) {
    const auto name = first_word(text);
    const auto* word = std::ranges::find(words, name, &FaultWord::name);
    if (word == words.end()) {
        return std::unexpected(
            fmt::format("no fault '{}'; there are {}", name, joined(words, &FaultWord::name)));
    }
    Behaviour made{.fault = word->fault};
    bool bare = !word->value.empty();
    for (auto given = first_word(text); !given.empty(); given = first_word(text)) {
        const auto equals = given.find('=');
        if (given.starts_with("text=")) {
            // Everything to the end, spaces included.
            const std::string_view whole(given.data() + 5, text.data() + text.size());
            auto said = unescaped(whole);
            if (!said) return std::unexpected(said.error());
            made.text = std::move(*said);
            return made;
        }
        if (equals == std::string_view::npos && !bare) {
            return std::unexpected(fmt::format("unexpected '{}' behind {}", given, name));
        }
        const bool has_key = equals != std::string_view::npos;
        const auto wrong = has_key ? set(made, given.substr(0, equals), given.substr(equals + 1))
                                   : set(made, key_of(word->value), given);
        if (!wrong.empty()) return std::unexpected(wrong);
        if (!has_key) bare = false;
    }
    return made;
}

std::string to_text(const Behaviour& behaviour) {
    const Behaviour usual;
    std::string text(name_of(behaviour.fault));
    if (behaviour.after != usual.after) text += fmt::format(" after={}", behaviour.after);
    if (behaviour.rate != usual.rate) text += fmt::format(" rate={}", behaviour.rate);
    if (behaviour.delay != usual.delay) text += fmt::format(" delay={}ms", behaviour.delay.count());
    if (behaviour.size != usual.size) text += fmt::format(" size={}", behaviour.size);
    if (behaviour.protocol != usual.protocol) text += " protocol=" + behaviour.protocol;
    if (!behaviour.text.empty()) text += " text=" + escaped(behaviour.text);
    return text;
}

bool at_start(const Behaviour& behaviour) {
    return behaviour.fault == Fault::refuse || behaviour.fault == Fault::another_protocol ||
           is_certificate(behaviour.fault);
}

bool is_certificate(Fault fault) {
    return fault == Fault::wrong_name || fault == Fault::expired || fault == Fault::untrusted;
}

bool is_for_datagrams(Fault fault) {
    return fault != Fault::reset && fault != Fault::half_close && !is_certificate(fault);
}

std::string greeting(const Behaviour& behaviour) {
    return behaviour.text.empty() ? std::string(greeting_of(behaviour.protocol).text)
                                  : behaviour.text;
}

bool speaks_first(const Behaviour& behaviour) {
    return greeting_of(behaviour.protocol).first;
}

}  // namespace vitals::drill
