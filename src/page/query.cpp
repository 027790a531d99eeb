// The meaning of an address below the page's root, and of its query.
#include <algorithm>
#include <array>
#include <charconv>

#include "page/page.hpp"
#include "text/percent.hpp"

namespace vitals::page {

namespace {

struct Word {
    std::string_view path;
    View::Kind kind;
};
constexpr std::array whole_paths = {
    Word{"", View::Kind::overview},           Word{"history", View::Kind::incidents},
    Word{"workers", View::Kind::workers},     Word{"events", View::Kind::events},
    Word{"public", View::Kind::open},         Word{"login", View::Kind::login},
    Word{"incidents.atom", View::Kind::feed}, Word{"fleet", View::Kind::fleet},
};

Query::Range range_of(std::string_view word) {
    if (word == "90m") return Query::Range::minutes90;
    if (word == "30d") return Query::Range::days30;
    if (word == "90d") return Query::Range::days90;
    return Query::Range::hours24;
}

std::string state_of(std::string_view word) {
    for (const std::string_view state : {"failed", "degraded", "unknown", "maintenance"})
        if (!word.empty() && state.starts_with(word)) return std::string(state);
    return {};
}

}  // namespace

Query query_of(const http::Pairs& query) {
    Query chosen;
    for (const auto& [name, value] : query) {
        if (name == "h") chosen.range = range_of(value);
        if (name == "q") chosen.search = value.substr(0, 256);
        if (name == "s") chosen.state = state_of(value);
        if (name == "open") chosen.unfold_all = value == "all";
        if (name == "all") chosen.all = true;
        if (name == "next") chosen.next = value.substr(0, 2048);
        if (name != "reload") continue;
        int seconds = 0;
        std::from_chars(value.data(), value.data() + value.size(), seconds);
        chosen.reload = std::chrono::seconds(std::clamp(seconds, 0, 3600));
    }
    return chosen;
}

View view_of(std::string_view rest) {
    while (rest.ends_with('/')) rest.remove_suffix(1);
    for (const Word& word : whole_paths)
        if (word.path == rest) return {word.kind, {}};
    if (rest.starts_with("c/") && rest.size() > 2)
        return {View::Kind::component, std::string(rest.substr(2))};
    if (rest.starts_with("i/") && rest.size() > 2)
        return {View::Kind::incident, std::string(rest.substr(2))};
    return {View::Kind::none, std::string(rest)};
}

std::string address_of(const View& view) {
    if (view.kind == View::Kind::component) return "c/" + text::percent_encoded(view.subject, "/");
    if (view.kind == View::Kind::incident) return "i/" + text::percent_encoded(view.subject);
    for (const Word& word : whole_paths)
        if (word.kind == view.kind) return std::string(word.path);
    return text::percent_encoded(view.subject, "/");
}

}  // namespace vitals::page
