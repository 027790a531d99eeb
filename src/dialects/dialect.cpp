// The catalog, and what every dialect asks of a request.
#include "dialects/dialect.hpp"

#include <algorithm>
#include <ranges>

#include "dialects/mount.hpp"
#include "model/severity.hpp"
#include "text/escape.hpp"
#include "text/percent.hpp"

namespace vitals::dialects {

const std::string* Request::parameter(std::string_view name) const {
    const std::string* last = nullptr;
    for (const auto& [key, value] : query)
        if (key == name) last = &value;
    return last;
}

std::vector<std::string> Request::parameters(std::string_view name) const {
    std::vector<std::string> values;
    for (const auto& [key, value] : query)
        if (key == name) values.push_back(value);
    return values;
}

const std::string* Request::header(std::string_view name) const {
    for (const auto& [key, value] : headers)
        if (key == name) return &value;
    return nullptr;
}

std::vector<const ComponentState*> visible(const Snapshot& snapshot, const Request& request,
                                           bool own) {
    std::vector<const ComponentState*> seen;
    seen.reserve(snapshot.components.size());
    for (const auto& state : snapshot.components) {
        if (state->component->own && !own) continue;
        if (request.components != nullptr && !request.components->takes(*state->component))
            continue;
        seen.push_back(state.get());
    }
    return seen;
}

bool shows(const Snapshot& snapshot, const Request& request, std::string_view name) {
    if (request.components == nullptr) return true;
    const ComponentState* const state = snapshot.find(name);
    if (state != nullptr) return request.components->takes(*state->component);
    Component absent;
    absent.name = name;
    return request.components->takes(absent);
}

std::string shown_detail(const ComponentState& state, const Request& request) {
    if (request.disclose == Disclosure::status) return {};
    std::string text = text::one_line(state.detail(request.now));
    if (request.disclose != Disclosure::full || state.last == nullptr) return text;
    if (state.last->error.empty()) return text;
    if (!text.empty()) text += ": ";
    return text + text::one_line(state.last->error);
}

bool any_watched(const std::vector<const ComponentState*>& components) noexcept {
    return std::ranges::any_of(components,
                               [](const ComponentState* state) { return !state->component->own; });
}

Status overall_status(const Snapshot& snapshot, const std::vector<const ComponentState*>& seen,
                      const Request& request) noexcept {
    const Status found = aggregate(seen, request.now);
    if (found != Status::unknown || !request.embedded) return found;
    const bool registered = std::ranges::any_of(
        snapshot.components, [](const auto& state) { return !state->component->own; });
    return registered ? found : Status::ok;
}

std::optional<std::string> out_of_service(const Snapshot& snapshot) {
    const Decommission& state = snapshot.decommission;
    if (!state.active()) return std::nullopt;
    return state.text == "OK" ? "shutting down" : text::one_line(state.text);
}

Status worst(const std::vector<const ComponentState*>& components, Steady now) noexcept {
    Status found = components.empty() ? Status::unknown : Status::ok;
    for (const ComponentState* state : components) found = vitals::worst(found, state->status(now));
    return found;
}

Response plain(int status, std::string body) {
    Response response;
    response.status = status;
    response.content_type = "text/plain; charset=utf-8";
    response.body = std::move(body);
    return response;
}

Response not_allowed(std::string_view allowed) {
    Response response = plain(405, "405 Method Not Allowed\n");
    response.headers.emplace_back("Allow", allowed);
    return response;
}

int code_for(Status overall, const Request& request, int failed, int degraded) noexcept {
    switch (overall) {
        case Status::ok:
            return 200;
        case Status::degraded:
            return request.degraded_code.value_or(degraded);
        case Status::failed:
        case Status::unknown:
            break;
    }
    return request.failed_code.value_or(failed);
}

std::optional<std::string_view> match_itself(std::string_view mount, std::string_view path) {
    if (path != mount) return std::nullopt;
    return std::string_view();
}

std::optional<std::string_view> match_either(std::string_view mount, std::string_view path) {
    if (without_slash(path) != without_slash(mount)) return std::nullopt;
    return std::string_view();
}

std::optional<std::string_view> below(std::string_view mount, std::string_view path) {
    mount = without_slash(mount);
    if (!path.starts_with(mount)) return std::nullopt;
    path.remove_prefix(mount.size());
    if (path.empty()) return path;
    if (path.front() != '/') return std::nullopt;
    path.remove_prefix(1);
    if (path.starts_with('/')) return std::nullopt;
    return without_slash(path);
}

Response redirect_to_slash(const Request& request) {
    std::string location;
    std::string_view path = request.path;
    path.remove_prefix(path.starts_with('/') ? 1 : 0);
    for (const auto part : std::views::split(path, '/'))
        location += "/" + text::percent_encoded(std::string_view(part.begin(), part.end()));
    location += '/';
    char before = '?';
    for (const auto& [name, value] : request.query) {
        location += before + text::percent_encoded(name);
        if (!value.empty()) location += "=" + text::percent_encoded(value);
        before = '&';
    }
    Response response;
    response.status = 301;
    response.content_type = "text/html; charset=utf-8";
    response.headers.emplace_back("Location", std::move(location));
    return response;
}

}  // namespace vitals::dialects
