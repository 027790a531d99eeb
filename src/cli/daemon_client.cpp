#include "cli/daemon_client.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cstdlib>
#include <fstream>

#include "cli/exit_code.hpp"
#include "cli/screen_text.hpp"
#include "model/check_error.hpp"
#include "model/clock.hpp"
#include "net/context.hpp"
#include "net/environment.hpp"
#include "net/http_client.hpp"
#include "net/loop.hpp"
#include "text/words.hpp"

namespace vitals::cli {
namespace {

constexpr std::size_t largest_answer = 256u << 20;  // 10,000 components take about 10 MiB

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

// A daemon that listens on all addresses is asked at this one.
std::string reachable(const std::string& host) {
    if (host.empty() || host == "0.0.0.0") return "127.0.0.1";
    if (host == "::") return "[::1]";
    return host.contains(':') && !host.starts_with('[') ? '[' + host + ']' : host;
}

std::expected<std::string, Failure> token_of(const std::string& file) {
    if (file.empty()) return environment("VITALS_TOKEN");
    std::ifstream stream(file);
    std::string token;
    if (!stream || !std::getline(stream, token)) {
        return std::unexpected(Failure{exit_code::usage, "no token can be read from " + file});
    }
    while (!token.empty() && (token.back() == '\r' || token.back() == ' ')) token.pop_back();
    const bool printable = std::ranges::all_of(token, [](char c) { return c > 0x20 && c < 0x7F; });
    if (!token.empty() && printable) return token;
    return std::unexpected(
        Failure{exit_code::usage, file + " does not begin with a line that holds a token"});
}

std::expected<Address, Failure> address_for(const DaemonOptions& options,
                                            const config::Config* known) {
    for (const auto& [text, origin] :
         {std::pair{options.url, std::string("--url")},
          std::pair{environment("VITALS_URL"), std::string("VITALS_URL")}}) {
        if (text.empty()) continue;
        auto address = parse_address(text);
        if (address) return *address;
        return std::unexpected(Failure{exit_code::usage, origin + ": " + address.error()});
    }
    const Address usual{"http://127.0.0.1:8080", {}};
    if (known != nullptr) return address_of(*known).value_or(usual);
    if (!options.file.empty() || config::find_file()) {
        const auto config = load_configuration(options.file, false);
        if (!config) {
            auto failure = config.error();
            failure.text += "So the address of the daemon is not known; --url names it.\n";
            return std::unexpected(std::move(failure));
        }
        if (auto address = address_of(*config)) return *address;
    }
    return usual;
}

net::awaitable<void> exchange(net::Context& context, net::HttpRequest request,
                              net::HttpResponse& response) {
    response = co_await net::http(context, request);
}

}  // namespace

std::expected<Address, std::string> parse_address(std::string_view text) {
    if (text.starts_with("unix:")) {
        auto path = text.substr(5);
        if (path.starts_with("//")) path.remove_prefix(2);
        if (path.empty()) return std::unexpected("'unix:' needs a path");
        return Address{"http://localhost", std::string(path)};
    }
    auto scheme = std::string("http");
    if (const auto end = text.find("://"); end != std::string_view::npos) {
        scheme = text.substr(0, end);
        text.remove_prefix(end + 3);
        if (scheme != "http" && scheme != "https") {
            return std::unexpected(text::in_quotes(scheme) + " is not http, https or unix");
        }
    }
    while (text.ends_with('/')) text.remove_suffix(1);
    if (text.empty() || text.find_first_of("/?# @") != std::string_view::npos) {
        return std::unexpected(text::in_quotes(text) +
                               " is not HOST:PORT; write for example http://127.0.0.1:8080 or "
                               "unix:/run/vitals/control.sock");
    }
    return Address{scheme + "://" + std::string(text), {}};
}

std::optional<Address> address_of(const config::Config& config) {
    const Listener* best = nullptr;
    const auto rank = [](const Listener& listener) {
        return (listener.control ? 4 : 0) + (listener.unix_path.empty() ? 0 : 2) +
               (listener.tls ? 0 : 1);
    };
    for (const auto& listener : config.listeners) {
        if (listener.unix_path.empty() && listener.port == 0) continue;
        if (best == nullptr || rank(listener) > rank(*best)) best = &listener;
    }
    if (best == nullptr) return std::nullopt;
    if (!best->unix_path.empty()) return Address{"http://localhost", best->unix_path};
    return Address{
        fmt::format("{}://{}:{}", best->tls ? "https" : "http", reachable(best->host), best->port),
        {}};
}

std::expected<Daemon, Failure> Daemon::find(const DaemonOptions& options,
                                            const config::Config* config) {
    Daemon daemon;
    auto address = address_for(options, config);
    if (!address) return std::unexpected(address.error());
    auto token = token_of(options.token_file);
    if (!token) return std::unexpected(token.error());
    daemon.address_ = std::move(*address);
    daemon.token_ = std::move(*token);
    daemon.ca_ = options.ca;
    return daemon;
}

std::expected<Answer, Failure> Daemon::ask(const std::string& method, const std::string& path,
                                           const std::string& body,
                                           std::chrono::milliseconds patience) const {
    net::HttpRequest request;
    request.method = method;
    request.url = address_.url + path;
    request.unix_socket = address_.unix_socket;
    request.body = body;
    request.max_body = largest_answer;
    request.tls.ca = ca_;
    request.headers.emplace_back("User-Agent", "vitals");
    if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
    if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");

    net::Loop loop;
    net::Environment surroundings(loop);
    net::Context context(surroundings, real_clock(), "daemon", "http",
                         real_clock().steady() + patience);
    net::HttpResponse response;
    std::exception_ptr error;
    bool late = false;
    net::Task task =
        loop.spawn(exchange(context, std::move(request), response), [&](std::exception_ptr ended) {
            error = std::move(ended);
            loop.stop();
        });
    net::Timer timer(loop);
    timer.arm(context.deadline(), [&] {
        late = true;
        task.cancel();
    });
    loop.run();

    const auto unreachable = [this](const std::string& why) {
        return std::unexpected(
            Failure{exit_code::unreachable,
                    fmt::format("no daemon at {}: {} (is 'vitals serve' running? --url names "
                                "another place)",
                                address_.shown(), why)});
    };
    if (late) return unreachable("no answer within " + format_duration(patience));
    try {
        if (error) std::rethrow_exception(error);
    } catch (const CheckError& problem) {
        // The text already has the address; only messages of TLS and HTTP add to it.
        const bool plain = problem.error.empty() || problem.error_class == ErrorClass::connect ||
                           problem.error_class == ErrorClass::resolve;
        return unreachable(plain ? problem.detail : problem.detail + ", " + problem.error);
    }
    Answer answer{response.status, std::move(response.body)};
    answer.not_saved = response.header("Warning") != nullptr;
    return answer;
}

Failure Daemon::refusal(const Answer& answer) const {
    std::string why = fmt::format("answers {}", answer.status);
    boost::system::error_code error;
    const auto problem = boost::json::parse(answer.body, error);
    const auto* object = error ? nullptr : problem.if_object();
    const auto* detail = object == nullptr ? nullptr : object->if_contains("detail");
    const bool ours = detail != nullptr && detail->is_string();
    if (ours) why = clean(detail->get_string());
    if (answer.status == 401 || answer.status == 403) {
        why += has_token() ? "; the token shown is the wrong one for this"
                           : "; show one with --token-file or $VITALS_TOKEN, or ask a listener "
                             "that has 'control: true'";
        return {exit_code::refused, address_.shown() + ": " + why};
    }
    if (!ours) {
        return {
            exit_code::unreachable,
            fmt::format("{} {}; is that vitals? --url names another place", address_.shown(), why)};
    }
    return {exit_code::refused, address_.shown() + ": " + why};
}

}  // namespace vitals::cli
