// The desk with a disk and receivers of the test, in literal times.
#include "alerts/desk.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>

#include "model/clock.hpp"

namespace vitals::alerts {
namespace {

using namespace std::chrono_literals;

constexpr System start{1'800'000'000s};

// One process at a time over one disk.
class Office {
  public:
    explicit Office(std::vector<Component> components, Settings settings = {})
        : settings(std::move(settings)) {
        for (Component& each : components) define(std::move(each));
        open();
    }

    void define(Component component) {
        auto state = std::make_shared<ComponentState>();
        state->component = std::make_shared<Component>(std::move(component));
        states[state->name()] = state;
    }
    void open() {
        desk.reset();
        happenings = std::make_unique<Happenings>();
        desk = std::make_unique<Desk>(seams(), *happenings, [](LogLevel, std::string_view) {});
        DeskMemory memory;
        memory.whole = memory_whole;
        memory.link_key = link_key;
        if (memory_whole)
            for (const auto& [key, row] : disk) memory.rows.push_back(row);
        desk->restore(memory, "0badcafe");
        desk->configure(settings);
        see();
    }
    void see() {
        Snapshot snapshot;
        for (const auto& [name, state] : states) snapshot.components.push_back(state);
        desk->see(snapshot);
        turn();
    }
    // A run of that component with this outcome.
    void run(const std::string& name, Status status, std::string detail = {},
             ErrorClass error_class = ErrorClass::none) {
        const auto before = states.at(name);
        auto after = std::make_shared<ComponentState>(*before);
        auto outcome = std::make_shared<Outcome>();
        outcome->status = status;
        outcome->detail = detail;
        outcome->error_class = error_class;
        outcome->error = "private: " + detail;
        after->last = outcome;
        after->judged = status;
        after->observed = now;
        after->valid_until = now + 1h;
        ++after->runs[static_cast<std::size_t>(status)];
        states[name] = after;
        desk->judged(*after);
        const bool first = before->last == nullptr;
        if (before->judged != status)
            desk->changed({.component = name,
                           .from = before->judged,
                           .to = status,
                           .detail = detail,
                           .error = outcome->error,
                           .first = first});
        turn();
    }
    void fail(const std::string& name, std::string detail = "connection refused") {
        run(name, Status::failed, std::move(detail));
    }
    void recover(const std::string& name) { run(name, Status::ok); }
    void turn() {
        desk->turn();
        while (!answers.empty()) {
            auto answer = std::move(answers.front());
            answers.pop_front();
            answer();
        }
    }
    // Time passes; what is due is done on time.
    void pass(Steady::duration time) {
        const Steady end = now + time;
        while (woken <= end) {
            now = std::max(now, woken);
            woken = end + 1h;
            turn();
        }
        now = end;
        turn();
    }
    // A new process after that time; the old one wrote what had reached the disk.
    void die_and_return(Steady::duration away = 5s) {
        desk.reset();
        answers.clear();
        now += away;
        for (auto& [name, state] : states) {
            auto blank = std::make_shared<ComponentState>();
            blank->component = state->component;
            blank->judged = Status::unknown;
            state = blank;
        }
        open();
    }

    const Board& board() const { return *shown; }
    const IncidentRecord& only() const {
        EXPECT_EQ(board().incidents.size(), 1u);
        return *board().incidents.at(0);
    }

    Settings settings;
    std::map<std::string, std::shared_ptr<const ComponentState>> states;
    std::map<std::string, DeskRow> disk;
    bool disk_works = true;
    bool disk_hangs = false;
    bool memory_whole = true;
    bool may_leave = true;  // what others tell, too
    Attempt receiver_says{.fate = Fate::delivered};
    std::vector<std::string> sent;  // `mail problem`
    std::vector<std::string> looked;
    std::vector<std::string> acted;
    std::vector<std::string> acknowledged;
    std::string link_key;
    System::duration wall_shift{};
    void set_wall(const char* now_is) {
        wall_shift = parse_rfc3339(now_is).value() - (start + (now - Steady(1000s)));
    }
    std::deque<std::function<void()>> answers;
    Steady now{1000s};
    Steady woken = Steady::max();
    std::unique_ptr<Happenings> happenings;
    std::shared_ptr<const Board> shown = std::make_shared<Board>();
    std::unique_ptr<Desk> desk;

  private:
    Desk::Seams seams() {
        Desk::Seams seams;
        seams.moment = [this] { return Moment{start + (now - Steady(1000s)) + wall_shift, now}; };
        seams.save = [this](std::vector<DeskRow> rows, auto done) {
            if (disk_hangs) return;
            if (disk_works)
                for (DeskRow& row : rows) {
                    const std::string key = fmt::format("{}/{}", to_string(row.kind), row.key);
                    if (row.text)
                        disk[key] = row;
                    else
                        disk.erase(key);
                }
            answers.push_back([done, works = disk_works] { done(works); });
        };
        seams.show = [this](std::shared_ptr<const Board> board) { shown = std::move(board); };
        seams.look = [this](const std::string& name) { looked.push_back(name); };
        seams.send = [this](const Message& message, const IncidentRecord&, unsigned,
                            bool may_be_copy, auto done) {
            sent.push_back(fmt::format("{} {}{}", message.receiver, to_string(message.kind),
                                       may_be_copy ? " again" : ""));
            answers.push_back([done, says = receiver_says] { done(says); });
        };
        seams.acknowledge = [this](const Message& message, const IncidentRecord& record) {
            acknowledged.push_back(message.receiver + " " + record.acknowledged->by);
        };
        seams.act = [this](const std::string& name, const OnFailed&, auto done) {
            acted.push_back(name);
            answers.push_back([done] { done({"exit code 0", {}}); });
        };
        seams.may_leave = [this](const Message&, const IncidentRecord& record) {
            return may_leave || record.key.empty();
        };
        seams.wake = [this](Steady when) { woken = std::min(woken, when); };
        return seams;
    }
};

Component component(std::string name, std::vector<std::string> depends_on = {}) {
    Component made;
    made.name = std::move(name);
    made.depends_on = std::move(depends_on);
    return made;
}

Settings to_mail() {
    Settings settings;
    settings.receivers = {{.name = "mail"}};
    settings.rules = rules_by_default(settings.receivers);
    return settings;
}

using Texts = std::vector<std::string>;

TEST(Desk, a_failure_is_an_incident_on_the_board) {
    Office office({component("db")});
    office.recover("db");
    office.fail("db");
    const IncidentRecord& incident = office.only();
    EXPECT_EQ(incident.id, "0badcafe-1");
    EXPECT_EQ(incident.roots, Texts{"db"});
    EXPECT_EQ(incident.title, "connection refused");
    EXPECT_EQ(incident.error, "private: connection refused");
    EXPECT_TRUE(incident.waiting);
    EXPECT_FALSE(incident.closed);
    EXPECT_EQ(office.board().incident_of("db"), &incident);
    office.pass(11s);
    EXPECT_FALSE(office.only().waiting);
}

TEST(Desk, it_closes_when_it_has_recovered_for_a_while) {
    Office office({component("db")});
    office.recover("db");
    office.fail("db");
    office.pass(20s);
    office.recover("db");
    EXPECT_FALSE(office.only().closed);
    office.pass(61s);
    EXPECT_TRUE(office.only().closed);
    EXPECT_EQ(office.board().incident_of("db"), nullptr);
}

// Nobody had to be told, but the record exists.
TEST(Desk, a_short_failure_stays_as_a_closed_incident) {
    Office office({component("db")});
    office.recover("db");
    office.fail("db");
    office.pass(3s);
    office.recover("db");
    office.pass(1s);
    EXPECT_TRUE(office.only().closed);
}

TEST(Desk, consequences_are_members_of_the_cause) {
    Office office({component("db"), component("shop", {"db"})});
    office.recover("db");
    office.recover("shop");
    office.fail("shop");
    EXPECT_EQ(office.looked, Texts{"db"});
    office.fail("db");
    office.pass(11s);
    const IncidentRecord& incident = office.only();
    EXPECT_EQ(incident.roots, Texts{"db"});
    ASSERT_EQ(incident.members.size(), 1u);
    EXPECT_EQ(incident.members[0].component, "shop");
    EXPECT_EQ(office.board().incident_of("shop"), &incident);
}

TEST(Desk, a_message_leaves_after_its_decision_is_saved) {
    Office office({component("db")}, to_mail());
    office.recover("db");
    office.fail("db");
    office.pass(9s);
    EXPECT_EQ(office.sent, Texts{});
    office.disk_hangs = true;
    office.pass(5s);
    EXPECT_EQ(office.sent, Texts{}) << "it is not on disk";
}

TEST(Desk, tells_a_problem_and_its_end_once) {
    Office office({component("db")}, to_mail());
    office.recover("db");
    office.fail("db");
    office.pass(60s);
    EXPECT_EQ(office.sent, Texts{"mail problem"});
    ASSERT_EQ(office.only().told.size(), 1u);
    EXPECT_EQ(office.only().told[0].receiver, "mail");
    EXPECT_EQ(office.only().told[0].state, Delivery::State::delivered);
    office.recover("db");
    office.pass(200s);
    EXPECT_EQ(office.sent, (Texts{"mail problem", "mail resolved"}));
    EXPECT_EQ(office.disk.count("told/00000000000000000001"), 0u) << "everybody has heard it";
    EXPECT_EQ(office.disk.count("record/00000000000000000001"), 1u);
}

// Receivers are also told of a full disk.
TEST(Desk, a_disk_that_takes_nothing_holds_no_message_back) {
    Office office({component("db")}, to_mail());
    office.recover("db");
    office.disk_works = false;
    office.fail("db");
    office.pass(60s);
    EXPECT_EQ(office.sent, Texts{"mail problem again"}) << "a copy is possible";
}

TEST(Desk, a_refused_message_is_sent_again_and_shown_with_its_reason) {
    Office office({component("db")}, to_mail());
    office.recover("db");
    office.receiver_says = {.fate = Fate::refused, .why = "451 greylisted"};
    office.fail("db");
    office.pass(12s);
    ASSERT_EQ(office.only().told.size(), 1u);
    EXPECT_EQ(office.only().told[0].problem, "451 greylisted");
    EXPECT_EQ(office.only().told[0].attempts, 1u);
    office.receiver_says = {.fate = Fate::delivered};
    office.pass(60s);
    EXPECT_EQ(office.sent, (Texts{"mail problem", "mail problem"}));
    EXPECT_EQ(office.only().told[0].attempts, 2u);
    EXPECT_EQ(office.only().told[0].state, Delivery::State::delivered);
}

TEST(Desk, a_restart_forgets_nothing) {
    Office office({component("db")}, to_mail());
    office.recover("db");
    office.fail("db");
    office.pass(60s);
    office.desk->acknowledge("0badcafe-1", "jonas", "on it", [](bool) {});
    office.desk->note("0badcafe-1", "jonas", NoteState::identified, true, "a disk died",
                      [](bool) {});
    office.pass(1s);
    const System opened = office.only().opened;
    office.die_and_return();
    EXPECT_EQ(office.only().opened, opened);
    EXPECT_EQ(office.only().acknowledged->by, "jonas");
    EXPECT_EQ(office.only().notes.at(0).text, "a disk died");
    office.fail("db");
    office.pass(60s);
    EXPECT_EQ(office.sent, Texts{"mail problem"}) << "told before";
    office.recover("db");
    office.pass(200s);
    EXPECT_EQ(office.sent, (Texts{"mail problem", "mail resolved"}));
    EXPECT_TRUE(office.only().closed);
    office.fail("db");
    EXPECT_EQ(office.board().incidents.at(0)->id, "0badcafe-2") << "no number is used again";
}

TEST(Desk, an_answer_comes_when_it_is_on_disk) {
    Office office({component("db")});
    office.recover("db");
    office.fail("db");
    std::optional<bool> durable;
    office.disk_hangs = true;
    const auto answer = office.desk->note("0badcafe-1", "a", NoteState::identified, false, "text",
                                          [&](bool is) { durable = is; });
    EXPECT_EQ(answer.problem, "");
    EXPECT_EQ(office.only().notes.size(), 1u) << "on the board at once";
    office.turn();
    EXPECT_FALSE(durable);
}

TEST(Desk, mistakes_of_people_are_answered) {
    Office office({component("db")});
    office.recover("db");
    const auto nothing = [](bool) { ADD_FAILURE(); };
    EXPECT_TRUE(office.desk->acknowledge("0badcafe-9", "a", "", nothing).unknown);
    EXPECT_TRUE(office.desk->end_mute("s9", "a", nothing).unknown);
    Mute mute{.match = Selector({"db"}), .until = start - 1h, .reason = "why"};
    EXPECT_EQ(office.desk->mute(mute, nothing).problem, "the end is in the past");
    mute.until = start + 1h;
    mute.reason.clear();
    EXPECT_EQ(office.desk->mute(mute, nothing).problem, "a reason is missing");
    office.fail("db");
    office.recover("db");
    office.pass(100s);
    EXPECT_TRUE(office.desk->acknowledge("0badcafe-1", "a", "", nothing).over);
}

TEST(Desk, a_silence_holds_back_and_is_shown_until_it_ends) {
    Office office({component("db"), component("cache")}, to_mail());
    office.recover("db");
    office.recover("cache");
    const auto answer = office.desk->mute(
        {.match = Selector({"d*"}), .until = start + 600s, .by = "mara", .reason = "disk swap"},
        [](bool) {});
    EXPECT_EQ(answer.id, "s1");
    office.turn();
    ASSERT_NE(office.board().mute_of("db"), nullptr);
    EXPECT_EQ(office.board().mute_of("db")->by, "mara");
    EXPECT_EQ(office.board().mute_of("cache"), nullptr);
    office.fail("db");
    office.pass(300s);
    EXPECT_EQ(office.sent, Texts{});
    EXPECT_TRUE(office.only().muted);
    office.die_and_return();
    ASSERT_NE(office.board().mute_of("db"), nullptr) << "after a restart, too";
    office.fail("db");
    office.pass(400s);
    EXPECT_EQ(office.board().mute_of("db"), nullptr);
    EXPECT_EQ(office.sent, Texts{"mail problem"});
}

TEST(Desk, a_maintenance_is_remembered_for_objectives) {
    Office office({component("db")});
    office.recover("db");
    office.pass(10s);
    const auto answer = office.desk->mute({.kind = Mute::Kind::maintenance,
                                           .match = Selector({"db"}),
                                           .until = start + 600s,
                                           .reason = "upgrade"},
                                          [](bool) {});
    office.pass(100s);
    EXPECT_EQ(office.desk->end_mute(answer.id, "mara", [](bool) {}).problem, "");
    office.pass(100s);
    const std::vector<Stretch> expected{{start + 10s, start + 110s}};
    EXPECT_EQ(office.desk->maintenance(component("db"), start, start + 1h), expected);
    EXPECT_TRUE(office.desk->maintenance(component("x"), start, start + 1h).empty());
    office.die_and_return();
    EXPECT_EQ(office.desk->maintenance(component("db"), start, start + 1h), expected);
}

TEST(Desk, what_happened_before_stands_with_the_incident) {
    Office office({component("db")});
    office.recover("db");
    office.desk->announce("db", "payments 4.18.2 deployed", "pipeline", [](bool) {});
    office.pass(30s);
    office.fail("db");
    ASSERT_EQ(office.only().before.size(), 1u);
    EXPECT_EQ(office.only().before[0].text, "payments 4.18.2 deployed");
    EXPECT_EQ(office.board().happenings.at(0)->what, Happening::What::incident_opened);
}

TEST(Desk, a_component_that_is_gone_counts_as_recovered) {
    Office office({component("db"), component("cache")});
    office.recover("db");
    office.recover("cache");
    office.fail("db");
    office.pass(20s);
    office.states.erase("db");
    office.see();
    office.pass(61s);
    EXPECT_TRUE(office.only().closed);
}

TEST(Desk, a_component_that_comes_later_is_judged) {
    Office office({component("db")});
    office.recover("db");
    office.define(component("pushed"));
    office.fail("pushed");
    EXPECT_TRUE(office.board().incidents.empty()) << "it is not known yet";
    office.see();
    EXPECT_EQ(office.only().roots, Texts{"pushed"});
}

TEST(Desk, what_is_stale_is_an_incident) {
    Office office({component("db")});
    office.recover("db");
    office.pass(2h);
    office.see();
    office.pass(1s);
    EXPECT_EQ(office.only().title, "stale");
    EXPECT_EQ(office.only().level, Status::unknown);
    office.recover("db");
    office.pass(120s);
    EXPECT_TRUE(office.only().closed);
}

// vitals cannot do its own part: one incident for all, and the others stay as they were.
TEST(Desk, vitals_that_cannot_look_is_one_incident) {
    Office office({component("a"), component("b")});
    office.recover("a");
    office.recover("b");
    office.run("a", Status::unknown, "no descriptors", ErrorClass::local);
    office.run("b", Status::unknown, "no descriptors", ErrorClass::local);
    office.pass(20s);
    EXPECT_EQ(office.only().roots, Texts{"vitals/blind"});
    EXPECT_EQ(office.only().title, "vitals could not look");
}

std::map<std::string, OnFailed, std::less<>> restart_of(const std::string& component) {
    return {{component, {.run = {"/usr/bin/restart", "secret"}, .at_most = {3, 1h}}}};
}

TEST(Desk, an_action_is_taken_when_its_cause_is_known_and_is_saved_before) {
    Office office({component("db")});
    office.desk->set_actions(restart_of("db"));
    office.recover("db");
    office.fail("db");
    EXPECT_TRUE(office.acted.empty()) << "it may yet have another cause";
    office.disk_works = false;
    office.pass(11s);
    EXPECT_TRUE(office.acted.empty()) << "a crash would forget it";
    EXPECT_EQ(office.only().actions.back().text,
              "restart: not run: the disk did not save the decision to run it");
    office.disk_works = true;
    office.pass(5min);
    EXPECT_EQ(office.acted, Texts{"db"});
    EXPECT_EQ(office.disk.count("action/db"), 1u);
    EXPECT_EQ(office.only().actions.back().text, "restart: exit code 0");
    EXPECT_EQ(office.board().actions.at("db").program, "restart");
}

TEST(Desk, no_action_is_taken_for_a_consequence_or_in_a_storm) {
    Office office({component("db"), component("web", {"db"}), component("a"), component("b"),
                   component("c"), component("d")});
    office.desk->set_actions(restart_of("web"));
    for (const char* name : {"db", "web", "a", "b", "c", "d"}) office.recover(name);
    office.fail("web");
    office.pass(3s);
    office.fail("db");
    office.pass(1min);
    EXPECT_TRUE(office.acted.empty());
    office.desk->set_actions(restart_of("a"));
    office.recover("db");
    office.recover("web");
    office.pass(10min);
    for (const char* name : {"a", "b", "c", "d", "db"}) office.fail(name);
    office.pass(1min);
    EXPECT_TRUE(office.acted.empty()) << "what they share is the cause";
}

TEST(Desk,
     an_acknowledgement_is_sent_to_receivers_that_have_the_problem_and_to_those_that_get_it_later) {
    Office office({component("db")}, to_mail());
    office.recover("db");
    office.receiver_says = {.fate = Fate::refused, .why = "451"};
    office.fail("db");
    office.pass(12s);
    office.desk->acknowledge("0badcafe-1", "jonas", "mine", [](bool) {});
    office.receiver_says = {.fate = Fate::delivered};
    office.pass(60s);
    ASSERT_FALSE(office.acknowledged.empty());
    EXPECT_EQ(office.acknowledged.back(), "mail jonas");
}

TEST(Desk, the_key_of_links_is_kept_in_its_file_only) {
    Office office({component("db")}, to_mail());
    const std::string key = to_text(office.desk->link_key());
    office.turn();
    office.pass(1s);
    EXPECT_EQ(office.disk.at("counters/").text->find(key), std::string::npos);
    office.link_key = key;
    office.die_and_return();
    EXPECT_EQ(to_text(office.desk->link_key()), key);
    // An older vitals kept it among the records.
    office.link_key.clear();
    std::string& row = *office.disk.at("counters/").text;
    const std::string old = std::string(64, 'a');
    const std::size_t at = row.find("\"link_key\":\"");
    ASSERT_NE(at, std::string::npos);
    row.insert(at + 12, old);
    office.die_and_return();
    EXPECT_EQ(to_text(office.desk->link_key()), old);
    office.desk->link_key_is_kept();
    office.turn();
    office.pass(1s);
    EXPECT_EQ(office.disk.at("counters/").text->find(old), std::string::npos);
}

TEST(Desk, keeps_the_latest_closed_incidents_in_memory_and_all_on_disk) {
    std::vector<Component> components;
    for (int i = 0; i < 230; ++i) components.push_back(component(fmt::format("c{}", i)));
    Office office(std::move(components));
    for (int i = 0; i < 230; ++i) {
        // None gets too old.
        if (i % 10 == 0)
            for (int each = 0; each < 230; ++each) office.recover(fmt::format("c{}", each));
        office.fail(fmt::format("c{}", i));
        office.pass(61s);
        office.recover(fmt::format("c{}", i));
        office.pass(61s);
    }
    office.see();
    EXPECT_EQ(office.desk->records().size(), 200u);
    EXPECT_EQ(office.desk->records().front()->roots, Texts{"c30"});
    EXPECT_EQ(std::ranges::count_if(
                  office.disk, [](const auto& each) { return each.first.starts_with("record/"); }),
              230);
}

TEST(Desk, silences_that_are_over_make_room_for_others) {
    Office office({component("db")});
    const auto silence = [&office](System until) {
        const Mute mute{.match = Selector({"db"}), .until = until, .reason = "deploying"};
        return office.desk->mute(mute, [](bool) {}).problem;
    };
    for (int i = 0; i < 1'000; ++i) ASSERT_EQ(silence(start + 1min), "");
    EXPECT_EQ(silence(start + 1min), "there are 1000 silences already");
    office.pass(2min);
    EXPECT_EQ(silence(start + 1h), "");
    office.turn();
    EXPECT_EQ(std::ranges::count_if(
                  office.disk, [](const auto& each) { return each.first.starts_with("mute/"); }),
              1);
}

// Two desks that hear each other when the test says so.
TEST(Desk, two_that_watch_the_same_call_an_incident_the_same) {
    Office one({component("db")}, to_mail()), two({component("db")}, to_mail());
    for (Office* each : {&one, &two}) {
        each->desk->set_naming(Desk::Naming{"pair", "shop"});
        each->recover("db");
        each->fail("db");
        each->pass(11s);
    }
    const std::string key = one.only().key;
    EXPECT_TRUE(key.starts_with("pair") && key.ends_with("-1")) << key;
    EXPECT_EQ(two.only().key, key);
    EXPECT_TRUE(one.desk->is_wrong(key));
    // The first has another incident that the second did not see.
    one.recover("db");
    one.pass(61s);
    EXPECT_FALSE(one.desk->is_wrong(key));
    one.fail("db");
    EXPECT_TRUE(one.board().incidents.front()->key.ends_with("-2"));
    two.desk->heard("peer", true, one.desk->told_by_us());
    two.recover("db");
    two.pass(61s);
    two.fail("db");
    EXPECT_EQ(two.board().incidents.front()->key, one.board().incidents.front()->key);
    // A restart forgets no number.
    two.recover("db");
    two.pass(61s);
    two.die_and_return();
    two.desk->set_naming(Desk::Naming{"pair", "shop"});
    two.recover("db");
    two.fail("db");
    EXPECT_TRUE(two.board().incidents.front()->key.ends_with("-3"));
}

TEST(Desk, what_the_other_one_told_counts_here) {
    Office one({component("db")}, to_mail()), two({component("db")}, to_mail());
    for (Office* each : {&one, &two}) {
        each->desk->set_naming(Desk::Naming{"pair", "shop"});
        each->recover("db");
    }
    two.receiver_says.withheld = true;
    one.fail("db");
    two.fail("db");
    one.pass(11s);
    two.pass(15s);
    EXPECT_EQ(one.sent, Texts{"mail problem"});
    const std::size_t asked = two.sent.size();
    EXPECT_GE(asked, 2u) << "asked every second";
    EXPECT_LE(two.only().told.at(0).attempts, 1u) << "the one that is asked for now";
    two.desk->heard("peer", true, one.desk->told_by_us());
    two.pass(10s);
    EXPECT_EQ(two.sent.size(), asked);
    EXPECT_TRUE(two.only().told.empty());
    one.recover("db");
    one.pass(61s);
    two.recover("db");
    two.desk->heard("peer", true, one.desk->told_by_us());
    two.pass(61s);
    EXPECT_EQ(two.sent.size(), asked) << "the end was told, too";
}

// The first was killed after it had told a problem. The last message that it sent is still open
// here.
TEST(Desk, what_ended_while_the_other_one_was_away_has_a_name_of_its_own) {
    Office one({component("db")}, to_mail()), two({component("db")}, to_mail());
    for (Office* each : {&one, &two}) {
        each->desk->set_naming(Desk::Naming{"pair", "shop"});
        each->recover("db");
    }
    two.receiver_says.withheld = true;
    one.fail("db");
    two.fail("db");
    one.pass(11s);
    two.pass(15s);
    two.desk->heard("peer", true, one.desk->told_by_us());
    two.receiver_says.withheld = false;
    two.sent.clear();
    const std::string first = two.only().key;
    two.recover("db");
    two.pass(61s);
    EXPECT_EQ(two.sent, Texts{"mail resolved"});
    two.die_and_return();  // and still knows what it told
    two.desk->set_naming(Desk::Naming{"pair", "shop"});
    two.desk->heard("peer", true, one.desk->told_by_us());
    two.recover("db");
    two.fail("db");
    two.pass(11s);
    const std::string second = two.board().incidents.front()->key;
    EXPECT_NE(second, first);
    // The first comes back, still sees the failure, and tells nothing.
    const std::size_t told = one.sent.size();
    one.desk->heard("peer", true, two.desk->told_by_us());
    one.pass(30s);
    EXPECT_EQ(one.board().incidents.front()->key, second);
    EXPECT_EQ(one.sent.size(), told);
}

// Nodes of a fleet: `web` and what begins with `nodes/` are seen by all of them.
Settings in_fleet() {
    Settings settings = to_mail();
    settings.shares = [](const std::string& name) { return name.starts_with("web"); };
    return settings;
}

const Desk::Naming shop_fleet{"fleet", "shop", 8};

TEST(DeskInFleet, only_what_all_see_has_a_common_name) {
    Office one({component("db"), component("web")}, in_fleet());
    one.desk->set_naming(shop_fleet);
    for (const char* name : {"db", "web"}) {
        one.recover(name);
        one.fail(name);
    }
    one.pass(11s);
    ASSERT_EQ(one.board().incidents.size(), 2u);
    for (const auto& incident : one.board().incidents)
        EXPECT_EQ(incident->key.starts_with("fleet"), incident->roots.at(0) == "web");
    ASSERT_FALSE(one.desk->told_by_us().empty());
    for (const PeerTold& told : one.desk->told_by_us()) {
        EXPECT_EQ(told.component, "web");
        EXPECT_TRUE(told.wrong);
    }
}

TEST(DeskInFleet, what_a_person_has_on_one_node_is_known_on_all) {
    Office one({component("web")}, in_fleet()), two({component("web")}, in_fleet());
    for (Office* each : {&one, &two}) {
        each->desk->set_naming(shop_fleet);
        each->recover("web");
        each->fail("web");
        each->pass(11s);
    }
    const std::string key = one.only().key;
    ASSERT_EQ(two.only().key, key);
    EXPECT_TRUE(one.desk->acknowledged().empty());
    one.desk->acknowledge(one.only().id, "jonas", "on it", [](bool) {});
    const auto passed_on = [&] {
        for (const auto& [incident, each] : one.desk->acknowledged())
            two.desk->heard_acknowledged(incident, each);
        two.turn();
    };
    ASSERT_EQ(one.desk->acknowledged().count(key), 1u);
    two.desk->heard_acknowledged("fleet0011-1", one.desk->acknowledged().at(key));
    EXPECT_FALSE(two.only().acknowledged) << "of an incident that it does not have";
    passed_on();
    ASSERT_TRUE(two.only().acknowledged);
    EXPECT_EQ(two.only().acknowledged->by, "jonas");
    EXPECT_EQ(two.only().acknowledged->reason, "on it");
    EXPECT_EQ(two.desk->acknowledged().count(key), 1u) << "it tells those who come later";
    const auto words = [&two] {
        std::size_t count = 0;
        for (const auto& each : two.happenings->after(0, 1'000).entries)
            count += each->what == Happening::What::acknowledged;
        return count;
    };
    EXPECT_EQ(words(), 1u);
    passed_on();
    EXPECT_EQ(words(), 1u) << "heard again, nothing is new";
    // A fault that came back is nobody's, whatever the other one still says of the first.
    two.may_leave = false;  // the end waits for its turn
    two.recover("web");
    two.pass(61s);
    two.fail("web");
    two.pass(11s);
    ASSERT_EQ(two.only().key, key);
    ASSERT_FALSE(two.only().acknowledged);
    passed_on();
    EXPECT_FALSE(two.only().acknowledged);
}

TEST(DeskInFleet, a_message_waits_until_the_others_let_it_leave) {
    Office one({component("db"), component("web")}, in_fleet());
    one.desk->set_naming(shop_fleet);
    one.may_leave = false;
    for (const char* name : {"web", "db"}) {
        one.recover(name);
        one.fail(name);
    }
    one.pass(20s);
    EXPECT_EQ(one.sent, Texts{"mail problem"}) << "that of db waits for nobody";
    one.may_leave = true;
    one.turn();
    EXPECT_EQ(one.sent.size(), 2u);
}

TEST(DeskInFleet, all_number_messages_alike_whatever_they_did_not_send) {
    Office one({component("web")}, in_fleet()), two({component("web")}, in_fleet());
    for (Office* each : {&one, &two}) {
        each->desk->set_naming(shop_fleet);
        each->recover("web");
        each->run("web", Status::degraded);
    }
    two.may_leave = false;
    for (Office* each : {&one, &two}) each->run("web", Status::unknown);
    one.pass(11s);
    two.pass(11s);
    two.fail("web");  // it would say `worse` by now, and has not said the problem
    two.pass(1s);
    two.desk->heard("n1", true, one.desk->told_by_us());
    one.fail("web");
    one.pass(1s);
    EXPECT_EQ(one.sent, (Texts{"mail problem", "mail worse"}));
    two.desk->heard("n1", true, one.desk->told_by_us());
    two.may_leave = true;
    two.pass(10s);
    EXPECT_EQ(two.sent, Texts{}) << "it knows both";
    // The first dies; the second tells the end with the number that follows.
    two.recover("web");
    two.pass(61s);
    EXPECT_EQ(two.sent, Texts{"mail resolved"});
    EXPECT_EQ(two.desk->told_by_us().front().serial, 3u);
}

TEST(DeskInFleet, an_end_that_was_told_elsewhere_ends_the_name) {
    Office one({component("web")}, in_fleet()), two({component("web")}, in_fleet());
    for (Office* each : {&one, &two}) {
        each->desk->set_naming(shop_fleet);
        each->recover("web");
        each->fail("web");
    }
    one.pass(11s);
    two.desk->heard("n1", true, one.desk->told_by_us());
    two.pass(11s);
    EXPECT_EQ(two.sent, Texts{});
    // It was well for the first, and never for the second.
    one.recover("web");
    one.pass(61s);
    EXPECT_EQ(one.sent, (Texts{"mail problem", "mail resolved"}));
    two.desk->heard("n1", true, one.desk->told_by_us());
    two.pass(10s);
    EXPECT_EQ(two.sent, Texts{"mail problem"});
    EXPECT_TRUE(two.only().key.ends_with("-2"));
    // Hearing of the first end again changes nothing.
    two.desk->heard("n1", true, one.desk->told_by_us());
    two.pass(10s);
    EXPECT_EQ(two.sent, Texts{"mail problem"});
    EXPECT_TRUE(two.only().key.ends_with("-2"));
}

TEST(DeskInFleet, what_one_that_is_gone_had_open_gives_no_name) {
    Office one({component("web")}, in_fleet()), two({component("web")}, in_fleet());
    for (Office* each : {&one, &two}) {
        each->desk->set_naming(shop_fleet);
        each->recover("web");
    }
    one.fail("web");
    one.pass(11s);
    two.desk->heard("n1", true, one.desk->told_by_us());
    two.desk->heard("n1", true, {});
    two.fail("web");
    two.pass(11s);
    EXPECT_TRUE(two.only().key.ends_with("-2"));
    EXPECT_EQ(two.sent, Texts{"mail problem"});
}

TEST(DeskInFleet, one_that_was_away_takes_the_name_that_the_others_have_by_now) {
    Office one({component("web")}, in_fleet()), two({component("web")}, in_fleet());
    for (Office* each : {&one, &two}) {
        each->desk->set_naming(shop_fleet);
        each->recover("web");
        each->fail("web");
        each->pass(11s);
    }
    one.recover("web");
    one.pass(61s);
    one.fail("web");
    one.pass(11s);
    EXPECT_TRUE(one.board().incidents.front()->key.ends_with("-2"));
    // A part of it first, then all, with the end before the name.
    std::vector<PeerTold> told = one.desk->told_by_us();
    std::ranges::sort(told, {}, &PeerTold::key);
    ASSERT_FALSE(told.front().open);
    two.desk->heard("n1", false, {told.back()});
    two.desk->heard("n1", true, told);
    two.pass(10s);
    EXPECT_TRUE(two.only().key.ends_with("-2"));
    EXPECT_EQ(two.sent, Texts{"mail problem"}) << "of the first; the second was told elsewhere";
}

TEST(DeskInFleet, a_storm_has_one_name_whatever_failed_first) {
    std::vector<Component> components;
    for (const char* name : {"web1", "web2", "web3", "web4", "web5"})
        components.push_back(component(name));
    Office one(components, in_fleet()), two(components, in_fleet());
    for (Office* each : {&one, &two}) {
        each->desk->set_naming(shop_fleet);
        for (const Component& known : components) each->recover(known.name);
    }
    for (const char* name : {"web1", "web2", "web3", "web4", "web5"}) one.fail(name);
    for (const char* name : {"web4", "web5", "web3", "web2", "web1"}) two.fail(name);
    std::vector<std::string> keys;
    for (Office* each : {&one, &two}) {
        each->pass(11s);
        EXPECT_EQ(each->sent, Texts{"mail problem"});
        for (const auto& incident : each->board().incidents)
            if (!incident->closed && incident->storm) keys.push_back(incident->key);
    }
    ASSERT_EQ(keys.size(), 2u);
    EXPECT_EQ(keys[0], keys[1]);
    EXPECT_TRUE(keys[0].starts_with("fleet"));
}

TEST(DeskInFleet, a_storm_with_what_one_alone_sees_is_told_by_that_one) {
    std::vector<Component> components;
    for (const char* name : {"disk", "web1", "web2", "web3", "web4", "web5"})
        components.push_back(component(name));
    Office one(components, in_fleet());
    one.desk->set_naming(shop_fleet);
    one.may_leave = false;  // of what all see
    for (const Component& known : components) one.recover(known.name);
    for (const char* name : {"web1", "web2", "disk", "web3", "web4", "web5"}) one.fail(name);
    one.pass(20s);
    for (const auto& incident : one.board().incidents)
        if (std::ranges::count(incident->roots, "disk") > 0) EXPECT_EQ(incident->key, "");
    EXPECT_EQ(one.sent, Texts{"mail problem"});
}

TEST(DeskInFleet, what_nobody_can_look_at_is_one_thing_of_all) {
    Office one({component("db"), component("web")}, in_fleet());
    one.desk->set_naming(shop_fleet);
    one.recover("db");
    one.recover("web");
    one.run("web", Status::unknown, "no contact with the fleet since 03:00", ErrorClass::local);
    EXPECT_TRUE(one.only().key.starts_with("fleet"));
    EXPECT_EQ(one.only().title, "no contact with the fleet since 03:00");
    one.run("web", Status::ok);
    one.pass(61s);
    one.run("db", Status::unknown, "no file descriptors left", ErrorClass::local);
    EXPECT_EQ(one.board().incidents.front()->key, "");
    EXPECT_EQ(one.board().incidents.front()->title, "vitals could not look");
}

// Hours, silences and maintenance by the wall clock, across both changes of summer time and steps
// of a day.
class Seasons : public Office {
  public:
    Seasons(const char* now, std::optional<Hours> hours, std::vector<Mute> mutes = {})
        : Office({component("db")}, settings_of(std::move(hours), std::move(mutes))) {
        set_wall(now);
        see();
        recover("db");
        fail("db");
    }
    static Settings settings_of(std::optional<Hours> hours, std::vector<Mute> mutes) {
        Settings settings = to_mail();
        settings.receivers[0].hours = std::move(hours);
        settings.mutes = std::move(mutes);
        settings.incidents.wait = 0s;
        return settings;
    }
    static Hours berlin(unsigned from, unsigned to) {
        HoursSpec spec{.zone = "Europe/Berlin"};
        spec.from = from * 60;
        spec.to = to * 60;
        return Hours::make(spec).value();
    }
    // Seconds from now until the first message.
    std::optional<std::chrono::seconds> told_within(Steady::duration time) {
        for (std::chrono::seconds passed{0}; passed <= time; passed += 60s) {
            if (!sent.empty()) return passed;
            pass(60s);
        }
        return std::nullopt;
    }
};

TEST(DeskClocks, hours_begin_by_the_local_clock_when_summer_begins) {
    // At 01:00 UTC it is 03:00, not 02:00.
    Seasons three("2026-03-29T00:30:00Z", Seasons::berlin(3, 5));
    EXPECT_EQ(three.told_within(2h), 30min);
    Seasons two("2026-03-29T00:30:00Z", Seasons::berlin(2, 5));
    EXPECT_EQ(two.told_within(2h), 30min) << "02:00 does not come; 03:00 is the first moment";
    Seasons none("2026-03-29T00:30:00Z", Seasons::berlin(4, 5));
    EXPECT_EQ(none.told_within(2h), 90min);
}

TEST(DeskClocks, hours_begin_by_the_local_clock_when_winter_begins) {
    // At 01:00 UTC it is 02:00 for the second time.
    Seasons three("2026-10-25T00:30:00Z", Seasons::berlin(3, 5));
    EXPECT_EQ(three.told_within(3h), 90min);
    Seasons two("2026-10-24T23:30:00Z", Seasons::berlin(2, 3));
    EXPECT_EQ(two.told_within(3h), 30min);
}

TEST(DeskClocks, a_weekly_maintenance_lasts_as_long_as_its_local_hours) {
    HoursSpec sunday{.zone = "Europe/Berlin", .days = {}};
    sunday.days[6] = true;
    sunday.from = 2 * 60;
    sunday.to = 3 * 60;
    const Mute weekly{.id = "configured-1",
                      .kind = Mute::Kind::maintenance,
                      .match = Selector({"db"}),
                      .hours = Hours::make(sunday).value(),
                      .configured = true};
    Seasons winter("2026-10-25T00:00:00Z", {}, {weekly});
    EXPECT_EQ(winter.told_within(4h), 120min) << "the hour comes twice";
    Seasons summer("2026-03-29T00:59:00Z", {}, {weekly});
    EXPECT_EQ(summer.told_within(4h), 0min) << "the hour does not come";
}

TEST(DeskClocks, a_step_of_a_day_moves_silences_and_nothing_else) {
    Mute silence{.id = "s1",
                 .match = Selector({"db"}),
                 .until = parse_rfc3339("2026-11-30T14:00:00Z").value(),
                 .configured = true};
    Seasons office("2026-11-30T12:00:00Z", {}, {silence});
    office.pass(10min);
    EXPECT_TRUE(office.sent.empty());
    office.set_wall("2026-12-01T12:00:00Z");
    office.see();
    office.pass(1min);
    EXPECT_EQ(office.sent, Texts{"mail problem"});
    office.set_wall("2026-11-30T15:00:00Z");
    office.see();
    office.recover("db");
    office.pass(59s);
    EXPECT_EQ(office.sent.size(), 1u) << "its end waits for `hold` as ever";
    office.pass(2s);
    EXPECT_EQ(office.sent, (Texts{"mail problem", "mail resolved"}));
}

TEST(Desk, a_message_whose_incident_has_no_record_on_disk_is_sent_all_the_same) {
    Office office({component("db")}, to_mail());
    office.recover("db");
    office.fail("db");
    office.pass(11s);
    EXPECT_EQ(office.sent, (Texts{"mail problem"}));
    std::erase_if(office.disk, [](const auto& row) { return row.first.starts_with("record/"); });
    office.die_and_return();
    office.recover("db");
    EXPECT_EQ(office.only().id, "0badcafe-1");
    office.pass(61s);
    EXPECT_EQ(office.sent, (Texts{"mail problem", "mail resolved"}));
    EXPECT_EQ(office.only().told.size(), 1u);
}

TEST(Desk, a_disk_that_did_not_answer_has_nothing_written_over) {
    Office office({component("db")}, to_mail());
    office.recover("db");
    office.fail("db");
    const std::string first = office.disk.at("record/00000000000000000001").text.value();
    office.memory_whole = false;
    office.die_and_return();
    office.fail("db");
    EXPECT_GT(office.only().number, 1'000'000'000u);
    EXPECT_EQ(office.disk.at("record/00000000000000000001").text, first);
}

TEST(Desk, damaged_rows_are_left_out) {
    Office office({component("db")}, to_mail());
    office.recover("db");
    office.fail("db");
    office.pass(20s);
    for (auto& [key, row] : office.disk)
        if (key.starts_with("told/") || key.starts_with("verdict/")) row.text = "{\"incident\":";
    office.die_and_return();
    office.fail("db");
    office.pass(20s);
    EXPECT_EQ(office.only().roots, Texts{"db"});
}

}  // namespace
}  // namespace vitals::alerts
