#include "drill/control.hpp"

#include <fmt/format.h>

namespace vitals::drill {
namespace {

constexpr std::string_view help =
    "fault FAULT [VALUE]   changes the fault: fault hang, fault hang-after 100, fault none\n"
    "status                what each proxy does\n"
    "at NAME COMMAND       only that proxy: at redis fault reset\n"
    "quit                  ends all of them\n";

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::string_view word_of(std::string_view& rest) {
    const auto word = rest.substr(0, rest.find_first_of(" \t"));
    rest = trimmed(rest.substr(word.size()));
    return word;
}

Reply wrong(std::string text) {
    return {.text = "error: " + std::move(text) + '\n'};
}

}  // namespace

std::string describe(const NamedProxy& named) {
    const auto& proxy = *named.proxy;
    const auto figures = proxy.figures();
    auto text = fmt::format("{}{}{} -> {}, {}, {} accepted, {} open", named.name,
                            named.name.empty() ? "" : " ", proxy.listen().text(), proxy.to().text(),
                            to_text(proxy.behaviour()), figures.accepted, figures.open);
    if (figures.unreachable > 0) {
        text += fmt::format(", {} times the backend could not be reached ({})", figures.unreachable,
                            figures.trouble);
    }
    return text;
}

Reply obey(std::string_view line, std::vector<NamedProxy>& proxies) {
    auto rest = trimmed(line);
    if (rest.empty() || rest.starts_with('#')) return {};
    std::vector<NamedProxy*> meant;
    auto word = word_of(rest);
    const bool one = word == "at";
    const auto name = one ? word_of(rest) : std::string_view();
    if (one) word = word_of(rest);
    for (auto& each : proxies) {
        if (!one || each.name == name) meant.push_back(&each);
    }
    if (meant.empty()) return wrong(fmt::format("no proxy '{}'", name));
    if (word == "status") {
        std::string text;
        for (const auto* each : meant) text += describe(*each) + '\n';
        return {.text = text + "ok\n"};
    }
    if (word == "help") return {.text = std::string(help) + "ok\n"};
    if (word == "quit") return {.text = "ok\n", .quit = true};
    if (word != "fault") {
        return wrong(
            fmt::format("no command '{}'; there are fault, status, at, help and quit", word));
    }
    const auto behaviour = parse_behaviour(rest);
    if (!behaviour) return wrong(behaviour.error());
    for (auto* each : meant) {
        if (const auto done = each->proxy->set(*behaviour); !done) return wrong(done.error());
    }
    return {.text = "ok\n"};
}

}  // namespace vitals::drill
