#include "endpoints/pings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include "endpoints/control.hpp"
#include "http/answer.hpp"
#include "http/body.hpp"
#include "text/amount.hpp"
#include "text/escape.hpp"
#include "text/utf8.hpp"

namespace vitals::endpoints {
namespace {

using http::Response;

constexpr std::string_view ping_path = "/ping/";
constexpr std::string_view push_path = "/api/push/";
constexpr std::string_view methods = "GET, HEAD, POST";
constexpr std::size_t uuid_size = 36;
constexpr std::chrono::milliseconds overlap{60'000};  // in which a replaced key is still accepted
constexpr std::size_t longest_message = 1024;         // bytes of `msg`
constexpr double longest_ping = 86'400'000;           // milliseconds

bool is_uuid(std::string_view text) noexcept {
    if (text.size() != uuid_size) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        const char c = text[i];
        const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (dash ? c != '-' : !hex) return false;
    }
    return true;
}

std::string_view take_part(std::string_view& path) {
    const auto slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    return part;
}

// Sets what the word means; false: the word is unknown.
bool read_action(std::string_view word, PingPath& ping) {
    using What = PingPath::What;
    if (word == "start") return ping.what = What::start, true;
    if (word == "fail") return ping.what = What::fail, true;
    if (word == "log") return ping.what = What::log, true;
    int code = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), code);
    if (word.empty() || word.size() > 3 || error != std::errc() ||
        end != word.data() + word.size() || word.front() == '-')
        return false;
    ping.exit_code = code;
    return true;
}

Response said(int status, std::string body) {
    Response response;
    response.status = status;
    response.content_type = "text/plain; charset=utf-8";
    response.body = std::move(body);
    response.headers.emplace_back("Access-Control-Allow-Origin", "*");
    response.headers.emplace_back("Ping-Body-Limit", std::to_string(http::Body::tail_size));
    return response;
}

Response kuma_said(int status, std::string_view problem = {}) {
    Response response;
    response.status = status;
    response.content_type = "application/json; charset=utf-8";
    response.body =
        problem.empty() ? R"({"ok":true})" : fmt::format(R"({{"ok":false,"msg":"{}"}})", problem);
    return response;
}

// What one request reports.
struct Told {
    PingPath::What what = PingPath::What::end;
    int exit_code = 0;
    std::string how;  // why it is bad, if no exit code says it
    std::string detail;
    std::string run;
    std::optional<std::chrono::milliseconds> ping;  // how long it took, from Uptime Kuma's push
};

// All targets with this key; each target is compared.
std::vector<const PingTarget*> targets_of(const PingContext& context, const PingPath& ping) {
    std::vector<const PingTarget*> found;
    for (const PingTarget& target : context.routes.pings)
        if (target.key.accepts(ping.key, overlap, context.now)) found.push_back(&target);
    if (!ping.slug.empty())
        std::erase_if(found, [&ping](const PingTarget* target) {
            return slug_of(target->component) != ping.slug;
        });
    return found;
}

void note_refused(const PingContext& context) {
    std::uint64_t count = 0;
    const std::size_t listener = context.peer.listener;
    if (!context.shared.refused_pings[listener].note(context.now, std::chrono::seconds(1), count))
        return;
    context.shared.log(
        LogLevel::warning,
        fmt::format("listener {}: {} from {} with a ping key that is not known, refused",
                    context.shared.listeners[listener].text, text::counted(count, "request"),
                    context.peer.name()));
}

// What is wrong with the parameters, or nothing.
std::optional<Response> read_told(const PingPath& ping, const http::Target& target, Told& told) {
    const auto parameter = [&target](std::string_view name) -> const std::string* {
        for (const auto& [key, value] : target.query)
            if (key == name) return &value;
        return nullptr;
    };
    if (!ping.kuma) {
        if (ping.exit_code && *ping.exit_code > 255) return said(400, "invalid url format");
        told.what = ping.what;
        told.exit_code = ping.exit_code.value_or(0);
        if (ping.what == PingPath::What::fail) told.how = "reported as failed";
        const std::string* run = parameter("rid");
        if (run != nullptr && !is_uuid(*run)) return said(400, "invalid uuid format");
        if (run != nullptr) told.run = *run;
        return {};
    }
    const std::string* status = parameter("status");
    const bool up = status == nullptr || status->empty() || *status == "up";
    if (const std::string* message = parameter("msg"))
        told.detail = text::one_line(text::cut_utf8(*message, longest_message));
    if (!up) told.what = PingPath::What::fail;
    if (!up) told.how = told.detail.empty() ? "reported as down" : told.detail;
    const std::string* took = parameter("ping");
    if (took == nullptr || took->empty()) return {};
    double milliseconds = 0;
    const auto [end, error] =
        std::from_chars(took->data(), took->data() + took->size(), milliseconds);
    if (error != std::errc() || end != took->data() + took->size() || !(milliseconds >= 0) ||
        milliseconds > longest_ping)
        return kuma_said(400, "Invalid ping value: expected milliseconds, at most 24 hours");
    told.ping = std::chrono::milliseconds(std::llround(milliseconds));
    return {};
}

