#include "endpoints/live_view.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "endpoints/event_stream.hpp"

namespace vitals::endpoints {
namespace {

using PartsPointer = std::shared_ptr<const page::Parts>;

constexpr std::size_t most_views = 64;
constexpr std::chrono::milliseconds together{500};       // changes of one part
constexpr std::chrono::milliseconds shortest_pause{20};  // between two renderings
constexpr int pause_of_cost = 4;  // the same, as a multiple of the time of one rendering
constexpr std::chrono::milliseconds oldest_history{10'000};

const page::Part* find(const page::Parts& parts, std::string_view key) {
    const auto found = std::ranges::find(parts.parts, key, &page::Part::key);
    return found == parts.parts.end() ? nullptr : &*found;
}

// What a newly loaded page is assumed to show: the same parts, as they were before.
page::Parts before_all(const page::Parts& now) {
    page::Parts before = now;
    for (page::Part& part : before.parts) {
        part.html.clear();
        part.digest = 0;
    }
    before.rows.clear();
    return before;
}

}  // namespace

class LiveView : public std::enable_shared_from_this<LiveView> {
  public:
    LiveView(LiveViews& views, Visit visit) : views_(views), visit_(std::move(visit)) {}

    // Renders it again when something changed and it is time.
    void refresh(Steady now);
    // Null: the history was not heard yet.
    const PartsPointer& current() const noexcept { return current_; }
    // The difference between what a client was sent and the present state; null: a new client.
    const page::Update& update_from(const PartsPointer& had);
    std::string beat() {
        visit_.request.now_system = views_.shared_.clock.system();
        return page::beat_of(visit_.facts(views_.sight_.snapshot(), views_.sight_.board()));
    }
    Steady next() const noexcept { return next_; }
    bool figures() const noexcept { return figures_; }

  private:
    void ask_history(Steady now);
    void render(Steady now, bool figures);
    void hold_back(page::Parts& fresh, Steady now);

    LiveViews& views_;
    Visit visit_;
    std::shared_ptr<const Gathering::Found> found_;
    bool asking_ = false;
    PartsPointer previous_, current_;
    page::Update update_;                              // from previous_
    std::map<PartsPointer, page::Update> others_;      // from older ones, and from nothing
    std::map<std::string, Steady, std::less<>> sent_;  // when a part changed last, by its key
    std::uint64_t seen_ = 0;                           // of the sight
    Steady not_before_ = Steady::min();
    Steady release_ = Steady::max();  // of a change that is held back
    Steady beat_ = Steady::min();
    Steady next_ = Steady::max();
    bool figures_ = false;
};

void LiveView::refresh(Steady now) {
    views_.sight_.look(now);
    if (found_ == nullptr || now - found_->at > oldest_history) ask_history(now);
    if (found_ == nullptr) return;
    const bool beat = now >= beat_;
    const bool due =
        beat || current_ == nullptr || seen_ != views_.sight_.version() || now >= release_;
    if (due && now >= not_before_) render(now, beat);
    next_ = std::min(beat_, release_);
    if (seen_ != views_.sight_.version()) next_ = not_before_;
    next_ = std::max(next_, not_before_);
}

void LiveView::ask_history(Steady now) {
    if (asking_) return;
    asking_ = true;
    visit_.request.now = now;
    visit_.request.now_system = views_.shared_.clock.system();
    visit_.look(views_.shared_.control);
    const page::Facts facts = visit_.facts(views_.sight_.snapshot(), views_.sight_.board());
    const bool first = found_ == nullptr;
    views_.gathering_.gather(
        visit_.history_key(), page::needs_of(visit_.view, facts), now, visit_.request.now_system,
        std::chrono::seconds(1),
        [weak = weak_from_this(), first](const std::shared_ptr<const Gathering::Found>& found) {
            const auto self = weak.lock();
            if (self == nullptr) return;
            self->asking_ = false;
            self->found_ = found;
            // A client that waits for its first event gets it at once; for others the next beat is
            // early enough.
            if (first) self->views_.loop_.ask_streams();
        });
}

void LiveView::render(Steady now, bool figures) {
    const auto begin = std::chrono::steady_clock::now();
    visit_.request.now = now;
    visit_.request.now_system = views_.shared_.clock.system();
    visit_.look(views_.shared_.control);
    const page::Facts facts = visit_.facts(views_.sight_.snapshot(), views_.sight_.board());
    page::Parts fresh = page::parts_of(visit_.view, facts, found_->gathered);
    // Others are shown now: their history is asked for.
    if (found_->gathered.names != page::needs_of(visit_.view, facts).names) found_ = nullptr;
    views_.kept_.count_made();
    seen_ = views_.sight_.version();
    release_ = Steady::max();
    if (current_ != nullptr && current_->set == fresh.set) hold_back(fresh, now);
    previous_ = std::exchange(current_, std::make_shared<const page::Parts>(std::move(fresh)));
    others_.clear();
    figures_ = figures;
    update_ =
        previous_ == nullptr ? page::Update{} : page::update_of(*previous_, *current_, figures);
    if (figures) beat_ = next_beat(now);
    const auto cost = std::chrono::steady_clock::now() - begin;
    not_before_ = now + std::max<Steady::duration>(shortest_pause, pause_of_cost * cost);
}

// The first change of a part is sent at once; changes soon after it are sent together.
void LiveView::hold_back(page::Parts& fresh, Steady now) {
    for (page::Part& part : fresh.parts) {
        const page::Part* before = find(*current_, part.key);
        if (before == nullptr || before->digest == part.digest) continue;
        const auto sent = sent_.find(part.key);
        if (sent != sent_.end() && now - sent->second < together) {
            release_ = std::min(release_, sent->second + together);
            part = *before;
        } else {
            sent_[part.key] = now;
        }
    }
}

const page::Update& LiveView::update_from(const PartsPointer& had) {
    if (had != nullptr && had == previous_) return update_;
    const auto found = others_.find(had);
    if (found != others_.end()) return found->second;
    return others_
        .emplace(had, had == nullptr ? page::update_of(before_all(*current_), *current_, true)
                                     : page::update_of(*had, *current_, true))
        .first->second;
}

namespace {

class PageStream final : public Stream {
  public:
    PageStream(Shared& shared, std::shared_ptr<LiveView> view, const Visit& visit,
               std::uint64_t last, std::string shown)
        : shared_(shared),
          view_(std::move(view)),
          routes_(visit.routes),
          cookie_(visit.cookie),
          identity_(visit.identity),
          last_(last),
          shown_(std::move(shown)) {}

