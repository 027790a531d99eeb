#include "alerts/receivers/email/message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "alerts/receivers/payload.hpp"
#include "text/utf8.hpp"

namespace vitals::alerts::receivers::email_receiver {

namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::size_t line_characters = 76;

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Letters, digits and what an atom allows; anything else becomes `_`.
std::string atom(std::string_view text) {
    std::string out;
    for (const char c : text)
        out += is_letter_or_digit(c) || std::string_view("-_.=+/").contains(c) ? c : '_';
    return out;
}

// RFC 5322's date, always UTC.
std::string date_text(System time) {
    constexpr std::array<std::string_view, 7> days = {"Sun", "Mon", "Tue", "Wed",
                                                      "Thu", "Fri", "Sat"};
    constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
    return fmt::format(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000", days[std::chrono::weekday(day).c_encoding()],
        static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
        static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
        clock.seconds().count());
}

void add_header(std::string& out, std::string_view name, std::string_view value) {
    out += fmt::format("{}: {}{}", name, header_text(value, name.size() + 2), line_end);
}

void add_part(std::string& out, std::string_view boundary, std::string_view type,
              std::string_view text) {
    out += fmt::format("--{}\r\nContent-Type: {}; charset=utf-8\r\n", boundary, type);
    out += "Content-Transfer-Encoding: quoted-printable\r\n\r\n";
    out += quoted_printable(text);
    out += line_end;
}

// One encoded word holds whole characters.
std::string encoded_words(std::string_view text, std::size_t used) {
    constexpr std::string_view begin = "=?utf-8?Q?", end = "?=";
    std::string out(begin);
    std::size_t length = used + begin.size();
    while (!text.empty()) {
        const text::Character character = text::first_character(text);
        text.remove_prefix(character.bytes.size());
        std::string bytes;
        text::append_utf8(bytes, character.code);
        std::string written;
        for (const char c : bytes)
            if (is_letter_or_digit(c))
                written += c;
            else if (c == ' ')
                written += '_';
            else
                fmt::format_to(std::back_inserter(written), "={:02X}",
                               static_cast<unsigned char>(c));
        if (length + written.size() + end.size() > line_characters - 1) {
            out += fmt::format("{}\r\n {}", end, begin);
            length = 1 + begin.size();
        }
        out += written;
        length += written.size();
    }
    return out += end;
}

// Splits at blanks; a word that is longer than a line stays whole.
std::string folded(std::string_view text, std::size_t used) {
    std::string out;
    std::size_t length = used;
    for (bool first = true; !text.empty(); first = false) {
        const std::size_t size = std::min(text.find(' ', 1), text.size());
        if (!first && length + size > line_characters) {
            out += line_end;
            length = 0;
        }
        out += text.substr(0, size);
        length += size;
        text.remove_prefix(size);
    }
    return out;
}

}  // namespace

std::string address_problem(std::string_view address) {
    constexpr std::size_t most = 254;
    if (address.empty() || address.size() > most) return "is no mail address";
    if (std::ranges::any_of(address, [](unsigned char c) { return c >= 0x80; }))
        return "holds characters beyond ASCII, which not every mail server takes";
    if (std::ranges::any_of(address, [](char c) {
            return c <= ' ' || c == 0x7F || std::string_view("<>()[]\",;:\\").contains(c);
        }))
        return "is no mail address; expected name@example.org alone";
    const std::size_t at = address.find('@');
    if (at == 0 || at == std::string_view::npos || at + 1 == address.size() ||
        address.find('@', at + 1) != std::string_view::npos)
        return "is no mail address; expected name@example.org";
    return {};
}

std::string message_id(std::string_view key, std::string_view host) {
    return fmt::format("<{}@{}>", atom(key), usual_domain(host));
}

std::string usual_domain(std::string_view host) {
    std::string domain;
    for (const char c : host) domain += is_letter_or_digit(c) || c == '-' || c == '.' ? c : '-';
    constexpr std::size_t most = 250;  // of a host's name
    return domain.empty() ? "vitals.invalid" : domain.substr(0, most);
}

std::string header_text(std::string_view text, std::size_t used) {
    // Blanks at the begin of a line would continue the header, and nothing else.
    std::string line = fitting(text, 400);
    const auto plain = [](unsigned char c) { return c >= ' ' && c < 0x7F; };
    const bool whole = std::ranges::all_of(line, plain) && !line.contains("=?") &&
                       line.find_first_not_of(' ') != std::string::npos;
    return whole ? folded(line, used) : encoded_words(line, used);
}

std::string quoted_printable(std::string_view text) {
    std::string out;
    std::size_t length = 0;
    const auto put = [&](std::string_view written) {
        if (length + written.size() > line_characters - 1) {
            out += "=\r\n";
            length = 0;
        }
        out += written;
        length += written.size();
    };
    while (!text.empty()) {
        const char c = text.front();
        text.remove_prefix(1);
        if (c == '\r' && text.starts_with('\n')) continue;
        if (c == '\n') {
            out += line_end;
            length = 0;
            continue;
        }
        const bool at_end = text.empty() || text.front() == '\n' || text.front() == '\r';
        const bool plain = (c > ' ' && c < 0x7F && c != '=') || (c == ' ' && !at_end);
        put(plain ? std::string(1, c) : fmt::format("={:02X}", static_cast<unsigned char>(c)));
    }
    return out;
}

std::string dot_stuffed(std::string_view message) {
    std::string out;
    while (!message.empty()) {
        const std::size_t end = std::min(message.find(line_end), message.size());
        const std::string_view line = message.substr(0, end);
        message.remove_prefix(std::min(end + line_end.size(), message.size()));
        if (line.starts_with('.')) out += '.';
        out += line;
        out += line_end;
    }
    return out += ".\r\n";
}

std::string greeting_name(std::string_view host) {
    const bool name = host.contains('.') && !host.starts_with('.') && !host.starts_with('-') &&
                      std::ranges::all_of(host, [](char c) {
                          return is_letter_or_digit(c) || c == '-' || c == '.';
                      });
    return name ? std::string(host) : "[127.0.0.1]";
}

std::string compose(const Envelope& envelope, std::string_view from) {
    const Alert& alert = envelope.alert;
    constexpr std::size_t boundary_characters = 60;  // RFC 2046 allows 70
    const std::string boundary = "=_" + atom(alert.key).substr(0, boundary_characters) + "_";
    std::string out;
    add_header(out, "From", from);
    add_header(out, "To", envelope.to);
    add_header(out, "Subject", envelope.words.subject);
    add_header(out, "Date", date_text(envelope.now));
    // The domain of the sender: so two vitals that watch each other give a copy the same id.
    const std::string_view domain = from.substr(from.rfind('@') + 1);
    add_header(out, "Message-ID", message_id(alert.key, domain));
    if (!alert.thread.empty() && alert.thread != alert.key) {
        const std::string root = message_id(alert.thread, domain);
        add_header(out, "In-Reply-To", root);
        add_header(out, "References", root);
    }
    add_header(out, "Auto-Submitted", "auto-generated");
    if (urgency_of(alert) == Urgency::highest) add_header(out, "Importance", "high");
    add_header(out, "MIME-Version", "1.0");
    out +=
        fmt::format("Content-Type: multipart/alternative;\r\n boundary=\"{}\"\r\n\r\n", boundary);
    add_part(out, boundary, "text/plain", plain_text(envelope.words));
    add_part(out, boundary, "text/html", html_text(envelope.words));
    return out + fmt::format("--{}--\r\n", boundary);
}

}  // namespace vitals::alerts::receivers::email_receiver
