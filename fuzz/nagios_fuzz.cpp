// Plugin output on arbitrary bytes: reading it must end and stay within bounds, what is shown must
// be one line of valid UTF-8, and a measurement must survive being written out and read again.
#include <cmath>

#include <fmt/format.h>

#include "target.hpp"
#include "wire/nagios.hpp"

namespace vitals::fuzz {
namespace {

using namespace vitals::wire;

bool is_utf8(std::string_view text) {
    // An oracle of another kind than the code under test: decode, then check the value.
    for (std::size_t i = 0; i < text.size();) {
        const auto first = static_cast<unsigned char>(text[i]);
        const std::size_t length = first < 0x80   ? 1
                                   : first < 0xc0 ? 0
                                   : first < 0xe0 ? 2
                                   : first < 0xf0 ? 3
                                   : first < 0xf8 ? 4
                                                  : 0;
        if (length == 0 || i + length > text.size()) return false;
        std::uint32_t value = length == 1 ? first : first & (0x7fu >> length);
        for (std::size_t k = 1; k < length; ++k) {
            const auto next = static_cast<unsigned char>(text[i + k]);
            if ((next & 0xc0) != 0x80) return false;
            value = value << 6 | (next & 0x3f);
        }
        constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
        if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
            return false;
        i += length;
    }
    return true;
}

std::string written(const NagiosRange& range) {
    std::string text = range.inside ? "@" : "";
    text += std::isinf(range.start) ? "~" : fmt::format("{}", range.start);
    text += ":";
    if (!std::isinf(range.end)) text += fmt::format("{}", range.end);
    return text;
}

std::string written(const PerfDatum& datum) {
    std::string label;
    for (const char letter : datum.label) label += letter == '\'' ? "''" : std::string(1, letter);
    return fmt::format("'{}'={}{};{};{};{};{}", label, datum.value, datum.unit,
                       datum.warning ? written(*datum.warning) : "",
                       datum.critical ? written(*datum.critical) : "",
                       datum.least ? fmt::format("{}", *datum.least) : "",
                       datum.most ? fmt::format("{}", *datum.most) : "");
}

}  // namespace

void run(std::string_view text) {
    const PluginOutput output = parse_plugin_output(text, 16);
    require(output.perfdata.size() <= 16);
    require(output.text.find('\n') == std::string::npos);
    require(output.text.size() + output.long_text.size() <= text.size());
    for (const PerfDatum& datum : output.perfdata) {
        require(std::isfinite(datum.value) && !datum.label.empty());
        if (datum.label.find_first_of("|\n") != std::string::npos) continue;
        const PluginOutput again = parse_plugin_output("x|" + written(datum));
        require(again.perfdata.size() == 1 && again.perfdata[0] == datum);
    }
    for (const std::size_t limit : {std::size_t{0}, std::size_t{7}, std::size_t{256}}) {
        const std::string shown = printable(text, limit);
        require(is_utf8(shown));
        require(shown.size() <= limit + std::string_view("…").size());
        for (const char letter : shown) require(static_cast<unsigned char>(letter) >= 0x20);
    }
}

}  // namespace vitals::fuzz
