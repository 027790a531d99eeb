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

// The history of each component, by its place in Look::all. What was not asked for is not known.
class Pasts {
  public:
    Pasts(const Look& look, const Gathered& gathered);
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

// The components that have a row. A page of very many lists the worst, then others in page order,
// and says how many are missing. With a filter, it lists only those that fit.
class Listed {
  public:
    Listed(const Look& look, const std::vector<Group>& groups);
    bool all() const noexcept { return all_; }
    bool filtered() const noexcept { return filtered_; }
    bool has(const Seen& seen) const noexcept { return all_ || rows_[seen.index]; }
    // All of the group.
    bool has(const Group& group) const noexcept;
    // The groups that have a line: those with a row, and without a filter the first others.
    std::vector<const Group*> groups() const;
    // What is missing; nothing if nothing is.
    Markup note() const;
    std::vector<std::string> names() const;  // ascending

  private:
    const Look& look_;
    const std::vector<Group>& groups_;
    bool all_ = true, filtered_ = false;
    std::vector<bool> rows_;  // by Seen::index
    std::size_t fitting_ = 0, wrong_ = 0, listed_ = 0, listed_wrong_ = 0;
};
// Whether the query chooses components.
bool has_filter(const Query& query) noexcept;
// Without a look: the components whose history the overview shows.
std::vector<std::string> listed_names(const View& view, const Facts& facts);

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
Markup group_part(const Look& look, const Group& group, const Listed& listed, const Pasts& pasts,
                  Figures& figures);
Markup workers_part(const Look& look, bool all);
Markup changes_part(const Look& look);
Markup planned_part(const Look& look);

// The buttons for a component that is not ok. Empty without the right to control.
void write_actions(Markup& out, const Look& look, const Seen& seen, bool with_incident);

http::Response overview(const Look& look, const Gathered& gathered);
Parts overview_parts(const Look& look, const Gathered& gathered);

}  // namespace vitals::page
