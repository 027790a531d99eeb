#include "systemd.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include "check_testing.hpp"
#include "judge.hpp"

namespace vitals::checks::systemd {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace vitals::testing;

const System now = System(std::chrono::seconds(1'800'000'000));

Unit service(const std::string& active, const std::string& sub) {
    Unit unit;
    unit.name = "shop.service";
    unit.load = "loaded";
    unit.active = active;
    unit.sub = sub;
    unit.result = "success";
    unit.type = "simple";
    unit.changed = now - 10min;
    return unit;
}

Outcome judged(const Unit& unit, const Options& options = {}) {
    return judge(options, unit, Restarts(), now);
}

void expect(const Outcome& outcome, Status status, const std::string& detail) {
    EXPECT_EQ(outcome.status, status) << outcome.detail;
    EXPECT_EQ(outcome.detail, detail);
}

// ---- facts/kinds.md section 2, its table
// ---------------------------------------------------------

TEST(SystemdUnit, that_runs_is_ok) {
    expect(judged(service("active", "running")), Status::ok, "running");
    expect(judged(service("active", "exited")), Status::ok, "ended well");
    Unit mount = service("active", "mounted");
    mount.type.clear();
    mount.result.clear();
    expect(judged(mount), Status::ok, "mounted");
    mount.active = "inactive";
    expect(judged(mount), Status::failed, "not active");
}

TEST(SystemdUnit, that_is_not_there_is_failed) {
    Unit unit = service("inactive", "dead");
    unit.load = "not-found";
    expect(judged(unit), Status::failed, "no such unit");
    unit.load = "masked";
    expect(judged(unit), Status::failed, "masked");
    unit.load = "bad-setting";
    expect(judged(unit), Status::failed, "its file cannot be loaded");
    expect(judged(service("inactive", "dead")), Status::failed, "not running");
}

TEST(SystemdUnit, that_failed_says_how) {
    Unit unit = service("failed", "failed");
    unit.result = "exit-code";
    unit.exit_code = 1;
    unit.exit_status = 203;
    expect(judged(unit), Status::failed, "failed: exit code 203");
    EXPECT_EQ(judged(unit).error, "shop.service: loaded, failed/failed, result exit-code");
    unit.result = "signal";
    unit.exit_code = 2;
    unit.exit_status = 9;
    expect(judged(unit), Status::failed, "failed: killed by signal 9");
    unit.result = "timeout";
    unit.exit_code = 0;
    expect(judged(unit), Status::failed, "failed: timeout");
}

TEST(SystemdUnit, that_waits_to_be_restarted_is_failed) {
    Unit unit = service("activating", "auto-restart");
    unit.result = "exit-code";
    unit.exit_code = 1;
    unit.exit_status = 1;
    expect(judged(unit), Status::failed, "died, waits to be restarted: failed: exit code 1");
}

TEST(SystemdUnit, that_starts_for_long_is_degraded) {
    Unit unit = service("activating", "start");
    expect(judged(unit), Status::degraded, "starting for 10 min");
    unit.changed = now - 30s;
    expect(judged(unit), Status::ok, "starting for 30 s");
    expect(judged(unit, {.starting_above = 20s}), Status::degraded, "starting for 30 s");
}

TEST(SystemdUnit, oneshot_is_judged_by_its_last_run) {
    Unit unit = service("inactive", "dead");
    unit.type = "oneshot";
    expect(judged(unit), Status::unknown, "systemd remembers no run of it");
    unit.main_started = now - 1h;
    expect(judged(unit), Status::ok, "ended well");
    unit.result = "exit-code";
    unit.exit_code = 1;
    unit.exit_status = 2;
    expect(judged(unit), Status::failed, "failed: exit code 2");
    Unit works = service("activating", "start");
    works.type = "oneshot";
    works.changed = now - 3h;
    expect(judged(works), Status::ok, "running for 3 h");
    expect(judged(works, {.starting_above = 2h}), Status::degraded, "running for 3 h");
}

TEST(SystemdUnit, may_have_to_be_inactive) {
    const Options options{.expect = "inactive"};
    expect(judged(service("inactive", "dead"), options), Status::ok, "not active, as it should be");
    expect(judged(service("active", "running"), options), Status::failed,
           "is active, though it should not be");
    EXPECT_EQ(judged(service("failed", "failed"), options).status, Status::failed);
}

TEST(SystemdUnit, that_is_restarted_by_systemd_is_noticed) {
    Unit unit = service("active", "running");
    Restarts restarts;
    const auto look = [&](System at) {
        restarts.note(unit.restarts, unit.main_started, at);
        return judge({}, unit, restarts, at);
    };
    unit.main_started = now - 24h;
    EXPECT_EQ(look(now).status, Status::ok);
    unit.restarts = 1;
    expect(look(now + 10s), Status::degraded, "restarted 1 time by systemd in the last hour");
    EXPECT_EQ(judge({.restarts_above = 1}, unit, restarts, now + 10s).status, Status::ok);
    unit.restarts = 4;
    expect(look(now + 20s), Status::failed,
           "dies over and over: restarted 4 times by systemd in the last hour");
    EXPECT_EQ(look(now + 30min).status, Status::degraded);
    EXPECT_EQ(look(now + 90min).status, Status::ok);
}

TEST(SystemdUnit, that_is_started_by_hand_is_no_restart) {
    Unit unit = service("active", "running");
    Restarts restarts;
    unit.restarts = 5;
    unit.main_started = now - 2h;
    restarts.note(unit.restarts, unit.main_started, now);
    EXPECT_EQ(restarts.within(1h, now), 0u) << "that was before the last hour";
    unit.restarts = 0;
    unit.main_started = now + 5s;
    restarts.note(unit.restarts, unit.main_started, now + 10s);
    EXPECT_EQ(restarts.within(1h, now + 10s), 0u);
}

TEST(SystemdUnit, whose_process_is_a_fresh_restart_is_noticed_at_once) {
    Unit unit = service("active", "running");
    unit.restarts = 1;
    unit.main_started = now - 5min;
    Restarts restarts;
    restarts.note(unit.restarts, unit.main_started, now);
    EXPECT_EQ(judge({}, unit, restarts, now).status, Status::degraded);
}

TEST(SystemdTimer, is_judged_with_what_it_starts) {
    Unit timer = service("active", "waiting");
    timer.name = "backup.timer";
    timer.triggers = "backup.service";
    timer.activated = now - 48h;
    timer.triggered = now - 3h;
    Unit started = service("inactive", "dead");
    started.type = "oneshot";
    const auto look = [&](const Options& options = {}) {
        return judge_timer(options, timer, started, now);
    };
    expect(look(), Status::ok, "ran 3 h ago");
    expect(look({.ran_within = 2h}), Status::failed, "ran 3 h ago");
    timer.triggered = std::nullopt;
    expect(look(), Status::ok, "has not run yet");
    expect(look({.ran_within = 26h}), Status::failed, "has not run yet");
    timer.activated = now - 1h;
    expect(look({.ran_within = 26h}), Status::ok, "has not run yet");
    timer.sub = "elapsed";  // and yet its service failed
    started.active = "failed";
    started.result = "exit-code";
    started.exit_status = 1;
    expect(look(), Status::failed, "its last run failed: exit code 1");
    started.load = "not-found";
    expect(look(), Status::failed, "what it starts: no such unit");
    timer.active = "inactive";
    expect(look(), Status::failed, "the timer is not active");
}

TEST(SystemdUnits, none_of_them_has_failed) {
    const Options options{.units = {"shop-*", "db.service"}, .ignore = {"shop-test*"}};
    expect(judge_all(options, "degraded", {"other.service", "shop-test.service"}), Status::ok,
           "no unit has failed");
    const Outcome outcome = judge_all(options, "degraded", {"shop-a.service", "db.service"});
    expect(outcome, Status::failed, "2 units failed");
    EXPECT_EQ(outcome.error, "shop-a.service, db.service");
    expect(judge_all(options, "maintenance", {}), Status::failed,
           "the system is in maintenance mode");
}

TEST(SystemdOptions, are_checked_and_come_from_urls) {
    const auto refused = [](const Options& options) { return problem_of(kind, &options); };
    EXPECT_EQ(refused({}), "one of unit and units is needed: which unit is meant");
    EXPECT_EQ(refused({.unit = "a", .ran_within = 1h}),
              "ran_within goes with a timer: unit: NAME.timer");
    EXPECT_TRUE(refused({.unit = "/var/lib"}).contains("systemd-escape --path"));
    EXPECT_EQ(refused({.unit = "a", .ignore = {"b"}}), "ignore goes with units");
    Options options;
    EXPECT_TRUE(kind.from_url(ObjectRef(options), "systemd:backup.timer?ran_within=26h&user=true"));
    EXPECT_EQ(options.unit, "backup.timer");
    EXPECT_EQ(options.ran_within, 26h);
    EXPECT_TRUE(options.user);
    Options all;
    EXPECT_TRUE(kind.from_url(ObjectRef(all), "systemd:*"));
    EXPECT_EQ(all.units, std::vector<std::string>{"*"});
    EXPECT_FALSE(kind.from_url(ObjectRef(all), "systemd:"));
    EXPECT_FALSE(kind.from_url(ObjectRef(all), "systemd:a?ran_within=often"));
    EXPECT_FALSE(kind.from_url(ObjectRef(all), "systemd:a?within=1h"));
}

// ---- on the wire
// ---------------------------------------------------------------------------------

// A listener on a unix socket that serves one connection.
class Bus {
  public:
    explicit Bus(std::function<void(int)> serve) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(listener_, 4), 0);
        thread_ = std::jthread([this, serve = std::move(serve)] {
            const int connection = ::accept(listener_, nullptr, nullptr);
            if (connection < 0) return;
            serve(connection);
            ::close(connection);
        });
    }
    ~Bus() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    Bus(const Bus&) = delete;
    Bus& operator=(const Bus&) = delete;

    testing::TemporaryDirectory directory;
    const std::string path = directory.file("private");

  private:
    int listener_ = -1;
    std::jthread thread_;
};

std::string letter(std::uint32_t number) {
    std::string bytes;
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(number >> shift);
    return bytes;
}

// An answer to the call of that serial; the body is padded by whoever makes it.
std::string answer(std::uint32_t call, const std::string& signature, const std::string& body,
                   const std::string& error = {}) {
    std::string fields = "\x05\x01u\0"s + letter(call);
    const auto begin = [&] { fields.resize((fields.size() + 7) / 8 * 8); };
    if (!error.empty())
        fields += "\x04\x01s\0"s + letter(static_cast<std::uint32_t>(error.size())) + error + '\0';
    begin();
    fields += "\x08\x01g\0"s + static_cast<char>(signature.size()) + signature + '\0';
    std::string whole = "l"s + (error.empty() ? '\x02' : '\x03') + "\0\x01"s +
                        letter(static_cast<std::uint32_t>(body.size())) + letter(99) +
                        letter(static_cast<std::uint32_t>(fields.size())) + fields;
    whole.resize((whole.size() + 7) / 8 * 8);
    return whole + body;
}

// {"LoadState": "loaded", "ActiveState": ..., "SubState": ...}
std::string properties(const std::string& active, const std::string& sub) {
    std::string entries;
    const auto add = [&](const std::string& name, const std::string& value) {
        entries.resize((entries.size() + 7) / 8 * 8);
        entries += letter(static_cast<std::uint32_t>(name.size())) + name + '\0' + "\x01s\0"s;
        entries.resize((entries.size() + 3) / 4 * 4);
        entries += letter(static_cast<std::uint32_t>(value.size())) + value + '\0';
    };
    add("LoadState", "loaded");
    add("ActiveState", active);
    add("SubState", sub);
    add("Type", "simple");
    return letter(static_cast<std::uint32_t>(entries.size())) + letter(0) + entries;
}

std::string greeted(int connection) {
    const std::string greeting = testing::read_until(connection, "BEGIN\r\n");
    testing::send_all(connection, "OK 0123456789abcdef0123456789abcdef\r\n");
    (void)testing::read_until(connection, "GetAll");
    return greeting;
}

Outcome ask(const Bus& bus, std::chrono::milliseconds timeout = 2000ms) {
    return run_once(kind, Options{.unit = "shop", .socket = bus.path}, timeout);
}

TEST(SystemdWire, a_unit_is_asked_for_among_signals) {
    std::string greeting;
    Bus bus([&](int connection) {
        greeting = greeted(connection);
        std::string signal = answer(0, "s", "\x01\0\0\0x\0"s);
        signal[1] = '\x04';
        const std::string body = properties("active", "running");
        testing::send_all(connection, signal + answer(1, "a{sv}", body));
        testing::close_in_order(connection);
    });
    const Outcome outcome = ask(bus);
    expect(outcome, Status::ok, "running");
    EXPECT_TRUE(greeting.starts_with("\0AUTH EXTERNAL "s)) << greeting;
    ASSERT_EQ(outcome.phases.size(), 3u);
    EXPECT_EQ(outcome.phases[0].name, "connect");
    EXPECT_EQ(outcome.phases[1].name, "auth");
    EXPECT_EQ(outcome.phases[2].name, "unit");
}

TEST(SystemdWire, without_the_right_to_ask_the_result_is_unknown) {
    Bus bus([](int connection) {
        (void)testing::read_until(connection, "BEGIN\r\n");
        testing::send_all(connection, "REJECTED EXTERNAL\r\n");
        testing::close_in_order(connection);
    });
    const Outcome outcome = ask(bus);
    expect(outcome, Status::unknown, "not permitted to ask systemd");
    EXPECT_EQ(outcome.error_class, ErrorClass::local);
    EXPECT_EQ(outcome.failed_phase, "auth");

    const Outcome none = run_once(kind, Options{.unit = "shop", .socket = "/nowhere/private"});
    expect(none, Status::unknown, "systemd cannot be reached");
}

TEST(SystemdWire, errors_have_a_meaning) {
    const auto refused_with = [](const std::string& name) {
        Bus bus([name](int connection) {
            (void)greeted(connection);
            testing::send_all(connection, answer(1, "s", "\x02\0\0\0no\0"s, name));
            testing::close_in_order(connection);
        });
        return ask(bus);
    };
    expect(refused_with("org.freedesktop.DBus.Error.NameHasNoOwner"), Status::unknown,
           "no systemd on this bus");
    expect(refused_with("org.freedesktop.DBus.Error.AccessDenied"), Status::unknown,
           "not permitted to ask systemd");
    const Outcome silent = refused_with("org.freedesktop.DBus.Error.NoReply");
    expect(silent, Status::failed, "systemd does not answer");
    EXPECT_EQ(silent.error_class, ErrorClass::timeout);
    const Outcome other = refused_with("org.example.Error");
    expect(other, Status::failed, "systemd refused the question");
    EXPECT_EQ(other.error_class, ErrorClass::protocol);
    EXPECT_EQ(other.error, "org.example.Error: no");
}

TEST(SystemdWire, faults_end_in_time_with_a_class) {
    const auto hang = [](int connection) {
        (void)greeted(connection);
        (void)testing::read_until(connection, "never");
    };
    {
        Bus bus(hang);
        const Outcome outcome = ask(bus, 300ms);
        EXPECT_EQ(outcome.status, Status::failed);
        EXPECT_EQ(outcome.error_class, ErrorClass::timeout);
        EXPECT_EQ(outcome.failed_phase, "unit");
    }
    const std::string whole = answer(1, "a{sv}", properties("active", "running"));
    const auto say = [&](std::string bytes) {
        Bus bus([bytes = std::move(bytes)](int connection) {
            (void)greeted(connection);
            testing::send_all(connection, bytes);
            testing::close_in_order(connection);
        });
        return ask(bus);
    };
    for (const std::string& bytes :
         {std::string(), whole.substr(0, 40), "HTTP/1.1 400 Bad Request\r\n\r\n"s,
          std::string(2 << 20, 'l'), answer(1, "a{sv}", "\0\0\0\0\0\0\0\0"s)}) {
        const Outcome outcome = say(bytes);
        EXPECT_EQ(outcome.status, Status::failed) << bytes.size();
        EXPECT_EQ(outcome.error_class, ErrorClass::protocol) << outcome.detail;
        EXPECT_EQ(outcome.failed_phase, "unit");
    }
    Bus http([](int connection) {
        testing::send_all(connection, "HTTP/1.1 400 Bad Request\r\n\r\n");
        testing::close_in_order(connection);
    });
    EXPECT_EQ(ask(http).detail, "not an answer of D-Bus");
}

}  // namespace
}  // namespace vitals::checks::systemd
