#include "container.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "backends/json_api/json_api.hpp"
#include "checks/access_fields.hpp"
#include "judge.hpp"
#include "model/severity.hpp"
#include "text/percent.hpp"
#include "text/prose.hpp"
#include "text/words.hpp"

namespace vitals::checks::container {

namespace {

namespace api = backends::json_api;
namespace json = boost::json;

constexpr std::size_t most_containers = 100;
constexpr std::uint16_t usual_port = 2375;
constexpr std::uint16_t usual_tls_port = 2376;

bool is_unix(const text::Url& url) {
    return url.scheme == "unix";
}

Verified verify_url(const text::Url& url) {
    if (!url.user.empty() || !url.password.empty())
        return std::unexpected("holds a user; engines know clients by certificates: see tls");
    if (!is_unix(url)) return api::verify_base(url, {"unix", "http", "https"});
    if (!url.path.starts_with('/') || url.path.size() < 2)
        return std::unexpected("expected the path of a socket: unix:/run/podman/podman.sock");
    if (!url.query.empty()) return std::unexpected("has parameters; they are options of their own");
    return {};
}

// Names of containers that Docker and Podman allow.
Verified verify_name(const std::string& name) {
    constexpr std::string_view good =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    if (name.find_first_not_of(good) != std::string::npos)
        return std::unexpected("is no name or id of a container");
    return {};
}

Verified verify(const Options& options) {
    if (options.name.empty() == options.label.empty())
        return std::unexpected("one of name and label is needed: which container is meant");
    if (options.label.empty() && options.count != 1)
        return std::unexpected("count goes with label");
    return {};
}

std::string podman_socket() {
    const char* const folder = std::getenv("XDG_RUNTIME_DIR");
    if (::geteuid() == 0 || folder == nullptr) return "/run/podman/podman.sock";
    return std::string(folder) + "/podman/podman.sock";
}

// docker://NAME, podman://NAME, docker+unix:/path?name=NAME. Case matters in names, but not in
// hosts.
Verified from_url(Options& options, std::string_view url) {
    const std::string_view scheme = url.substr(0, url.find(':'));
    std::string_view rest = url.substr(scheme.size() + 1);
    std::string_view name;
    if (scheme == "docker+unix") {
        const std::size_t question = rest.find("?name=");
        if (question == std::string_view::npos)
            return std::unexpected("expected docker+unix:/path/of/socket?name=NAME");
        name = rest.substr(question + 6);
        options.url = "unix:" + std::string(rest.substr(0, question));
    } else {
        if (rest.starts_with("//")) rest.remove_prefix(2);
        name = rest;
        if (scheme == "podman") options.url = "unix:" + podman_socket();
    }
    if (name.empty()) return std::unexpected("names no container");
    options.name = name;
    if (Verified good = verify_name(options.name); !good) return good;
    return verify_url(options.url);
}

constexpr Field fields[] = {
    field<&Options::url, verify_url>(
        "url",
        "The engine: its socket, unix:/run/podman/podman.sock, or http://host:2375 or "
        "https://host:2376.",
        {.example = "unix:/run/podman/podman.sock"}),
    field<&Options::name, verify_name>("name", "The container's name or id.", {.example = "shop"}),
    field<&Options::label>(
        "label", "Instead of a name: every container with this label; the worst of them counts.",
        {.example = "com.example.service=shop"}),
    field<&Options::count>("count", "With `label`: the least number of them.",
                           {.unit = "containers", .least = 1, .most = most_containers}),
    field<&Options::health>(
        "health", "Whether the container's own health check counts; `required`: it must have one.",
        {.choices = "required|if_present|ignore"}),
    field<&Options::restarts_above>(
        "restarts_above",
        "Degraded when the engine has restarted it more often than this within an hour; failed "
        "when that goes on.",
        {.unit = "restarts", .least = 0, .most = 1000}),
    field<&Options::starting_above>(
        "starting_above",
        "Degraded when its health check has not passed for this long since its start; by default "
        "2m, or longer if the health check itself asks for it.",
        {.example = "5m"}),
    tls_field<Options>(),
};

api::Access access_of(const Options& options) {
    api::Access access;
    if (is_unix(options.url)) {
        access.base = "http://engine";
        access.unix_socket = options.url.path;
    } else {
        const bool tls = options.url.scheme == "https";
        access.base = api::base_of(options.url, "http", tls ? usual_tls_port : usual_port);
    }
    access.tls = options.tls;
    return access;
}

// A missing engine says nothing about the container.
CheckError without_engine(const api::Access& access, const CheckError& error) {
    const bool none = error.error_class == ErrorClass::connect && !access.unix_socket.empty() &&
                      ::access(access.unix_socket.c_str(), F_OK) != 0 && errno == ENOENT;
    if (!none) return error;
    return {ErrorClass::local, "no container engine at this socket", error.error, error.phase};
}

net::awaitable<api::Answer> ask(net::Context& context, const api::Access& access, std::string step,
                                std::string path) {
    api::Question question{.step = std::move(step), .path = std::move(path)};
    std::optional<CheckError> problem;
    try {
        api::Answer answer = co_await api::ask(context, access, std::move(question));
        co_return answer;
    } catch (const CheckError& error) {
        problem = without_engine(access, error);
    }
    throw *std::move(problem);
}

// Nothing if there is none of that name.
net::awaitable<std::optional<State>> inspect(net::Context& context, const api::Access& access,
                                             std::string name) {
    const std::string path = fmt::format("/containers/{}/json", text::percent_encoded(name));
    const api::Answer answer = co_await ask(context, access, "inspect", path);
    if (answer.status == 404 && !api::text_at(answer.document, "/message").empty())
        co_return std::nullopt;
    auto state = state_of(answer.document);
    if (answer.status != 200 || !state) throw api::refusal(answer, "a container engine's");
    co_return state;
}

// The ids of the containers with a label.
net::awaitable<std::vector<std::string>> list(net::Context& context, const api::Access& access,
                                              const std::string& label) {
    const json::object filters{{"label", json::array{json::string(label)}}};
    const std::string path =
        "/containers/json?all=true&filters=" + text::percent_encoded(json::serialize(filters));
    const api::Answer answer = co_await ask(context, access, "list", path);
    const json::array* const listed = answer.document.if_array();
    if (answer.status != 200 || listed == nullptr)
        throw api::refusal(answer, "a container engine's");
    if (listed->size() > most_containers)
        throw CheckError(ErrorClass::local,
                         fmt::format("more than {} containers have this label", most_containers));
    std::vector<std::string> ids;
    for (const json::value& each : *listed) ids.push_back(api::text_at(each, "/Id"));
    co_return ids;
}

// By the containers' ids.
using Memory = std::map<std::string, Restarts>;

Outcome judge_all(const Options& options, const std::vector<State>& states, const Memory& memory,
                  System now) {
    if (states.size() < static_cast<std::size_t>(options.count))
        return failed(
            fmt::format("{} of {} there", states.size(),
                        text::counted(static_cast<std::size_t>(options.count), "container")));
    Outcome worst = ok();
    std::size_t bad = 0;
    for (const State& state : states) {
        Outcome outcome = judge(options, state, memory.at(state.id), now);
        bad += outcome.status == Status::ok ? 0 : 1;
        if (severity(outcome.status) > severity(worst.status)) worst = std::move(outcome);
    }
    if (bad == 0)
        worst.detail = text::counted(states.size(), "container") + ": running";
    else
        worst.detail = fmt::format("{} of {}: {}", bad, text::counted(states.size(), "container"),
                                   worst.detail);
    worst.properties.clear();
    return std::move(worst).with("containers", static_cast<std::int64_t>(states.size()));
}

net::awaitable<std::vector<State>> look(const Options& options, net::Context& context) {
    const api::Access access = access_of(options);
    std::vector<std::string> ids{options.name};
    if (options.name.empty()) ids = co_await list(context, access, options.label);
    std::vector<State> states;
    for (const std::string& id : ids) {
        std::optional<State> state = co_await inspect(context, access, id);
        if (state) states.push_back(*std::move(state));
        // One of several may have been removed since they were listed.
        if (!state && !options.name.empty())
            throw CheckError(ErrorClass::assertion, "no such container");
    }
    context.enter("judge");
    co_return states;
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    const std::vector<State> states = co_await look(options, context);
    std::shared_ptr<Memory> before;
    if (context.kept() != nullptr) before = context.kept()->take<Memory>();
    const System now = context.clock().system();
    const auto memory = std::make_shared<Memory>();
    for (const State& state : states) {
        Restarts& restarts = (*memory)[state.id];
        if (before != nullptr && before->contains(state.id)) restarts = before->at(state.id);
        restarts.note(state.restarts, state.started, now);
    }
    if (context.kept() != nullptr) context.kept()->leave(memory);
    Outcome outcome;
    if (options.name.empty())
        outcome = judge_all(options, states, *memory, now);
    else
        outcome = judge(options, states.front(), memory->at(states.front().id), now);
    if (outcome.status == Status::failed) outcome.failed_phase = context.phase();
    co_return outcome;
}

constexpr std::string_view proves = R"(
    The engine says that the container runs: it is not paused, does not wait to be
    restarted, and has a process. Where it has a health check, the last one has passed,
    and not too long ago. The check finds a container that the engine restarts repeatedly
    by the count of its restarts, even when it runs at that moment; a manual start does
    not count. With `label`, all containers that have it are judged, also those that have
    stopped. The check cannot tell whether a container without a health check does its
    work; use the kind that speaks its protocol. Without an engine at the socket, or
    without the right to ask it, the result is unknown. Anyone who may open this socket
    has the rights of root on the host, so give it to vitals with care; the check sends
    only GET.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run, verify, from_url>(
    "container",
    "A container of Docker or Podman runs, is healthy, and is not restarted all the time.",
    {.proves = proves,
     .schemes = {"docker", "podman", "docker+unix"},
     .urls = {"docker://shop", "podman://shop", "docker+unix:/run/podman/podman.sock?name=shop"},
     .category = Category::system});

}  // namespace vitals::checks::container
