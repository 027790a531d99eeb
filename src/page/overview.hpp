// The overview: the verdict, all groups, the workers, what changed, what is planned. Each part is
// complete, because the stream sends them one by one.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "page/bars.hpp"
#include "page/frame.hpp"

namespace vitals::page {

// The history of each component, by its place in Look::all.
class Pasts {
  public:
    Pasts(const Look& look, const Needs& needs, const Gathered& gathered);
    const History& history(const Seen& seen) const { return histories_[seen.index]; }
    const UsualTimes* usual(const Seen& seen) const;
    bool away() const noexcept { return away_; }

  private:
    std::vector<History> histories_;
    std::vector<const UsualTimes*> usual_;
    bool away_ = false;
};

struct Group {
    std::string_view name;  // empty: those without one
    std::vector<const Seen*>
        wrong;  // or in maintenance: the worst first, causes before consequences
    std::vector<const Seen*> well;  // by name
    int rank() const noexcept { return wrong.empty() ? 9 : rank_of(wrong.front()->shape); }
    std::size_t size() const noexcept { return wrong.size() + well.size(); }
    std::string id() const;  // `g-payments`
};
// Groups with a problem first, by their worst component; then the others.
std::vector<Group> groups_of(const Look& look);

// Response and age of each row, in page order, as JSON; filled in while rows are written.
class Figures {
  public:
    void add(std::string_view response, std::string_view age);
    std::string take() { return "[" + std::move(rows_) + "]"; }

  private:
    std::string rows_;
};

// What is shown of a component in addition to its state: who acknowledged it, that it is muted,
// that it flaps.
std::string remarks_on(const Look& look, const Seen& seen);

Markup verdict_part(const Look& look, const Verdict& verdict);
Markup chips_part(const Look& look);
Markup group_part(const Look& look, const Group& group, const Pasts& pasts, Figures& figures);
Markup workers_part(const Look& look, bool all);
Markup changes_part(const Look& look);
Markup planned_part(const Look& look);

// The buttons for a component that is not ok. Empty without the right to control.
void write_actions(Markup& out, const Look& look, const Seen& seen, bool with_incident);

http::Response overview(const Look& look, const Needs& needs, const Gathered& gathered);
Parts overview_parts(const Look& look, const Needs& needs, const Gathered& gathered);

}  // namespace vitals::page
