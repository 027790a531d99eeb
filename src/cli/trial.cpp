#include "cli/trial.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string_view>

#include "app/check_once.hpp"

namespace vitals::cli {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr char end_of_text = '\0';
constexpr milliseconds allowance(2'000);

std::vector<Outcome> try_here(const std::vector<config::ComponentConfig>& components) {
    std::vector<Outcome> outcomes;
    for (const auto& state : app::check_once(components)) outcomes.push_back(*state->last);
    return outcomes;
}

bool become(const Person& person) {
    const bool grouped = person.has_entry ? ::initgroups(person.shown.c_str(), person.gid) == 0
                                          : ::setgroups(0, nullptr) == 0;
    return grouped && ::setgid(person.gid) == 0 && ::setuid(person.uid) == 0;
}

// Status, class, detail and error of each, every text with its end.
std::string written(const std::vector<Outcome>& outcomes) {
    std::string text;
    for (const Outcome& outcome : outcomes) {
        text += static_cast<char>('0' + static_cast<int>(outcome.status));
        text += static_cast<char>('0' + static_cast<int>(outcome.error_class));
        for (const std::string* each : {&outcome.detail, &outcome.error})
            text += each->substr(0, each->find(end_of_text)) + end_of_text;
    }
    return text;
}

std::vector<Outcome> read_back(std::string_view text, std::size_t count) {
    std::vector<Outcome> outcomes;
    while (outcomes.size() < count && text.size() > 2) {
        Outcome outcome;
        outcome.status = static_cast<Status>(text[0] - '0');
        outcome.error_class = static_cast<ErrorClass>(text[1] - '0');
        text.remove_prefix(2);
        for (std::string* each : {&outcome.detail, &outcome.error}) {
            const std::size_t end = std::min(text.find(end_of_text), text.size());
            *each = text.substr(0, end);
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        outcomes.push_back(std::move(outcome));
    }
    outcomes.resize(count, unknown("could not be tried"));
    return outcomes;
}

std::string read_until(int descriptor, steady_clock::time_point deadline) {
    std::string text;
    char buffer[4096];
    for (;;) {
        const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
        pollfd ready{descriptor, POLLIN, 0};
        if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0)
            return text;
        const ssize_t got = ::read(descriptor, buffer, sizeof buffer);
        if (got <= 0) return text;
        text.append(buffer, static_cast<std::size_t>(got));
    }
}

[[noreturn]] void be_the_child(const std::vector<config::ComponentConfig>& components,
                               const Person& person, int descriptor) {
    std::string text;
    if (become(person)) text = written(try_here(components));
    std::string_view left = text;
    while (!left.empty()) {
        const ssize_t sent = ::write(descriptor, left.data(), left.size());
        if (sent <= 0) break;
        left.remove_prefix(static_cast<std::size_t>(sent));
    }
    ::_exit(0);
}

}  // namespace

std::expected<Person, std::string> find_person(const std::string& name) {
    Person person;
    const char* const end = name.data() + name.size();
    const bool number = std::from_chars(name.data(), end, person.uid).ptr == end && !name.empty();
    const passwd* const entry = number ? ::getpwuid(person.uid) : ::getpwnam(name.c_str());
    if (entry == nullptr && !number) return std::unexpected("no user is called " + name);
    person.has_entry = entry != nullptr;
    person.gid = entry == nullptr ? person.uid : entry->pw_gid;
    person.shown = entry == nullptr ? "uid " + name : entry->pw_name;
    if (entry != nullptr) person.uid = entry->pw_uid;
    return person;
}

std::vector<Outcome> try_once(const std::vector<config::ComponentConfig>& components,
                              const std::optional<Person>& as_user) {
    if (components.empty()) return {};
    if (!as_user || as_user->uid == ::geteuid()) return try_here(components);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return read_back("", components.size());
    milliseconds longest{};
    for (const auto& component : components) longest = std::max(longest, component.policy.timeout);
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(ends[0]);
        be_the_child(components, *as_user, ends[1]);
    }
    ::close(ends[1]);
    const std::string text =
        child < 0 ? "" : read_until(ends[0], steady_clock::now() + longest + allowance);
    ::close(ends[0]);
    if (child > 0) {
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
    }
    return read_back(text, components.size());
}

}  // namespace vitals::cli
