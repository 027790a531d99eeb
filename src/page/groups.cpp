// Groups and their rows. A group that is all ok is one line; another one shows its rows that are
// not ok, and folds the rest.
#include <algorithm>
#include <iterator>
#include <span>
#include <tuple>

#include <fmt/format.h>

#include "model/clock.hpp"
#include "page/overview.hpp"
#include "text/amount.hpp"
#include "text/escape.hpp"
#include "text/json.hpp"
#include "text/percent.hpp"

namespace vitals::page {

namespace {

// Rows of all components have a sparkline only on small pages.
constexpr std::size_t sparks_up_to = 60;
// Beyond this many components, the page lists only so many, and so many groups without a row.
constexpr std::size_t most_listed = 1000, most_bare_groups = 200;
// A filter unfolds a group with at most this many matching rows, as the script does.
constexpr std::size_t unfolds_up_to = 40;

std::string lower(std::string_view text) {
    std::string made(text);
    for (char& c : made)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return made;
}

struct Filter {
    explicit Filter(const Look& look) : query(look.facts.query) {
        std::string word;
        for (const char c : lower(query.search) + " ") {
            if (c != ' ')
                word += c;
            else if (!word.empty())
                words.push_back(std::exchange(word, {}));
        }
    }
    bool on() const { return !words.empty() || !query.state.empty(); }
    bool fits(const Look& look, const Seen& seen) const {
        if (!query.state.empty()) {
            const char wanted = query.state.front();
            const char symbol = symbol_of(seen.shape);
            if ((symbol == 'b' ? 'u' : symbol) != wanted) return false;
        }
        if (words.empty()) return true;
        const std::string text = lower(seen.name() + " " + look.word(seen) + " " + look.why(seen));
        return std::ranges::all_of(
            words, [&](const std::string& word) { return text.find(word) != std::string::npos; });
    }

