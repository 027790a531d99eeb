// The answers that are kept: rendered once per question and snapshot, sent as often as asked.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "endpoints/process_figures.hpp"
#include "endpoints/responder.hpp"

namespace vitals::endpoints {
namespace {

constexpr std::size_t most_variants = 256;
constexpr std::size_t longest_key = 1024;                // a question longer than that is not kept
constexpr std::chrono::milliseconds date_tolerance{20};  // by which a Date may be behind
constexpr std::chrono::milliseconds longest_repeat = std::chrono::hours(24);

// Every fact that may change the answer. No part of it can hold a NUL: such requests are refused.
std::string key_of(const dialects::Request& request, const void* route) {
    std::string key(reinterpret_cast<const char*>(&route), sizeof route);
    auto add = [&key](std::string_view text) { key.append(text).push_back('\0'); };
    key += static_cast<char>('0' + static_cast<int>(request.disclose));
    key += request.authorized ? 'a' : '-';
    add(request.method);
    add(request.path);
    add(request.rest);
    add(request.accept);
    add(request.site);
    for (const auto& [name, value] : request.query) add(name), add(value);
    key.push_back('\1');
    for (const auto& [name, value] : request.headers) add(name), add(value);
    return key;
}

}  // namespace

void Responder::begin_batch() {
    now_ = shared_.clock.steady();
    if (now_ < look_at_date_) return;
    look_at_date_ = now_ + date_tolerance;
    System now = shared_.clock.system();
    std::int64_t second = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
    if (second == second_) return;
    second_ = second;
    date_ = http::date_text(now);
}

// Whoever asked this way before may still name it; what it needed to be rendered goes.
void Variant::retire() noexcept {
    retired = true;
    rendered.reset();
    options.reset();
    routes.reset();
    request = {};
}

std::shared_ptr<Variant> Responder::keep(Variant made, const void* route) {
    std::string key = key_of(made.request, route);
    key += made.allow;
    auto found = variants_.find(key);
    if (found != variants_.end()) return found->second;
    auto variant = std::make_shared<Variant>(std::move(made));
    variant->version = UINT64_MAX;
    variant->routes = routes_;
    variant->retired = key.size() > longest_key;
    if (variant->retired) return variant;
    while (ring_.size() >= most_variants) evict(nullptr);
    ring_.push_back(key);
    try {
        variants_.emplace(std::move(key), variant);
    } catch (...) {
        ring_.pop_back();
        throw;
    }
    return variant;
}

// Goes round until it meets one that nobody asked for since the last time.
void Responder::evict(const Variant* spared) {
    for (;;) {
        if (hand_ >= ring_.size()) hand_ = 0;
        auto found = variants_.find(ring_[hand_]);
        Variant& variant = *found->second;
        if (variant.used || &variant == spared) {
            variant.used = false;
            ++hand_;
            continue;
        }
        hold(variant, nullptr);
        variant.retire();
        variants_.erase(found);
        std::swap(ring_[hand_], ring_.back());
        ring_.pop_back();
        return;
    }
}

void Responder::hold(Variant& variant, std::shared_ptr<http::Rendered> rendered) noexcept {
    if (variant.rendered != nullptr) kept_bytes_ -= variant.rendered->bytes.size();
    variant.rendered = std::move(rendered);
    if (variant.rendered != nullptr) kept_bytes_ += variant.rendered->bytes.size();
}

// The next moment at which a result turns stale without anything being published.
Steady Responder::holds_until(const Snapshot& snapshot) {
    if (horizon_version_ == snapshot.version && now_ < horizon_) return horizon_;
    Steady horizon = Steady::max();
    for (const auto& state : snapshot.components)
        if (state->last != nullptr && state->valid_until >= now_)
            horizon = std::min(horizon, state->valid_until);
    // It is stale when now > valid_until: the answer still holds at that very moment.
    horizon_ = horizon == Steady::max() ? horizon : horizon + Steady::duration(1);
    horizon_version_ = snapshot.version;
    return horizon_;
}

dialects::Response Responder::produce(Variant& variant, const Snapshot& snapshot) {
    ++made_;
    variant.request.now = now_;
    variant.request.now_system = shared_.clock.system();
    std::vector<dialects::Traffic> traffic;
    dialects::ProcessFigures figures;
    std::string application;
    if (variant.wants_process) {
        traffic = shared_.traffic.sum();
        figures = read_process_figures();
        variant.request.traffic = traffic;
        variant.request.process = &figures;
        application = application_metrics();
        variant.request.application_metrics = application;
    }
    dialects::Response response;
    try {
        response = variant.render(snapshot, variant.request, variant.options.get());
    } catch (const std::exception& error) {
        shared_.log(LogLevel::error,
                    fmt::format("endpoint {} cannot be rendered: {}", variant.label, error.what()));
        response = http::plain_answer(500, "the answer could not be made; the log says why");
        response.repeat_for = std::chrono::seconds(1);
    }
    if (!variant.allow.empty())
        http::as_options(response, variant.allow,
                         response.options_with_body ? http::Content::keep : http::Content::drop);
    variant.request.traffic = {};
    variant.request.process = nullptr;
    variant.request.application_metrics = {};
    return response;
}

// What the application throws must not hide our own metrics.
std::string Responder::application_metrics() {
    try {
        return shared_.control.metrics ? shared_.control.metrics() : std::string();
    } catch (const std::exception& error) {
        shared_.log(LogLevel::error,
                    fmt::format("the application's metrics cannot be shown: {}", error.what()));
    } catch (...) {
        shared_.log(LogLevel::error, "the application's metrics cannot be shown");
    }
    return {};
}

void Responder::refresh(Variant& variant) {
    const Snapshot& snapshot = reader_.read();
    dialects::Response response = produce(variant, snapshot);
    int before = variant.rendered == nullptr ? -1 : variant.rendered->status;
    if (before != response.status)
        variant.counter = &shared_.traffic.counter(thread_, variant.label, response.status);
    hold(variant, render(response));
    variant.version = snapshot.version;
    variant.second = second_;
    variant.expires =
        std::min(now_ + std::min(response.repeat_for, longest_repeat), holds_until(snapshot));
    // Large answers are kept too, as long as they are few.
    std::size_t most = shared_.kept_answers / shared_.threads;
    while (kept_bytes_ > most && ring_.size() > 1) evict(&variant);
}

// A new second: the same bytes with another date. Who is still sent the old ones has the rest of
// their head already, or a copy of it.
void Responder::redate(Variant& variant) noexcept {
    std::memcpy(variant.rendered->bytes.data() + variant.rendered->date, date_.data(),
                http::date_size);
    variant.second = second_;
}

std::shared_ptr<http::Rendered> Responder::render(const http::Response& response) {
    auto made = std::make_unique<http::Rendered>(http::render_answer(response, date_));
    std::size_t size = made->bytes.size();
    live_bytes_ += size;
    return {made.release(), [this, size](const http::Rendered* gone) {
                live_bytes_ -= size;
                delete gone;
            }};
}

}  // namespace vitals::endpoints
