// The desk: here verdicts become incidents, people record what they do about them, and messages are
// sent. It drives the machine of incidents and the policy of alerts, saves their decisions before
// anything acts on them, and shows the board. It runs on the engine's thread; whatever may wait
// (the disk, a receiver) is behind a seam.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "alerts/actions.hpp"
#include "alerts/addresses.hpp"
#include "alerts/alert.hpp"
#include "alerts/links.hpp"
#include "alerts/noticing.hpp"
#include "alerts/policy.hpp"
#include "alerts/saved.hpp"
#include "model/board.hpp"
#include "model/happenings.hpp"
#include "model/transition.hpp"
#include "model/uptime.hpp"
#include "vitals/log.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::alerts {

// What is saved together, or not at all.
struct DeskRow {
    enum class Kind : std::uint8_t {
        counters,
        verdict,      // by component
        incident,     // the machine's; by id
        told,         // the policy's case; by id
        record,       // as it is shown; by id; stays
        mute,         // by id
        maintenance,  // by number; stays
        happening,    // by number; stays
        action,       // by component
        pair,         // by component
    };
    Kind kind = Kind::record;
    std::string key;
    System at{};                      // older ones are removed by this
    std::string component;            // of a record its first cause
    std::optional<std::string> text;  // nothing: it is removed
    bool operator==(const DeskRow&) const = default;
};
std::string_view to_string(DeskRow::Kind kind) noexcept;

// What an earlier process left.
struct DeskMemory {
    std::vector<DeskRow> rows;  // `record` and `happening`: the latest only
    std::string link_key;       // 64 hexadecimal digits, or empty
    bool whole = true;          // false: the disk did not answer in time
};

class Desk {
  public:
    // What the desk needs of others. Each is called on the desk's thread and returns at once;
    // `done` is called on that thread.
    struct Seams {
        // Saves rows in one transaction, in the order of the calls. `done` comes within about two
        // seconds, with whether it is on disk by then.
        std::function<Moment()> moment;  // now
        std::function<void(std::vector<DeskRow>, std::function<void(bool durable)> done)> save;
        std::function<void(std::shared_ptr<const Board>)> show;
        // Runs a component's check now, because its consequence is bad.
        std::function<void(const std::string& component)> look;
        // Sends a message, as attempt number `attempt`. `may_be_copy`: the receiver may have it
        // already.
        std::function<void(const Message&, const IncidentRecord&, unsigned attempt,
                           bool may_be_copy, std::function<void(Attempt)> done)>
            send;
        // Tells a receiver that keeps open incidents that a person has acknowledged one; null: it
        // is not told.
        std::function<void(const Message&, const IncidentRecord&)> acknowledge;
        // Runs the program of `on_failed`; null: none is run.
        std::function<void(const std::string& component, const OnFailed&,
                           std::function<void(ActionEnd)> done)>
            act;
        // Whether this node is in service; null: it is.
        std::function<bool()> in_service;
        // Whether the others who tell the same would let that message leave now; null: nobody is
        // asked. It is asked again in each turn().
        std::function<bool(const Message&, const IncidentRecord&)> may_leave;
        // Another vitals has told that receiver so; null: it does not matter.
        std::function<void(const Message&, const IncidentRecord&)> told_elsewhere;
        // There is something to do at that moment: call turn().
        std::function<void(Steady)> wake;
    };

    Desk(Seams seams, Happenings& happenings, Log log);
    ~Desk();
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;

    // What an earlier process left; before the first see(). `random`: eight hexadecimal digits for
    // a state directory that has none.
    void restore(const DeskMemory& memory, std::string random);
    // Rules, receivers, mutes of the configuration.
    void configure(Settings settings);
    // The programs for failed components, by component. Called before the first see(), and when
    // they change.
    void set_actions(std::map<std::string, OnFailed, std::less<>> rules);
    // The present components: follows what came and went, and treats stale ones as unknown. Called
    // about once a second, and after each change of the configuration.
    void see(const Snapshot& snapshot);

    // A run has ended, or a result was pushed.
    void judged(const ComponentState& state);
    void changed(const Transition& transition);
    // A run of that component has resolved that name.
    void resolved(const std::string& component, const std::string& host,
                  std::vector<std::string> addresses);
    // Something else happened: a reload, a drain.
    void happened(Happening happening);
    // Does what is due.
    void turn();

