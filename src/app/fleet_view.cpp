// What people are shown of the fleet beside its components.
#include <fmt/format.h>

#include <utility>

#include "app/fleet_part.hpp"
#include "text/words.hpp"

namespace vitals::app {

namespace {

std::chrono::milliseconds between(Steady moment, Steady now) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now - moment);
}

// Without its workers.
FleetView::Node node_of(const fleet::Node& node, const fleet::Member& member, Steady now,
                        System wall) {
    FleetView::Node shown;
    shown.name = node.name;
    shown.state = node.collides ? FleetView::NodeState::collides
                  : node.silent ? FleetView::NodeState::unheard
                                : FleetView::NodeState::heard;
    shown.version = node.last.version;
    if (!node.restored) shown.configuration = fmt::format("{:016x}", node.last.configuration);
    shown.same_configuration =
        node.restored || !node.last.listens || node.last.configuration == member.configuration();
    shown.host = node.last.host;
    if (node.collides) shown.other_host = node.other_host;
    shown.labels = node.last.labels;
    shown.lag = std::chrono::milliseconds(node.last.lag_ms);
    shown.heard = between(node.heard_at, now);
    shown.heard_at = wall - std::chrono::duration_cast<System::duration>(shown.heard);
    shown.out_of_service = node.last.out_of_service;
    shown.blind = node.last.blind;
    shown.listens = node.last.listens;
    shown.itself = node.name == member.settings().node;
    return shown;
}

}  // namespace

void FleetPart::make_view(Steady now) {
    auto view = std::make_shared<FleetView>();
    const fleet::Member& member = *member_;
    const fleet::Link::Status status = link_->status();
    const System wall = clock_.system();
    view->name = member.settings().fleet;
    view->node = member.settings().node;
    view->connected = status.connected;
    view->in_contact = member.in_contact(now);
    view->listens = member.settings().listens;
    view->lag = lag_;
    if (member.contact()) view->contact = between(*member.contact(), now);
    view->problem = status.problem;
    if (!view->in_contact && member.contact())
        view->silent_since =
            wall - std::chrono::duration_cast<System::duration>(between(*member.contact(), now));
    const auto workers = member.workers();
    view->nodes.reserve(member.nodes().all().size());
    for (const auto& [name, node] : member.nodes().all()) {
        FleetView::Node shown = node_of(node, member, now, wall);
        if (const auto at = workers.find(name); at != workers.end()) shown.workers = at->second;
        view->nodes.push_back(std::move(shown));
    }
    for (const auto& [name, config] : checks_) {
        FleetView::Check check;
        check.component = name;
        check.vantages = member.vantages(name);
        const fleet::Member::Judged judged = member.verdict(name, now);
        for (const fleet::Vote& vote : judged.votes)
            check.votes.push_back({vote.node, std::string(to_string(vote.status))});
        check.status = to_string(view->in_contact ? judged.outcome.status : Status::unknown);
        check.detail = view->in_contact ? judged.outcome.detail : no_contact().detail;
        view->checks.push_back(std::move(check));
    }
    for (const auto& [service, drain] : member.drains().all()) {
        if (drain.text == "OK") continue;
        view->drains.push_back(
            {service, drain.text, drain.by, drain.origin,
             System(std::chrono::duration_cast<System::duration>(
                 std::chrono::milliseconds(static_cast<std::int64_t>(drain.at.wall))))});
    }
    for (const auto& [group, others] : member.other_workers())
        view->workers_elsewhere += others.size();
    view->received = member.figures().received;
    view->unreadable = member.figures().unreadable;
    view->late = member.figures().late;
    view->refused = member.figures().refused;
    view->sent = status.sent;
    view->dropped = status.dropped + status.lost;
    view->reconnects = status.reconnects;
    if (seams_.alerts) view->alerts = seams_.alerts();
    const std::lock_guard lock(mutex_);
    view_ = std::move(view);
}

std::shared_ptr<const FleetView> FleetPart::view() const {
    const std::lock_guard lock(mutex_);
    return view_;
}

}  // namespace vitals::app