    void pull(std::string& out, Steady now) override {
        if (std::exchange(begins_, false)) out += "retry: 2000\n\n";
        const bool beat = now >= beat_;
        if (beat) beat_ = next_beat(now);
        view_->refresh(now);
        const PartsPointer& current = view_->current();
        // The page of other components, or of another program, is loaded again.
        if ((current != nullptr && last_ != 0 && had_ == nullptr && last_ != current->set) ||
            (beat && !still_may(now)))
            return reload(out);
        bool said = false;
        if (current != nullptr && current != had_) said = tell(out, current);
        if (beat && !said && !over_)
            append_event(out, current == nullptr ? 0 : current->set, "beat", view_->beat());
    }
    Steady next() const noexcept override { return std::min(beat_, view_->next()); }
    bool over() const noexcept override { return over_; }
    // The page tries again by itself.
    void end(std::string&) override {}
    std::size_t held() const noexcept override {
        return sizeof *this + cookie_.capacity() + shown_.capacity();
    }

  private:
    bool tell(std::string& out, const PartsPointer& current) {
        const std::optional<page::Update> first = first_update(*current);
        const page::Update& update = first ? *first : view_->update_from(had_);
        had_ = current;
        if (update.reload) {
            reload(out);
        } else if (!update.data.empty()) {
            append_event(out, current->set, "part", update.data);
            return true;
        }
        return false;
    }
    // A newly loaded page says what it shows; one that has received events no longer shows that.
    std::optional<page::Update> first_update(const page::Parts& current) {
        const std::string shown = std::exchange(shown_, {});
        if (had_ != nullptr || last_ != 0) return std::nullopt;
        const auto before = page::parts_shown(current, shown);
        return before ? std::optional(page::update_of(*before, current, false)) : std::nullopt;
    }
    void reload(std::string& out) {
        append_event(out, 0, "reload", {});
        over_ = true;
    }
    // An ended session shows no more of what it was allowed to see.
    bool still_may(Steady now) const {
        return cookie_.empty() || shared_.sessions.identify(*routes_, cookie_, now) == identity_;
    }

    Shared& shared_;
    const std::shared_ptr<LiveView> view_;
    const std::shared_ptr<const Routes> routes_;
    const std::string cookie_;
    const Identity identity_;
    const std::uint64_t last_;  // the set that the page says it has; 0: none
    std::string shown_;         // the digests of the page's parts, until they are compared
    PartsPointer had_;
    Steady beat_ = Steady::min();
    bool begins_ = true;
    bool over_ = false;
};

}  // namespace

std::unique_ptr<Stream> LiveViews::open(Visit visit, std::string_view last, std::string shown) {
    std::uint64_t set = 0;
    std::from_chars(last.data(), last.data() + last.size(), set);
    const std::string key = visit.sight_key();
    std::shared_ptr<LiveView> view;
    if (const auto found = views_.find(key); found != views_.end()) view = found->second.lock();
    if (view == nullptr) {
        std::erase_if(views_, [](const auto& each) { return each.second.expired(); });
        if (views_.size() >= most_views) return nullptr;
        view = std::make_shared<LiveView>(*this, visit);
        views_[key] = view;
    }
    return std::make_unique<PageStream>(shared_, std::move(view), visit, set, std::move(shown));
}

}  // namespace vitals::endpoints