    // ---- people. An empty `problem`: it is done, and on the board; `durable` comes later. -------
    struct Answer {
        std::string problem;
        bool unknown = false, over = false;
        std::string id;
    };
    using Durable = std::function<void(bool)>;  // not called where there is a problem
    Answer acknowledge(std::string_view id, std::string by, std::string reason, Durable durable);
    Answer note(std::string_view id, std::string by, NoteState state, bool is_public,
                std::string text, Durable durable);
    Answer mute(Mute mute, Durable durable);
    Answer end_mute(std::string_view id, std::string by, Durable durable);
    Answer announce(std::string component, std::string text, std::string by, Durable durable);

    // When a component was in maintenance between these moments; for objectives. Merged.
    std::vector<Stretch> maintenance(const Component& component, System from, System to) const;

    std::vector<MaintenanceSpan> maintenance_spans() const;

    std::shared_ptr<const Board> board() const { return board_; }
    std::vector<QueueFigures> queues() const { return policy_ ? policy_->queues() : no_queues(); }
    std::string id_of(std::uint64_t number) const;
    const std::string& store() const noexcept { return counters_.store; }
    // Signs the links in messages; from restore() on it stays.
    const LinkKey& link_key() const noexcept { return link_key_; }
    // The key has its own file: it does not stay among the records.
    void link_key_is_kept();
    // The incidents in memory: all open ones, and the latest closed ones.
    std::vector<std::shared_ptr<const IncidentRecord>> records() const;
    std::shared_ptr<const IncidentRecord> record(std::string_view id) const;  // or null
    // What receivers were told of open incidents, as messages that nobody must send.
    std::vector<Message> told() const;
    // ---- several vitals that tell the same (desk_peer.cpp) --------------------------------------
    // What all of them call an incident: the prefix, so many bytes of a digest of the name and the
    // component, and how many incidents that component had.
    struct Naming {
        std::string prefix, name;
        std::size_t bytes = 4;
    };
    // Nothing: there is one vitals only.
    void set_naming(std::optional<Naming> naming);
    std::vector<PeerTold> told_by_us() const;
    // What another one told. `whole`: it has no other incident open. `from` is empty where that is
    // not known.
    void heard(const std::string& from, bool whole, const std::vector<PeerTold>& told);
    // By the name of the incident: of the open ones that a person has acknowledged, here or
    // elsewhere.
    std::map<std::string, Acknowledgement> acknowledged() const;
    // A person has acknowledged it elsewhere. Ignored unless it is later than what is known of it.
    void heard_acknowledged(std::string_view key, Acknowledgement acknowledgement);
    // Something is wrong here in the incident of that name.
    bool is_wrong(std::string_view key) const;

    // The disk has lost what was saved: all of it must be saved again.
    void save_all();

  private:
    struct Text {
        std::string detail, error;
        bool blind = false;  // vitals could not look
    };
    struct Outgoing {
        Message message;
        bool may_be_copy = false;
    };
    // A row that differs from the saved one; its text is made when it is saved.
    using Unsaved = std::pair<DeskRow::Kind, std::string>;
    // What is saved together, with what waits for it.
    struct Batch {
        std::vector<DeskRow> rows;
        std::vector<Durable> answers;
        std::vector<Outgoing> outgoing;
        std::vector<std::string> actions;  // components
        bool queued = false;               // messages are decided in it
    };

    static std::vector<QueueFigures> no_queues() { return {}; }
    void begin(const Snapshot& snapshot);
    void define(const Snapshot& snapshot);
    void judge_stale(const Snapshot& snapshot);
    void settle_soon();
    void settle();
    void take_decisions(const Decisions& decisions);
    void take_event(const IncidentEvent& event);
    void look_above(const std::string& component);

    // desk_records.cpp: what is shown
    void open_record(std::uint64_t number, const std::string& root);
    void close_record(std::uint64_t number, std::string_view why);
    void make_up_record(std::uint64_t number);
    void refresh_record(std::uint64_t number);
    std::vector<Delivery> deliveries_of(std::uint64_t number) const;
    const IncidentRecord* open_one(std::string_view id, Answer& answer) const;
    void replace(IncidentRecord record);
    void forget_old_records();
    void add_happening(Happening happening);
    void follow_mutes();
    void publish();

