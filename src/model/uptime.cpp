#include "model/uptime.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace vitals {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

namespace {

constexpr System never = System::max();

double ratio(milliseconds part, milliseconds whole) {
    return static_cast<double>(part.count()) / static_cast<double>(whole.count());
}

// The position of a moving instant in a list of stretches.
class Among {
  public:
    explicit Among(std::span<const Stretch> stretches) : stretches_(stretches) {}

    bool inside(System at) {
        while (next_ < stretches_.size() && stretches_[next_].to <= at) ++next_;
        return next_ < stretches_.size() && stretches_[next_].from <= at;
    }
    // When that changes; call it after inside() for the same instant.
    System changes(System at) const {
        if (next_ == stretches_.size()) return never;
        const Stretch& stretch = stretches_[next_];
        return stretch.from <= at ? stretch.to : stretch.from;
    }

  private:
    std::span<const Stretch> stretches_;
    std::size_t next_ = 0;
};

// What instants count as. They must be asked in ascending order.
class Line {
  public:
    explicit Line(const Watched& watched)
        : watched_(watched),
          skipped_(watched.skipped),
          blind_(watched.blind),
          maintenance_(watched.maintenance) {}

    // What the instant counts as, and how long at least.
    Spent look(System at, System& until) {
        while (next_ < watched_.spans.size() && watched_.spans[next_].start <= at) ++next_;
        const Spent state = next_ == 0 ? Spent::unwatched : watched_.spans[next_ - 1].state;
        const bool leapt = skipped_.inside(at);
        const bool planned = maintenance_.inside(at);
        const bool dark = blind_.inside(at);
        until = std::min({skipped_.changes(at), maintenance_.changes(at), blind_.changes(at),
                          next_ < watched_.spans.size() ? watched_.spans[next_].start : never});
        if (leapt || state == Spent::unwatched) return Spent::unwatched;
        if (planned) return Spent::maintenance;
        return dark ? Spent::blind : state;
    }

  private:
    const Watched& watched_;
    Among skipped_;
    Among blind_;
    Among maintenance_;
    std::size_t next_ = 0;  // the first span that starts later
};

}  // namespace

std::string_view to_string(Spent spent) noexcept {
    constexpr std::array<std::string_view, spent_kinds> names{
        "ok", "degraded", "failed", "unknown", "blind", "maintenance", "unwatched"};
    return names[static_cast<std::size_t>(spent)];
}

Spent spent_of(Status status) noexcept {
    switch (status) {
        case Status::ok:
            return Spent::ok;
        case Status::degraded:
            return Spent::degraded;
        case Status::failed:
            return Spent::failed;
        case Status::unknown:
            break;
    }
    return Spent::unknown;
}

std::vector<Stretch> merged(std::vector<Stretch> stretches) {
    std::erase_if(stretches, [](const Stretch& each) { return each.to <= each.from; });
    std::ranges::sort(stretches, {}, &Stretch::from);
    std::vector<Stretch> made;
    for (const Stretch& each : stretches) {
        if (!made.empty() && each.from <= made.back().to)
            made.back().to = std::max(made.back().to, each.to);
        else
            made.push_back(each);
    }
    return made;
}

milliseconds Account::window() const noexcept {
    milliseconds all{};
    for (const milliseconds each : spent) all += each;
    return all;
}

milliseconds Account::up() const noexcept {
    return of(Spent::ok) + of(Spent::degraded);
}

milliseconds Account::down() const noexcept {
    return of(Spent::failed);
}

milliseconds Account::due() const noexcept {
    return window() - of(Spent::maintenance) - of(Spent::unwatched);
}

milliseconds Account::unaccounted() const noexcept {
    return of(Spent::unknown) + of(Spent::blind);
}

std::optional<double> Account::uptime() const noexcept {
    const milliseconds looked_at = up() + down();
    if (looked_at == milliseconds::zero()) return std::nullopt;
    return ratio(up(), looked_at);
}

std::optional<double> Account::coverage() const noexcept {
    if (due() == milliseconds::zero()) return std::nullopt;
    return ratio(up() + down(), due());
}

Spent Account::worst() const noexcept {
    for (const Spent kind : {Spent::failed, Spent::unknown, Spent::degraded, Spent::blind,
                             Spent::maintenance, Spent::ok})
        if (of(kind) > milliseconds::zero()) return kind;
    return Spent::unwatched;
}

Account& Account::operator+=(const Account& other) noexcept {
    for (std::size_t i = 0; i < spent_kinds; ++i) spent[i] += other.spent[i];
    return *this;
}

std::vector<Account> accounts(const Watched& watched, System from, milliseconds step,
                              std::size_t count) {
    std::vector<Account> made(count);
    Line line(watched);
    System at = from;
    for (std::size_t i = 0; i < count; ++i) {
        const System end = from + step * (i + 1);
        while (at < end) {
            System until = never;
            const Spent kind = line.look(at, until);
            until = std::min(until, end);
            made[i].spent[static_cast<std::size_t>(kind)] +=
                duration_cast<milliseconds>(until - at);
            at = until;
        }
    }
    return made;
}

Account account(const Watched& watched, System from, System to) {
    if (to <= from) return {};
    return accounts(watched, from, duration_cast<milliseconds>(to - from), 1).front();
}

std::vector<StateSpan> counted(const Watched& watched, System from, System to) {
    std::vector<StateSpan> made;
    Line line(watched);
    for (System at = from; at < to;) {
        System until = never;
        const Spent kind = line.look(at, until);
        if (made.empty() || made.back().state != kind) made.push_back({at, kind});
        at = until;
    }
    return made;
}

std::string percent_text(const std::optional<double>& part) {
    if (!part) return "not known";
    // A quotient such as 0.29 is slightly below the number that it stands for.
    const double hundredths = std::floor(*part * 10'000 + 1e-9);
    if (hundredths >= 10'000 && *part < 1) return "99.99 %";
    const auto whole = static_cast<long>(hundredths);
    if (whole % 100 == 0) return fmt::format("{} %", whole / 100);
    return fmt::format("{}.{:02} %", whole / 100, whole % 100);
}

double Budget::left() const noexcept {
    return whole.count() == 0 ? 0 : 1 - ratio(spent, whole);
}

double Budget::left_at_worst() const noexcept {
    return whole.count() == 0 ? 0 : 1 - ratio(spent + unaccounted, whole);
}

Budget budget_of(const Account& account, double target) noexcept {
    const double whole = (1 - target) * static_cast<double>(account.due().count());
    return {milliseconds(std::llround(whole)), account.down(), account.unaccounted()};
}

double burn_of(const Account& account, double target) noexcept {
    const milliseconds looked_at = account.up() + account.down();
    if (looked_at == milliseconds::zero() || target >= 1) return 0;
    return ratio(account.down(), looked_at) / (1 - target);
}

}  // namespace vitals
