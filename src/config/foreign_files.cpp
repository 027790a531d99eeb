// Gatus: https://github.com/TwiN/gatus#configuration. blackbox_exporter:
// https://github.com/prometheus/blackbox_exporter/blob/master/CONFIGURATION.md.
#include "config/foreign_files.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "config/other_words.hpp"
#include "text/words.hpp"

namespace vitals::config {

namespace {

constexpr std::size_t most_answered = 20;  // nobody copies more from messages

std::string scalar_of(const Node& node, std::string_view key) {
    const Node* value = node.find(key);
    return value == nullptr || value->kind != Node::Kind::scalar || value->nothing()
               ? std::string()
               : value->scalar;
}

// Plain YAML within a flow mapping, or in double quotes.
std::string written(std::string_view text) {
    constexpr std::string_view plain = "-._/ ";
    const bool is_plain = !text.empty() && text.front() != ' ' && text.back() != ' ' &&
                          text.front() != '-' && std::ranges::all_of(text, [&](char c) {
                              return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                     (c >= '0' && c <= '9') ||
                                     plain.find(c) != std::string_view::npos;
                          });
    if (is_plain) return std::string(text);
    std::string made = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') made += '\\';
        if (static_cast<unsigned char>(c) >= 0x20) made += c;
    }
    return made + '"';
}

// `name: {check: http, url: "...", ...}`.
class Equivalent {
  public:
    Equivalent(std::string_view name, std::string_view kind) {
        text_ = fmt::format("{}: {{check: {}", written(name), kind);
    }
    Equivalent& key(std::string_view name, std::string_view value) {
        if (!value.empty()) text_ += fmt::format(", {}: {}", name, written(value));
        return *this;
    }
    std::string text() const { return text_ + '}'; }

