// What people do at the desk.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "alerts/desk.hpp"

namespace vitals::alerts {

namespace {

constexpr std::size_t most_notes = 200;        // of an incident
constexpr std::size_t most_mutes = 1'000;      // beside those of the configuration
constexpr std::size_t longest_text = 4'096;    // bytes, of a note
constexpr std::size_t longest_reason = 1'024;  // bytes

Desk::Answer refuse(std::string problem) {
    Desk::Answer answer;
    answer.problem = std::move(problem);
    return answer;
}

}  // namespace

const IncidentRecord* Desk::open_one(std::string_view id, Answer& answer) const {
    const auto found =
        std::ranges::find_if(records_, [&](const auto& each) { return each.second->id == id; });
    if (found == records_.end()) {
        answer.problem = "there is no incident of this id";
        answer.unknown = true;
        return nullptr;
    }
    if (found->second->closed) {
        answer.problem = "the incident is over";
        answer.over = true;
    }
    return found->second.get();
}

Desk::Answer Desk::acknowledge(std::string_view id, std::string by, std::string reason,
                               Durable durable) {
    Answer answer;
    const IncidentRecord* record = open_one(id, answer);
    if (!answer.problem.empty()) return answer;
    if (reason.size() > longest_reason) return refuse("the reason is longer than 1 KiB");
    const std::uint64_t number = record->number;
    if (!take_acknowledgement(number, {seams_.moment().wall, std::move(by), std::move(reason)})) {
        answer.problem = "the incident is over";
        answer.over = true;
        return answer;
    }
    answer.id = std::string(id);
    waiting_.answers.push_back(std::move(durable));
    urgent_ = true;
    turn();
    pass_on_acknowledgement(number);
    return answer;
}

// A note may also be added to a closed incident: the reason is often known later.
Desk::Answer Desk::note(std::string_view id, std::string by, NoteState state, bool is_public,
                        std::string text, Durable durable) {
    Answer answer;
    const IncidentRecord* known = open_one(id, answer);
    if (known == nullptr) return answer;
    answer = {};
    if (text.empty()) return refuse("the note has no text");
    if (text.size() > longest_text) return refuse("the note is longer than 4 KiB");
    if (known->notes.size() >= most_notes)
        return refuse(fmt::format("the incident has {} notes already", most_notes));
    const Moment moment = seams_.moment();
    IncidentRecord record = *known;
    const Note& added = record.notes.emplace_back(Note{.id = counters_.next_note++,
                                                       .incident = record.number,
                                                       .at = moment.wall,
                                                       .by = std::move(by),
                                                       .state = state,
                                                       .is_public = is_public,
                                                       .text = std::move(text)});
    answer.id = std::to_string(added.id);
    unsaved(DeskRow::Kind::counters, {});
    add_happening({.at = moment.wall,
                   .what = Happening::What::note,
                   .component = record.roots.empty() ? std::string() : record.roots[0],
                   .incident = record.number,
                   .text = added.text,
                   .by = added.by});
    replace(std::move(record));
    waiting_.answers.push_back(std::move(durable));
    urgent_ = true;
    turn();
    return answer;
}

Desk::Answer Desk::mute(Mute mute, Durable durable) {
    const Moment moment = seams_.moment();
    if (!policy_) return refuse("vitals has just started; try again in a moment");
    if (mute.until <= moment.wall) return refuse("the end is in the past");
    if (mute.reason.empty()) return refuse("a reason is missing");
    if (mute.reason.size() > longest_reason) return refuse("the reason is longer than 1 KiB");
    if (mute.match.empty()) return refuse("it names no component");
    for (const std::string& word : mute.match.words())
        if (std::string problem = selector_problem(word); !problem.empty()) return refuse(problem);
    const auto is_full = [this] {
        const std::vector<Mute> all = policy_->mutes().all();
        return std::ranges::count(all, false, &Mute::configured) >= static_cast<long>(most_mutes);
    };
    // Those that are over make room.
    if (is_full())
        for (const std::string& id : policy_->mutes().forget_ended(moment.wall))
            unsaved(DeskRow::Kind::mute, id);
    if (is_full()) return refuse(fmt::format("there are {} silences already", most_mutes));
    Answer answer;
    const bool maintenance = mute.kind == Mute::Kind::maintenance;
    mute.id = fmt::format("{}{}", maintenance ? "m" : "s", counters_.next_mute++);
    answer.id = mute.id;
    unsaved(DeskRow::Kind::counters, {});
    unsaved(DeskRow::Kind::mute, mute.id);
    add_happening({.at = moment.wall,
                   .what = Happening::What::silenced,
                   .component = mute.match.words()[0],
                   .text = mute.reason,
                   .by = mute.by});
    policy_->mutes().add(std::move(mute));
    mutes_changed_ = true;
    waiting_.answers.push_back(std::move(durable));
    urgent_ = true;
    turn();
    return answer;
}

Desk::Answer Desk::end_mute(std::string_view id, std::string by, Durable durable) {
    Answer answer;
    const std::vector<Mute> all = policy_ ? policy_->mutes().all() : std::vector<Mute>();
    const auto found = std::ranges::find(all, id, &Mute::id);
    if (found == all.end()) {
        answer.problem = "there is no silence or maintenance of this id";
        answer.unknown = true;
        return answer;
    }
    if (found->configured)
        return refuse("it stands in the configuration; remove it there and reload");
    answer.id = std::string(id);
    policy_->mutes().end(id);
    unsaved(DeskRow::Kind::mute, std::string(id));
    add_happening({.at = seams_.moment().wall,
                   .what = Happening::What::unsilenced,
                   .component = found->match.words().empty() ? "" : found->match.words()[0],
                   .text = found->reason,
                   .by = std::move(by)});
    mutes_changed_ = true;
    waiting_.answers.push_back(std::move(durable));
    urgent_ = true;
    turn();
    return answer;
}

Desk::Answer Desk::announce(std::string component, std::string text, std::string by,
                            Durable durable) {
    if (!policy_) return refuse("vitals has just started; try again in a moment");
    if (text.empty()) return refuse("it does not say what was done");
    if (text.size() > longest_reason) return refuse("the text is longer than 1 KiB");
    add_happening({.at = seams_.moment().wall,
                   .what = Happening::What::announced,
                   .component = std::move(component),
                   .text = std::move(text),
                   .by = std::move(by)});
    waiting_.answers.push_back(std::move(durable));
    urgent_ = true;
    turn();
    return {};
}

}  // namespace vitals::alerts