    const Query& query;
    std::vector<std::string> words;
};

std::string age_of(const Look& look, const Seen& seen) {
    return seen.state->last == nullptr ? "\u2013"
                                       : text::spoken_age(look.now - seen.state->observed);
}

std::string response_of(const Seen& seen) {
    return response_text(seen.state->last == nullptr ? std::chrono::nanoseconds{}
                                                     : seen.state->last->duration);
}

void write_ok_row(Markup& out, const Look& look, const Seen& seen, const Pasts& pasts, bool sparks,
                  bool hidden, Figures& figures) {
    const std::string age = age_of(look, seen), response = response_of(seen);
    figures.add(response, age);
    out.raw(hidden ? "<tr hidden><th scope=row><a href=\"" : "<tr><th scope=row><a href=\"")
        .text(look.link(seen.name()))
        .raw("\">")
        .text(seen.state->component->short_name())
        .raw("</a><td>ok");
    if (const std::string why = look.why(seen); !why.empty() && why != "ok") {
        const bool counted = why.starts_with("ok, ");  // thresholds hold a change back
        out.raw(", ").text(counted ? std::string_view(why).substr(4) : std::string_view(why));
    }
    if (const std::string more = remarks_on(look, seen); !more.empty()) out.raw("; ").text(more);
    out.raw("<td>");
    pasts.history(seen).write(out);
    out.raw("<td>").figure(response);
    if (sparks)
        if (const UsualTimes* usual = pasts.usual(seen)) write_spark(out, *usual);
    out.raw("<td>");
    pasts.history(seen).write_uptime(out);
    out.raw("<td>").figure(age).raw("\n");
}

// Until when a maintenance lasts, why, and what is measured meanwhile.
void write_maintenance(Markup& out, const Look& look, const Seen& seen) {
    if (seen.mute->until) out.raw("until ").time(*seen.mute->until, Moment::minute);
    if (look.may_read && !seen.mute->reason.empty())
        out.raw(seen.mute->until ? ": " : "").text(text::one_line(seen.mute->reason));
    if (look.may_read && !seen.mute->by.empty()) out.raw(", ").text(seen.mute->by);
    const Status measured = seen.state->status(look.now);
    out.raw(seen.mute->until || look.may_read ? ". Measured: " : "Measured: ")
        .raw(to_string(measured));
    if (const std::string why = look.why(seen); !why.empty() && why != to_string(measured))
        out.raw(", ").text(why);
}

void write_wrong_row(Markup& out, const Look& look, const Seen& seen, const Pasts& pasts,
                     bool hidden, Figures& figures) {
    const std::string age = age_of(look, seen), response = response_of(seen);
    figures.add(response, age);
    const char colour = colour_of(seen.shape);
    const char symbol = symbol_of(seen.shape);
    const char kind = symbol == 'b' ? 'u' : symbol;
    out.raw(hidden ? "<tr class=x role=row hidden>" : "<tr class=x role=row>")
        .raw("<th scope=row role=rowheader data-k=")
        .raw({&kind, 1})
        .raw("><a href=\"")
        .text(look.link(seen.name()))
        .raw("\">");
    write_shape(out, seen.shape, false);
    out.text(seen.state->component->short_name());
    if (seen.cause != nullptr) out.raw("<small>needs ").text(seen.cause->name()).raw("</small>");
    out.raw("</a><td role=cell><b class=").raw({&colour, 1}).raw(">").text(look.word(seen));
    out.raw("</b> <span class=q2>");
    if (seen.state->last != nullptr && !seen.stale(look.now))
        out.raw("since ").time(seen.state->since, Moment::minute);
    if (const std::string more = remarks_on(look, seen); !more.empty()) out.raw("; ").text(more);
    out.raw("</span>");
    if (seen.shape == Shape::maintenance) {
        out.raw("<br>");
        write_maintenance(out, look, seen);
    } else if (const std::string why = look.why(seen); !why.empty()) {
        out.raw("<br>");
        // The age of a stale result still counts.
        if (seen.stale(look.now))
            out.figure(why);
        else
            out.text(why);
    }
    out.raw("<td role=cell>");
    pasts.history(seen).write(out);
    out.raw("<td role=cell>").figure(response);
    if (const UsualTimes* usual = pasts.usual(seen)) write_spark(out, *usual);
    out.raw("<td role=cell>");
    pasts.history(seen).write_uptime(out);
    out.raw("<td role=cell>").figure(age).raw("\n");
}

void open_rows(Markup& out, std::string_view label, std::string_view more = {}) {
    out.raw("<table class=t aria-label=\"")
        .text(label)
        .raw(more)
        .raw(
            "\"><colgroup><col><col><col><col><col><col></colgroup><thead "
            "class=vh><tr><th>Component"
            "<th>State<th>History<th>Response<th>Uptime<th>Age</thead><tbody>");
}

// Half of the components answer faster.
std::chrono::microseconds usual_of(const Group& group, const Pasts& pasts) {
    std::vector<std::chrono::microseconds> times;
    for (const auto* list : {&group.wrong, &group.well})
        for (const Seen* seen : *list)
            if (const UsualTimes* usual = pasts.usual(*seen);
                usual != nullptr && usual->p50.count() > 0)
                times.push_back(usual->p50);
    if (times.empty()) return {};
    std::ranges::nth_element(times, times.begin() + static_cast<long>(times.size() / 2));
    return times[times.size() / 2];
}

// Writes the line of a group with its heading.
std::string_view heading_of(const Group& group, const Look& look) {
    if (!group.name.empty()) return group.name;
    return group.size() == look.watched.size() ? "components" : "without a group";
}

// The rest of a group, which has no row.
void write_missing(Markup& out, const Look& look, const Group& group, const Listed& listed) {
    if (listed.filtered()) return;
    const auto missing = [&listed](const std::vector<const Seen*>& seen) {
        return static_cast<std::size_t>(
            std::ranges::count_if(seen, [&](const Seen* one) { return !listed.has(*one); }));
    };
    const std::size_t wrong = missing(group.wrong), well = missing(group.well);
    if (wrong + well == 0) return;
    out.raw("<p class=\"s q2 ms\">");
    if (wrong > 0) out.raw(fmt::format("<b class=F>{} not ok or in maintenance</b>", wrong));
    if (well > 0) out.raw(fmt::format("{}{} ok", wrong > 0 ? " and " : "", well));
    out.raw(" are not listed");
    if (!group.name.empty())
        out.raw(": <a href=\"?h=")
            .raw(query_of(look.facts.query.range))
            .raw("&amp;q=")
            .text(text::percent_encoded(std::string(group.name) + "/"))
            .raw("\">only this group</a>");
    out.raw("</p>");
}

void write_well_group(Markup& out, const Look& look, const Group& group, const Listed& listed,
                      const Pasts& pasts, const Filter& filter, Figures& figures) {
    const bool sparks = look.watched.size() <= sparks_up_to;
    Markup rows;
    std::size_t fitting = 0;
    for (const Seen* seen : group.well) {
        if (!listed.has(*seen)) continue;
        const bool fits = !filter.on() || filter.fits(look, *seen);
        fitting += fits;
        write_ok_row(rows, look, *seen, pasts, sparks, !fits, figures);
    }
    const bool open =
        filter.on() ? fitting > 0 && fitting <= unfolds_up_to : look.facts.query.unfold_all;
    out.raw("<details class=g id=\"").text(group.id()).raw("\"");
    if (filter.on() && fitting == 0) out.raw(" hidden");
    out.raw(open ? " open>" : ">").raw("<summary class=gl><h3>").text(heading_of(group, look));
    out.raw("</h3><span class=O>");
    write_icon(out, 'o');
    out.raw(fmt::format(" {} ok</span><span>", group.well.size()));
    // The bars are the worst of all: those of some would hide what the others did.
    if (listed.has(group)) {
        History whole;
        for (const Seen* seen : group.well) whole.add(pasts.history(*seen));
        whole.write(out, false, group.well.size() > 1 ? "All together. " : "");
        out.raw("</span><span>").figure(response_text(usual_of(group, pasts))).raw("</span><span>");
        whole.write_uptime(out);
    } else {
        out.raw("</span><span></span><span>");
    }
    out.raw("</span><span></span></summary>");
    if (rows.size() > 0) {
        open_rows(out, heading_of(group, look));
        out.add(rows).raw("</table>");
    }
    write_missing(out, look, group, listed);
    out.raw("</details>");
}

void write_count(Markup& out, const Group& group) {
    const auto wrong = static_cast<std::size_t>(
        std::ranges::count_if(group.wrong, [](const Seen* seen) { return seen->wrong(); }));
    const char colour = colour_of(group.wrong.front()->shape);
    out.raw("<span class=").raw({&colour, 1}).raw(">");
    if (wrong > 0)
        out.raw(fmt::format("{} of {} not ok", wrong, group.size()));
    else
        out.raw(fmt::format("{} of {} in maintenance", group.wrong.size(), group.size()));
    out.raw("</span>");
}

}  // namespace

void Figures::add(std::string_view response, std::string_view age) {
    rows_ += rows_.empty() ? "[" : ",[";
    text::JsonWriter json(rows_);
    json.value(response);
    rows_ += ',';
    text::JsonWriter(rows_).value(age);
    rows_ += ']';
}

std::string Group::id() const {
    return "g-" + text::percent_encoded(name);
}

std::vector<Group> groups_of(const Look& look) {
    std::map<std::string_view, Group> by_name;
    for (const Seen* seen : look.watched) {
        Group& group = by_name[seen->state->component->group()];
        (seen->shape == Shape::ok ? group.well : group.wrong).push_back(seen);
    }
    std::vector<Group> groups;
    for (auto& [name, group] : by_name) {
        group.name = name;
        std::ranges::sort(group.wrong, {}, [](const Seen* seen) {
            return std::tuple(rank_of(seen->shape), seen->cause != nullptr, seen->index);
        });
        groups.push_back(std::move(group));
    }
    std::ranges::sort(
        groups, {},
        [](const Group& group) {  // The group of a cause stands before those of its consequences.
            const bool follows = !group.wrong.empty() && group.wrong.front()->cause != nullptr;
            return std::tuple(group.rank(), follows, group.name);
        });
    return groups;
}

Listed::Listed(const Look& look, const std::vector<Group>& groups)
    : look_(look), groups_(groups), all_(look.watched.size() <= most_listed) {
    if (all_) return;
    const Filter filter(look);
    filtered_ = filter.on();
    rows_.resize(look.all.size());
    const auto fits = [&](const Seen* seen) { return !filtered_ || filter.fits(look, *seen); };
    std::vector<const Seen*> fitting;
    for (const Group& group : groups)
        std::ranges::copy_if(group.wrong, std::back_inserter(fitting), fits);
    wrong_ = fitting.size();
    std::ranges::sort(fitting, {}, [](const Seen* seen) {
        return std::tuple(rank_of(seen->shape), seen->cause != nullptr, seen->index);
    });
    for (const Group& group : groups)
        std::ranges::copy_if(group.well, std::back_inserter(fitting), fits);
    fitting_ = fitting.size();
    listed_ = std::min(fitting_, most_listed);
    listed_wrong_ = std::min(wrong_, listed_);
    for (const Seen* seen : std::span(fitting).first(listed_)) rows_[seen->index] = true;
}

bool Listed::has(const Group& group) const noexcept {
    const auto listed = [this](const Seen* seen) { return has(*seen); };
    return std::ranges::all_of(group.wrong, listed) && std::ranges::all_of(group.well, listed);
}

std::vector<const Group*> Listed::groups() const {
    const auto listed = [this](const Seen* seen) { return has(*seen); };
    std::vector<const Group*> shown;
    std::size_t bare = 0;
    for (const Group& group : groups_)
        if (all_ || std::ranges::any_of(group.wrong, listed) ||
            std::ranges::any_of(group.well, listed) || (!filtered_ && bare++ < most_bare_groups))
            shown.push_back(&group);
    return shown;
}

Markup Listed::note() const {
    Markup out;
    out.raw("<p class=\"s sh2\" id=listed>");
    if (filtered_)
        out.raw(fmt::format("{} of {} components fit. ", fitting_, look_.watched.size()));
    if (listed_ < fitting_) {
        out.raw(fmt::format("<b>{} of {} are listed</b>, the worst first. ", listed_, fitting_));
        if (listed_wrong_ < wrong_)
            out.raw(fmt::format(
                "<b class=F>{} more that are not ok or in maintenance are not "
                "listed</b>{}. ",
                wrong_ - listed_wrong_,
                fitting_ > wrong_ ? fmt::format(", and {} that are ok", fitting_ - wrong_)
                                  : std::string()));
        else
            out.raw(fmt::format("The other {} are ok. ", fitting_ - listed_));
        out.raw("Filter by name, or choose a state, to see others.");
    }
    if (const std::size_t lines = groups().size(); !filtered_ && lines < groups_.size())
        out.raw(fmt::format(" {} of {} groups have a line.", lines, groups_.size()));
    if (filtered_)
        out.raw("This list is of ").time(look_.at).raw(" and does not change by itself.");
    out.raw("</p>");
    return out;
}

std::vector<std::string> Listed::names() const {
    std::vector<std::string> names;
    for (const Seen* seen : look_.watched)
        if (has(*seen)) names.push_back(seen->name());
    return names;
}

bool has_filter(const Query& query) noexcept {
    return !query.state.empty() || query.search.find_first_not_of(' ') != std::string::npos;
}

std::vector<std::string> listed_names(const View& view, const Facts& facts) {
    const auto states = dialects::visible(facts.snapshot, facts.request, false);
    if (states.size() > most_listed) {
        const Look look(facts, view);
        const std::vector<Group> groups = groups_of(look);
        return Listed(look, groups).names();
    }
    std::vector<std::string> names;
    for (const ComponentState* state : states) names.push_back(state->name());
    return names;
}

std::string remarks_on(const Look& look, const Seen& seen) {
    std::string text;
    const auto add = [&text](std::string_view more) {
        text += text.empty() ? "" : "; ";
        text += more;
    };
    const auto by = [&look](const std::string& who) {
        return look.may_read && !who.empty() ? " by " + text::one_line(who) : std::string();
    };
    if (seen.incident != nullptr && seen.incident->acknowledged)
        add("acknowledged" + by(seen.incident->acknowledged->by));
    if (seen.mute != nullptr && !seen.mute->maintenance) add("silenced" + by(seen.mute->by));
    if (seen.flapping) add("flapping");
    return text;
}

Markup group_part(const Look& look, const Group& group, const Listed& listed, const Pasts& pasts,
                  Figures& figures) {
    const Filter filter(look);
    Markup out;
    if (group.wrong.empty()) {
        write_well_group(out, look, group, listed, pasts, filter, figures);
        return out;
    }
    Markup wrong, well;
    std::size_t fitting = 0, well_fitting = 0;
    for (const Seen* seen : group.wrong) {
        if (!listed.has(*seen)) continue;
        const bool fits = !filter.on() || filter.fits(look, *seen);
        fitting += fits;
        write_wrong_row(wrong, look, *seen, pasts, !fits, figures);
    }
    const bool sparks = look.watched.size() <= sparks_up_to;
    for (const Seen* seen : group.well) {
        if (!listed.has(*seen)) continue;
        const bool fits = !filter.on() || filter.fits(look, *seen);
        well_fitting += fits;
        write_ok_row(well, look, *seen, pasts, sparks, !fits, figures);
    }
    out.raw("<section class=g id=\"").text(group.id()).raw("\"");
    if (filter.on() && fitting + well_fitting == 0) out.raw(" hidden");
    out.raw("><div class=gh><h3>");
    write_shape(out, group.wrong.front()->shape);
    out.text(heading_of(group, look)).raw("</h3>");
    write_count(out, group);
    out.raw("</div>");
    if (wrong.size() > 0) {
        open_rows(out, heading_of(group, look), ", not ok");
        out.add(wrong).raw("</table>");
    }
    if (well.size() > 0) {
        out.raw("<details class=more id=\"m-").text(text::percent_encoded(group.name)).raw("\"");
        if (filter.on() && well_fitting == 0) out.raw(" hidden");
        const bool open = filter.on() ? well_fitting > 0 && well_fitting <= unfolds_up_to
                                      : look.facts.query.unfold_all;
        out.raw(open ? " open>" : ">");
        const auto rows = std::ranges::count_if(
            group.well, [&listed](const Seen* seen) { return listed.has(*seen); });
        out.raw(fmt::format("<summary>{} more, all ok</summary>", rows));
        open_rows(out, heading_of(group, look));
        out.add(well).raw("</table></details>");
    }
    write_missing(out, look, group, listed);
    out.raw("</section>");
    return out;
}

}  // namespace vitals::page