  private:
    std::string text_;
};

// `[STATUS] == 200`: subject, operator, value.
struct Condition {
    std::string_view subject, sign, value;
};

std::optional<Condition> read_condition(std::string_view text) {
    const auto first = text.find(' ');
    const auto second = first == std::string_view::npos ? first : text.find(' ', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    return Condition{text.substr(0, first), text.substr(first + 1, second - first - 1),
                     text.substr(second + 1)};
}

// What the conditions of a Gatus endpoint expect. Conditions without an equivalent here are left
// out, and counted.
void take_conditions(const Node& endpoint, bool web, Equivalent& made, std::size_t& left_out) {
    const Node* conditions = endpoint.find("conditions");
    if (conditions == nullptr) return;
    for (const Node& each : conditions->items) {
        const auto condition = read_condition(each.scalar);
        const bool equal = condition && condition->sign == "==";
        const bool less = condition && condition->sign.starts_with('<');
        const bool number =
            condition && !condition->value.empty() &&
            condition->value.find_first_not_of("0123456789") == std::string_view::npos;
        if (equal && condition->subject == "[CONNECTED]") continue;  // every check proves that
        if (equal && web && condition->subject == "[STATUS]" && number)
            made.key("expect_status", condition->value);
        else if (less && condition->subject == "[RESPONSE_TIME]" && number)
            made.key("slow_above", fmt::format("{}ms", condition->value));
        else
            ++left_out;
    }
}

std::string no_equal(std::string_view name, std::string_view prober) {
    std::string other = other_kind(prober);
    if (other.empty())
        other = fmt::format("{} has no equal here; 'vitals kinds' lists what is checked",
                            text::in_quotes(prober));
    return fmt::format("{}: {}", text::in_quotes(name), other);
}

struct Known {
    std::string_view scheme, kind;
};
constexpr std::array<Known, 9> gatus_schemes = {{{"http", "http"},
                                                 {"https", "http"},
                                                 {"tcp", "tcp"},
                                                 {"tls", "tls"},
                                                 {"starttls", "smtp"},
                                                 {"ws", "websocket"},
                                                 {"wss", "websocket"},
                                                 {"grpc", "grpc"},
                                                 {"grpcs", "grpc"}}};

std::string gatus_endpoint(const Node& endpoint, std::size_t index) {
    const std::string given = scalar_of(endpoint, "name");
    const std::string group = scalar_of(endpoint, "group");
    std::string name = given.empty() ? fmt::format("endpoint-{}", index + 1) : given;
    std::ranges::replace(name, '/', '-');
    if (!group.empty()) name = group + '/' + name;
    std::string url = scalar_of(endpoint, "url");
    std::size_t left_out = 0;
    const auto finish = [&](Equivalent& made, bool web) {
        made.key("interval", scalar_of(endpoint, "interval"));
        take_conditions(endpoint, web, made, left_out);
        std::string text = made.text();
        if (left_out > 0) text += fmt::format("  ({} of its conditions left out)", left_out);
        return text;
    };
    if (const Node* dns = endpoint.find("dns")) {
        Equivalent made(name, "dns");
        made.key("name", scalar_of(*dns, "query-name")).key("type", scalar_of(*dns, "query-type"));
        made.key("server", url);
        return finish(made, false);
    }
    const std::string scheme = url.substr(0, url.find("://"));
    const auto* const known = std::ranges::find(gatus_schemes, scheme, &Known::scheme);
    if (known == gatus_schemes.end()) return no_equal(given.empty() ? url : given, scheme);
    if (scheme == "starttls") url.replace(0, scheme.size(), "smtp");
    Equivalent made(name, known->kind);
    made.key("url", url);
    const bool web = known->kind == "http";
    if (web) made.key("method", scalar_of(endpoint, "method"));
    return finish(made, web);
}

std::string blackbox_module(std::string_view name, const Node& module) {
    const std::string prober = scalar_of(module, "prober");
    const std::string timeout = scalar_of(module, "timeout");
    if (prober == "http") {
        Equivalent made(name, "http");
        made.key("url", "https://TARGET/").key("timeout", timeout);
        if (const Node* http = module.find("http")) {
            made.key("method", scalar_of(*http, "method"));
            if (const Node* codes = http->find("valid_status_codes");
                codes != nullptr && codes->items.size() == 1)
                made.key("expect_status", codes->items.front().scalar);
        }
        return made.text();
    }
    if (prober == "tcp")
        return Equivalent(name, "tcp")
            .key("url", "tcp://TARGET:PORT")
            .key("timeout", timeout)
            .text();
    if (prober == "grpc")
        return Equivalent(name, "grpc")
            .key("url", "grpc://TARGET:PORT")
            .key("timeout", timeout)
            .text();
    if (prober == "dns") {
        const Node* dns = module.find("dns");
        Equivalent made(name, "dns");
        made.key("name", dns == nullptr ? "NAME" : scalar_of(*dns, "query_name"));
        made.key("type", dns == nullptr ? "" : scalar_of(*dns, "query_type"));
        return made.key("server", "TARGET").key("timeout", timeout).text();
    }
    return no_equal(name, prober);
}

bool is_gatus(const Node& endpoints) {
    return endpoints.kind == Node::Kind::sequence && !endpoints.items.empty() &&
           std::ranges::all_of(endpoints.items, [](const Node& each) {
               return each.find("dialect") == nullptr && each.find("url") != nullptr;
           });
}

bool is_blackbox(const Node& modules) {
    return modules.kind == Node::Kind::mapping && !modules.entries.empty() &&
           std::ranges::all_of(modules.entries, [](const Node::Entry& each) {
               return each.value.find("prober") != nullptr;
           });
}

void report_rest(std::size_t count, Position position, Reading& reading) {
    if (count > most_answered)
        reading.problem(position, fmt::format("and {} more alike", count - most_answered));
}

}  // namespace

bool report_foreign_file(const Node& root, Reading& reading) {
    if (root.find("components") != nullptr) return false;
    for (const Node::Entry& entry : root.entries) {
        if (entry.key == "endpoints" && is_gatus(entry.value)) {
            reading.problem(entry.position,
                            "this is a file of Gatus; here its endpoints are written below "
                            "'components:', as follows");
            const auto& items = entry.value.items;
            for (std::size_t at = 0; at < items.size() && at < most_answered; ++at)
                reading.problem(items[at].position, gatus_endpoint(items[at], at));
            if (items.size() > most_answered)
                report_rest(items.size(), items[most_answered].position, reading);
            return true;
        }
        if (entry.key == "modules" && is_blackbox(entry.value)) {
            reading.problem(entry.position,
                            "this is a file of blackbox_exporter; here a module and its target, "
                            "which stands in Prometheus, are one component below 'components:'");
            const auto& modules = entry.value.entries;
            for (std::size_t at = 0; at < modules.size() && at < most_answered; ++at)
                reading.problem(modules[at].position,
                                blackbox_module(modules[at].key, modules[at].value));
            if (modules.size() > most_answered)
                report_rest(modules.size(), modules[most_answered].position, reading);
            return true;
        }
    }
    return false;
}

}  // namespace vitals::config