    bool is_named(const std::string& component) const;
    std::string blind_title() const;
    std::string key_of(std::string_view component, std::uint64_t count) const;
    std::string named_root(const IncidentRecord& record) const;
    std::string common_name(const std::string& root);
    std::string next_name(const std::string& component);
    void name_storm(std::uint64_t number);
    void rename(std::uint64_t number, std::string key);
    const IncidentRecord* known_by_key(std::string_view key) const;
    bool is_component(std::string_view name) const;
    bool is_end_known(std::string_view key) const;
    using OpenNames = std::map<std::string, std::string, std::less<>>;  // by component
    bool hear_name(const PeerTold& each, OpenNames& open, const std::vector<PeerTold>& told);
    bool hear_message(const PeerTold& told);
    bool take_acknowledgement(std::uint64_t number, Acknowledgement acknowledgement);
    void remember_end(const Message& message, const IncidentRecord& record);
    void remember_end(PeerTold end);
    std::vector<PeerTold> ends_of(std::string_view component) const;
    void take_their_name(const PeerTold& theirs, const std::vector<PeerTold>& told);

    // desk_actions.cpp: what is done about a failure
    void restore_action(ActionState state);
    bool may_act(const std::string& component) const;
    void settle_actions();
    void act(const std::string& component, bool durable);
    void action_ended(const std::string& component, ActionEnd end);
    void tell_action(const std::string& component, std::string text);
    void show_actions();

    // desk_saving.cpp: what is saved, and what waits for it
    void unsaved(DeskRow::Kind kind, std::string key);
    void unsaved_incident(DeskRow::Kind kind, std::uint64_t number);
    std::optional<DeskRow> row_of(const Unsaved& what) const;
    void flush();
    void saved(bool durable);
    void take_messages();
    void pass_on_acknowledgement(std::uint64_t number);
    void send(Outgoing outgoing);
    void message_ended(const Message& message, const Attempt& attempt);
    void wake();

    Seams seams_;
    Happenings& happenings_;
    Log log_;
    Counters counters_;
    LinkKey link_key_{};
    Settings settings_;
    Incidents incidents_;
    std::unique_ptr<Policy> policy_;    // from the first see() on
    std::optional<DeskMemory> memory_;  // until then

    Components components_;                           // as defined, by name
    std::map<std::string, Text, std::less<>> texts_;  // of what is not ok
    std::set<std::string, std::less<>> stale_;
    Noticing noticing_;
    Addresses addresses_;
    std::optional<Naming> naming_;
    std::map<std::string, std::uint64_t, std::less<>> counts_;  // incidents, by component
    // What others have open: names by component, by who it is.
    std::map<std::string, OpenNames, std::less<>> open_there_;
    std::deque<PeerTold> ended_;  // newest first
    // The latest that is known of an incident, by number; also if it has begun again since.
    std::map<std::uint64_t, System> acknowledged_;
    Steady withheld_until_ = Steady::min();
    Actions actions_;
    bool actions_changed_ = true;
    std::map<std::string, ShownAction, std::less<>> shown_actions_;           // as of the board
    std::map<std::uint64_t, std::shared_ptr<const IncidentRecord>> records_;  // open, and latest
    std::map<std::uint64_t, std::vector<Delivery>> delivered_;                // of these
    std::map<std::string, Delivery> attempts_;  // of what is queued; by message key
    std::map<std::uint64_t, MaintenanceSpan> maintenance_;
    std::map<std::string, std::uint64_t> under_way_;  // mute -> its span
    std::set<std::string> active_mutes_;
    std::deque<std::shared_ptr<const Happening>> latest_;  // newest first

    std::set<Unsaved> unsaved_;
    std::vector<DeskRow> new_rows_;
    Batch waiting_;  // without its rows
    std::optional<Batch> saving_;
    bool urgent_ = false;
    Steady flushed_{};

    std::set<std::uint64_t> refresh_;  // records that may differ
    bool show_ = true;                 // the board differs
    bool mutes_changed_ = true;
    Steady shown_{};  // when it was published last
    Steady deadline_ = Steady::min();
    std::map<std::string, std::size_t, std::less<>> muted_;  // as of the board
    std::shared_ptr<const Board> board_ = std::make_shared<Board>();
};

}  // namespace vitals::alerts