JobEvent event_of(const std::string& job, Told told, std::string output) {
    JobEvent event;
    event.job = job;
    event.run = std::move(told.run);
    event.output = std::move(output);
    event.what = told.what == PingPath::What::start ? JobEvent::What::start
                 : told.what == PingPath::What::log ? JobEvent::What::log
                                                    : JobEvent::What::end;
    event.exit_code = told.what == PingPath::What::fail ? 1 : told.exit_code;
    event.how = std::move(told.how);
    // A sender that reports how long a run took is assumed to report its starts, too; a push does
    // not.
    return event;
}

Push push_of(const std::string& component, Told told, std::string output) {
    Push push;
    push.component = component;
    push.create = false;
    if (told.what != PingPath::What::fail && told.exit_code == 0) {
        push.outcome = ok(std::move(told.detail));
    } else {
        push.outcome =
            failed(told.how.empty() ? fmt::format("exited with {}", told.exit_code) : told.how);
        push.outcome.error = text::plain_text(output);
    }
    if (told.ping) push.outcome.with("ping_ms", static_cast<std::int64_t>(told.ping->count()));
    return push;
}

Response answer_of(bool kuma, PushAnswer answer) {
    if (answer == PushAnswer::done || answer == PushAnswer::created)
        return kuma ? kuma_said(200) : said(200, "OK");
    if (answer == PushAnswer::refused)
        return kuma ? kuma_said(500, "It could not be taken") : said(500, "it could not be taken");
    // A reload has removed it meanwhile.
    return kuma ? kuma_said(404, "Monitor not found or not active.") : said(404, "not found");
}

}  // namespace

bool is_ping_path(std::string_view path) noexcept {
    if (path.starts_with(ping_path)) return path.size() > ping_path.size();
    if (path.starts_with(push_path)) return path.size() > push_path.size();
    if (!path.starts_with('/')) return false;
    path.remove_prefix(1);
    return is_uuid(path.substr(0, path.find('/')));
}

std::optional<PingPath> parse_ping_path(std::string_view path) {
    if (!is_ping_path(path)) return std::nullopt;
    PingPath ping;
    const bool below = path.starts_with(ping_path);
    ping.kuma = path.starts_with(push_path);
    path.remove_prefix(below ? ping_path.size() : ping.kuma ? push_path.size() : 1);
    if (path.ends_with('/')) path.remove_suffix(1);
    ping.key = take_part(path);
    if (ping.key.empty()) return std::nullopt;
    if (path.empty()) return ping;
    if (ping.kuma) return std::nullopt;
    const std::string_view word = take_part(path);
    if (path.empty() && read_action(word, ping)) return ping;
    ping.slug = word;
    if (ping.slug.empty()) return std::nullopt;
    if (path.empty()) return ping;
    if (!read_action(take_part(path), ping) || !path.empty()) return std::nullopt;
    return ping;
}

std::string slug_of(std::string_view component) {
    std::string slug;
    for (const char c : component) {
        const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
        const bool kept =
            (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') || lower == '_';
        if (kept)
            slug += lower;
        else if (!slug.empty() && slug.back() != '-')
            slug += '-';
    }
    if (slug.ends_with('-')) slug.pop_back();
    return slug;
}

void plan_ping(const PingContext& context, const http::Head& head, const http::Target& target,
               Plan& plan) {
    const bool kuma = std::string_view(target.path).starts_with(push_path);
    plan.label = kuma ? "/api/push/" : "/ping/";
    if (head.method != "GET" && head.method != "HEAD" && head.method != "POST") {
        plan.response = http::plain_answer(405, {});
        plan.response->headers.emplace_back("Allow", methods);
        return;
    }
    const auto ping = parse_ping_path(target.path);
    const auto targets = ping ? targets_of(context, *ping) : std::vector<const PingTarget*>();
    if (targets.empty()) {
        note_refused(context);
        plan.response =
            kuma ? kuma_said(404, "Monitor not found or not active.") : said(404, "not found");
        // The connection ends, so that each guess costs a new one.
        plan.malformed = true;
        return;
    }
    if (targets.size() > 1) {
        plan.response =
            kuma ? kuma_said(409, "Several components have this key") : said(409, "ambiguous slug");
        return;
    }
    Told told;
    if ((plan.response = read_told(*ping, target, told))) return;
    plan.reads_tail = true;
    plan.action = [&shared = context.shared, told = std::move(told), kuma,
                   component = targets.front()->component, job = targets.front()->job](
                      std::string body, const Reply& reply) -> std::optional<Response> {
        auto done = [kuma, reply](PushAnswer answer, const std::string&) {
            reply(answer_of(kuma, answer));
        };
        if (job) {
            if (!shared.control.job) return answer_of(kuma, PushAnswer::refused);
            shared.control.job(event_of(component, told, std::move(body)), std::move(done));
            return {};
        }
        // A start or lines do not change the state of a pushed component.
        if (told.what == PingPath::What::start || told.what == PingPath::What::log)
            return answer_of(kuma, PushAnswer::done);
        if (!shared.control.push) return answer_of(kuma, PushAnswer::refused);
        shared.control.push(push_of(component, told, std::move(body)), std::move(done));
        return {};
    };
}

}  // namespace vitals::endpoints
