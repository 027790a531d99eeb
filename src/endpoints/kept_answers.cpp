#include "endpoints/kept_answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "endpoints/facts.hpp"
#include "endpoints/process_figures.hpp"
#include "http/gzip.hpp"

namespace vitals::endpoints {
namespace {

constexpr std::size_t most_answers = 256;
constexpr std::size_t longest_key = 1024;                // a longer question is not kept
constexpr std::chrono::milliseconds date_tolerance{20};  // by which a Date may be behind
constexpr std::chrono::milliseconds longest_repeat = std::chrono::hours(24);

// Every fact that may change the answer. No part can hold a NUL: such requests are refused.
std::string key_of(const KeptAnswer& question) {
    const dialects::Request& request = question.request;
    const auto route = std::bit_cast<std::array<char, sizeof question.route>>(question.route);
    std::string key(route.data(), route.size());
    auto add = [&key](std::string_view text) { key.append(text).push_back('\0'); };
    key += static_cast<char>('0' + static_cast<int>(request.disclose));
    key += request.authorized ? 'a' : '-';
    key += question.gzip ? 'z' : '-';
    add(request.method);
    add(request.path);
    add(request.rest);
    add(request.accept);
    add(request.site);
    for (const auto& [name, value] : request.query) add(name), add(value);
    key.push_back('\1');
    for (const auto& [name, value] : request.headers) add(name), add(value);
    return key += question.allow;
}

}  // namespace

KeptAnswers::KeptAnswers(Shared& shared, unsigned thread)
    : shared_(shared), thread_(thread), reader_(shared.hub) {
    begin_batch();
}

void KeptAnswers::begin_batch() {
    now_ = shared_.clock.steady();
    if (now_ < look_at_date_) return;
    look_at_date_ = now_ + date_tolerance;
    System now = shared_.clock.system();
    std::int64_t second = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
    if (second == second_) return;
    second_ = second;
    date_ = http::date_text(now);
}

// A client may still refer to the answer; the data for rendering it is freed.
void KeptAnswer::retire() noexcept {
    retired = true;
    rendered.reset();
    render = nullptr;
    routes.reset();
    request = {};
}

void KeptAnswers::clear() {
    for (auto& [key, kept] : answers_) kept->retire();
    answers_.clear();
    ring_.clear();
    hand_ = 0;
    kept_bytes_ = 0;
}

std::shared_ptr<KeptAnswer> KeptAnswers::find_or_keep(KeptAnswer question) {
    std::string key = key_of(question);
    auto found = answers_.find(key);
    if (found != answers_.end()) return found->second;
    auto kept = std::make_shared<KeptAnswer>(std::move(question));
    kept->version = UINT64_MAX;
    kept->retired = key.size() > longest_key;
    if (kept->retired) return kept;
    while (ring_.size() >= most_answers) evict(nullptr);
    ring_.push_back(key);
    try {
        answers_.emplace(std::move(key), kept);
    } catch (...) {
        ring_.pop_back();
        throw;
    }
    return kept;
}

// Goes round until it finds an answer that nobody asked for since the last time.
void KeptAnswers::evict(const KeptAnswer* spared) {
    for (;;) {
        if (hand_ >= ring_.size()) hand_ = 0;
        auto found = answers_.find(ring_[hand_]);
        KeptAnswer& kept = *found->second;
        if (kept.used || &kept == spared) {
            kept.used = false;
            ++hand_;
            continue;
        }
        hold(kept, nullptr);
        kept.retire();
        answers_.erase(found);
        std::swap(ring_[hand_], ring_.back());
        ring_.pop_back();
        return;
    }
}

void KeptAnswers::hold(KeptAnswer& kept, std::shared_ptr<http::Rendered> rendered) noexcept {
    if (kept.rendered != nullptr) kept_bytes_ -= kept.rendered->bytes.size();
    kept.rendered = std::move(rendered);
    if (kept.rendered != nullptr) kept_bytes_ += kept.rendered->bytes.size();
}

// The next moment at which a result becomes stale although nothing is published.
Steady KeptAnswers::holds_until(const Snapshot& snapshot) {
    if (horizon_version_ == snapshot.version && now_ < horizon_) return horizon_;
    Steady horizon = Steady::max();
    for (const auto& state : snapshot.components)
        if (state->last != nullptr && state->valid_until >= now_)
            horizon = std::min(horizon, state->valid_until);
    // A result is stale when now > valid_until: at that exact moment the answer is still right.
    horizon_ = horizon == Steady::max() ? horizon : horizon + Steady::duration(1);
    horizon_version_ = snapshot.version;
    return horizon_;
}

dialects::Response KeptAnswers::produce(KeptAnswer& kept, const Snapshot& snapshot) {
    ++made_;
    kept.request.now = now_;
    kept.request.now_system = shared_.clock.system();
    kept.request.gzip = kept.gzip;
    std::vector<dialects::Traffic> traffic;
    dialects::ProcessFigures figures;
    std::string application;
    std::shared_ptr<const FleetView> fleet;
    if (kept.wants_process) {
        traffic = shared_.traffic.sum();
        figures = read_process_figures();
        kept.request.traffic = traffic;
        kept.request.process = &figures;
        application = application_metrics();
        kept.request.application_metrics = application;
        if (shared_.control.fleet.view) fleet = shared_.control.fleet.view();
        kept.request.fleet = fleet.get();
    }
    const std::shared_ptr<const Board> board = kept.wants_board ? shared_.hub.board() : nullptr;
    kept.request.board = board.get();
    dialects::Response response;
    try {
        response = kept.render(snapshot, kept.request);
    } catch (const std::exception& error) {
        shared_.log(LogLevel::error,
                    fmt::format("endpoint {} cannot be rendered: {}", kept.label, error.what()));
        response = http::plain_answer(500, "the answer could not be made; the log says why");
        response.repeat_for = std::chrono::seconds(1);
    }
    if (!kept.allow.empty()) as_options(response, kept.allow);
    kept.request.traffic = {};
    kept.request.process = nullptr;
    kept.request.board = nullptr;
    kept.request.application_metrics = {};
    kept.request.fleet = nullptr;
    http::compress(response, kept.gzip);
    return response;
}

// An exception of the application must not hide vitals' own metrics.
std::string KeptAnswers::application_metrics() {
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

void KeptAnswers::refresh(KeptAnswer& kept) {
    const Snapshot& snapshot = reader_.read();
    dialects::Response response = produce(kept, snapshot);
    int before = kept.rendered == nullptr ? -1 : kept.rendered->status;
    if (before != response.status)
        kept.counter = &shared_.traffic.counter(thread_, kept.label, response.status);
    hold(kept, render(response));
    kept.version = snapshot.version;
    kept.second = second_;
    kept.expires =
        std::min(now_ + std::min(response.repeat_for, longest_repeat), holds_until(snapshot));
    // Large answers are also kept, while they are few.
    std::size_t most = shared_.kept_answers / shared_.threads;
    while (kept_bytes_ > most && ring_.size() > 1) evict(&kept);
}

// A new second: the same bytes with another date. A client that is still sent the old ones already
// has the rest of its head, or a copy of it.
void KeptAnswers::redate(KeptAnswer& kept) noexcept {
    std::memcpy(kept.rendered->bytes.data() + kept.rendered->date, date_.data(), http::date_size);
    kept.second = second_;
}

std::shared_ptr<http::Rendered> KeptAnswers::render(const http::Response& response) {
    auto made = std::make_unique<http::Rendered>(http::render_answer(response, date_));
    std::size_t size = made->bytes.size();
    live_bytes_ += size;
    return {made.release(), [this, size](const http::Rendered* gone) {
                live_bytes_ -= size;
                delete gone;
            }};
}

}  // namespace vitals::endpoints
