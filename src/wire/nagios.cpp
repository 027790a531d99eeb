#include "wire/nagios.hpp"
#include "text/utf8.hpp"

#include <charconv>
#include <cmath>

namespace vitals::wire {

namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";

std::string_view trim(std::string_view text) {
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// Takes a finite number from the front of the text.
std::optional<double> take_number(std::string_view& text) {
    const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
    // from_chars also reads `inf` and `nan`, which are not measurements.
    const std::size_t sign = digits.starts_with('-') ? 1 : 0;
    if (digits.size() <= sign ||
        !(digits[sign] == '.' || (digits[sign] >= '0' && digits[sign] <= '9')))
        return std::nullopt;
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
    text = digits.substr(static_cast<std::size_t>(end - digits.data()));
    return value;
}

std::optional<double> whole_number(std::string_view text) {
    const std::optional<double> value = take_number(text);
    if (!text.empty()) return std::nullopt;
    return value;
}

// Takes the label and the `=` after it from the front of the text. Nothing when there is none; then
// it takes one word.
std::optional<std::string> take_label(std::string_view& text) {
    std::string label;
    if (!text.starts_with('\'')) {
        const std::size_t end = text.find_first_of("= \t\r\n");
        if (end != std::string_view::npos && end > 0 && text[end] == '=') {
            label = text.substr(0, end);
            text.remove_prefix(end + 1);
            return label;
        }
    } else {
        for (std::size_t i = 1; i < text.size(); ++i) {
            if (text[i] != '\'') {
                label += text[i];
            } else if (i + 1 < text.size() && text[i + 1] == '\'') {  // a quote is doubled
                label += text[i++];
            } else if (i + 1 < text.size() && text[i + 1] == '=' && !label.empty()) {
                text.remove_prefix(i + 2);
                return label;
            } else {
                break;
            }
        }
    }
    text.remove_prefix(std::min(text.find_first_of(blanks), text.size()));
    return std::nullopt;
}

std::optional<PerfDatum> parse_datum(std::string label, std::string_view text) {
    PerfDatum datum;
    datum.label = std::move(label);
    const std::optional<double> value = take_number(text);
    if (!value) return std::nullopt;
    datum.value = *value;
    std::string_view fields[5];  // unit, warning, critical, least, most
    for (std::string_view& field : fields) {
        const std::size_t end = std::min(text.find(';'), text.size());
        field = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    // `1,5` in a plugin's own language, `12:30`, `1.2.3`: not a number with a unit.
    if (fields[0].find_first_of("0123456789.,:'\"=|") != std::string_view::npos)
        return std::nullopt;
    datum.unit = fields[0];
    datum.warning = parse_nagios_range(fields[1]);
    datum.critical = parse_nagios_range(fields[2]);
    datum.least = whole_number(fields[3]);
    datum.most = whole_number(fields[4]);
    return datum;
}

void take_perfdata(std::string_view text, std::size_t limit, PluginOutput& output) {
    while (!(text = trim(text)).empty()) {
        std::optional<std::string> label = take_label(text);
        if (!label) {
            ++output.skipped;
            continue;
        }
        const std::size_t end = std::min(text.find_first_of(blanks), text.size());
        std::optional<PerfDatum> datum = parse_datum(std::move(*label), text.substr(0, end));
        text.remove_prefix(end);
        if (datum && output.perfdata.size() < limit)
            output.perfdata.push_back(std::move(*datum));
        else
            ++output.skipped;
    }
}

// The length of the terminal's escape sequence at the start of the text, such as a colour's
// (ECMA-48): ESC [ parameters and a letter, ESC ] up to BEL or ESC \, or ESC and a few characters.
std::size_t escape_length(std::string_view text) {
    if (text.size() < 2 || text[0] != '\x1b') return 0;
    const auto past = [&](std::size_t from, char first, char last) {
        while (from < text.size() && text[from] >= first && text[from] <= last) ++from;
        return from;
    };
    std::size_t end = 0;
    if (text[1] == ']') {
        end = text.find_first_of("\a\x1b", 2);
        if (end == std::string_view::npos) return text.size();
        if (text[end] == '\x1b') ++end;
    } else {
        end = text[1] == '[' ? past(2, ' ', '?') : past(1, ' ', '/');
    }
    return std::min(end + 1, text.size());
}

// A control character, the end of a line or paragraph, or a character that changes the direction of
// the text.
bool disruptive(char32_t code) {
    return text::is_control(code) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

}  // namespace

bool NagiosRange::alerts(double value) const noexcept {
    const bool within = value >= start && value <= end;
    return within == inside;
}

std::optional<NagiosRange> parse_nagios_range(std::string_view text) {
    NagiosRange range;
    if (text.starts_with('@')) {
        range.inside = true;
        text.remove_prefix(1);
    }
    const std::size_t colon = text.find(':');
    std::string_view start = text.substr(0, std::min(colon, text.size()));
    std::string_view end = colon == std::string_view::npos ? start : text.substr(colon + 1);
    if (colon == std::string_view::npos) start = {};
    if (start.empty() && end.empty()) return std::nullopt;
    if (start == "~") {
        range.start = -std::numeric_limits<double>::infinity();
    } else if (!start.empty()) {
        const std::optional<double> value = whole_number(start);
        if (!value) return std::nullopt;
        range.start = *value;
    }
    if (!end.empty()) {
        const std::optional<double> value = whole_number(end);
        if (!value) return std::nullopt;
        range.end = *value;
    }
    if (range.start > range.end) return std::nullopt;
    return range;
}

PluginOutput parse_plugin_output(std::string_view output, std::size_t limit) {
    PluginOutput parsed;
    const std::size_t line_end = std::min(output.find('\n'), output.size());
    const std::string_view first = output.substr(0, line_end);
    const std::size_t bar = std::min(first.find('|'), first.size());
    parsed.text = trim(first.substr(0, bar));
    if (bar < first.size()) take_perfdata(first.substr(bar + 1), limit, parsed);
    const std::string_view rest = output.substr(std::min(line_end + 1, output.size()));
    const std::size_t second_bar = std::min(rest.find('|'), rest.size());
    parsed.long_text = trim(rest.substr(0, second_bar));
    if (second_bar < rest.size()) take_perfdata(rest.substr(second_bar + 1), limit, parsed);
    return parsed;
}

std::string printable(std::string_view text, std::size_t limit) {
    text = trim(text);
    std::string shown;
    while (!text.empty()) {
        if (const std::size_t escape = escape_length(text); escape > 0) {
            text.remove_prefix(escape);
            continue;
        }
        const auto [code, bytes, valid] = text::first_character(text);
        const std::string_view next = !valid ? "\uFFFD" : disruptive(code) ? " " : bytes;
        text.remove_prefix(bytes.size());
        if (shown.size() + next.size() > limit) return shown + "…";
        shown += next;
    }
    return std::string(trim(shown));
}

}  // namespace vitals::wire
