#include "domain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <utility>

#include "checks/access_fields.hpp"
#include "knowledge.hpp"
#include "net/environment.hpp"
#include "net/http_client.hpp"
#include "net/within.hpp"
#include "text/percent.hpp"
#include "text/prose.hpp"
#include "text/quote.hpp"
#include "wire/rdap.hpp"
#include "wire/retry_after.hpp"

namespace vitals::checks::domain {

namespace {

using std::chrono::days;
using std::chrono::hours;

constexpr std::size_t longest_name = 253, longest_label = 63;
constexpr auto bootstrap_lasts = days(7);
constexpr int most_redirects = 3;

Verified verify_name(const std::string& name) {
    for (const char c : name)
        if (static_cast<unsigned char>(c) >= 0x80)
            return std::unexpected(
                "is written with letters that names do not have; write it as "
                "registered, xn--...");
    std::size_t labels = 0;
    for (std::string_view rest = name; !rest.empty() || labels == 0;) {
        const std::string_view label = rest.substr(0, rest.find('.'));
        const bool good = !label.empty() && label.size() <= longest_label &&
                          std::ranges::all_of(label, [](unsigned char c) {
                              return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
                          });
        if (!good)
            return std::unexpected(
                "is no domain; expected a registered name such as example.org, "
                "in lower case");
        ++labels;
        if (label.size() == rest.size()) break;
        rest.remove_prefix(label.size() + 1);
        if (rest.empty()) return std::unexpected("ends in a dot");
    }
    if (labels < 2) return std::unexpected("is no registered name; expected such as example.org");
    return verified(name.size() <= longest_name ? std::string() : "is too long");
}

// WHOIS is free text that each registry writes in its own way.
Verified verify_server(const text::Url& url) {
    if (url.empty()) return {};
    if (url.scheme == "whois")
        return std::unexpected(
            "is WHOIS, free text that every registry writes differently and many have switched "
            "off; only RDAP (https://) is asked");
    if (auto problem = text::url_problem(url.text, {"https", "http"}); !problem.empty())
        return std::unexpected(problem);
    return verified(url.query.empty() && url.user.empty()
                        ? std::string()
                        : "has a user or parameters; expected the base of an RDAP server");
}

Verified verify_bootstrap(const text::Url& url) {
    return verified(text::url_problem(url.text, {"https", "http"}));
}

Verified verify(const Options& options) {
    return verified(options.failed_below <= options.degraded_below
                        ? std::string()
                        : "failed_below is above degraded_below: it would never be degraded");
}

// domain:example.org
Verified from_url(Options& options, std::string_view url) {
    const auto name = text::percent_decoded(url.substr(url.find(':') + 1));
    if (!name || name->starts_with('/'))
        return std::unexpected("expected domain:NAME, such as domain:example.org");
    options.name = *name;
    return verify_name(*name);
}

constexpr Field fields[] = {
    field<&Options::name, verify_name>(
        "name",
        "The registered name: example.org, not www.example.org. Registries know no names below it.",
        {.required = true, .example = "example.org"}),
    field<&Options::server, verify_server>(
        "server",
        "The base of the registry's RDAP server, for a top-level domain that is not in the list of "
        "`bootstrap`.",
        {.example = "https://rdap.example.net/"}),
    field<&Options::bootstrap, verify_bootstrap>(
        "bootstrap", "The URL of the list of registries (RFC 9224), which is read once a week.",
        {.example = "https://mirror.example.net/rdap/dns.json"}),
    field<&Options::degraded_below>("degraded_below", "Degraded when the registration ends sooner.",
                                    {.least = 0}),
    field<&Options::failed_below>("failed_below", "Failed when the registration ends sooner.",
                                  {.least = 0}),
    tls_field<Options>(),
};

// From 0 to 1: so that many domains are not asked for at the same moment.
double drawn() {
    std::random_device random;
    return static_cast<double>(random()) / static_cast<double>(std::random_device::max());
}

// One attempt to learn more than is known so far.
class Try {
  public:
    Try(const Options& options, net::Context& context, Knowledge& knowledge)
        : options_(options), context_(context), knowledge_(knowledge) {}

    // Throws network errors; notes what servers said.
    net::awaitable<void> learn() {
        std::string server = options_.server.text;
        if (server.empty()) {
            co_await find_server();
            server = knowledge_.server;
        }
        if (server.empty()) co_return;
        if (!server.ends_with('/')) server += '/';
        net::HttpRequest request = asking(server + "domain/" + options_.name, "registry");
        request.headers = {{"Accept", "application/rdap+json"}};
        request.max_body = wire::rdap::longest_answer;
        const net::HttpResponse answer = co_await net::http(context_, std::move(request));
        take(answer);
    }

  private:
    net::HttpRequest asking(std::string url, std::string step) const {
        net::HttpRequest request;
        request.url = std::move(url);
        request.tls = options_.tls;
        request.redirects = most_redirects;
        request.step = std::move(step);
        return request;
    }

    System now() { return context_.clock().system(); }

    void fail(std::string detail, const net::HttpResponse& answer) {
        Problem problem{
            .detail = std::move(detail),
            .error = fmt::format("got status {}, {}", answer.status, text::quoted(answer.body)),
            .retry_after = {}};
        if (const std::string* header = answer.header("retry-after"))
            if (const auto pause = wire::retry_after(*header, now()))
                problem.retry_after = std::chrono::ceil<std::chrono::seconds>(*pause);
        note_failure(knowledge_, std::move(problem), now(), drawn());
    }

    // The list may be old or missing: a registry rarely moves.
    net::awaitable<void> find_server() {
        const bool fresh = knowledge_.server_known &&
                           now() - *knowledge_.server_known < bootstrap_lasts &&
                           now() >= *knowledge_.server_known;
        if (fresh && !knowledge_.server.empty()) co_return;
        std::optional<CheckError> problem;
        try {
            co_await read_bootstrap();
        } catch (const CheckError& error) {
            problem = error;
        }
        if (problem && knowledge_.server.empty())
            throw CheckError(problem->error_class, "the list of registries: " + problem->detail,
                             problem->error);
    }

    net::awaitable<void> read_bootstrap() {
        net::HttpRequest request = asking(options_.bootstrap.text, "bootstrap");
        request.max_body = wire::rdap::longest_bootstrap;
        const net::HttpResponse answer = co_await net::http(context_, std::move(request));
        if (answer.status != 200) {
            fail(fmt::format("the list of registries: status {}", answer.status), answer);
            co_return;
        }
        const auto server = wire::rdap::server_of(answer.body, options_.name);
        if (!server) {
            fail("the list of registries: " + server.error(), answer);
        } else if (!*server) {
            knowledge_.server.clear();
            note_failure(
                knowledge_,
                {.detail = "no RDAP server is listed for ." +
                           options_.name.substr(options_.name.rfind('.') + 1) + ": see `server`",
                 .error = {},
                 .retry_after = std::chrono::duration_cast<std::chrono::seconds>(hours(24))},
                now(), drawn());
        } else {
            knowledge_.server = **server;
            knowledge_.server_known = now();
        }
    }

    void take(const net::HttpResponse& answer) {
        if (answer.status == 404)
            return note_absence(knowledge_,
                                fmt::format("got status 404, {}", text::quoted(answer.body)), now(),
                                drawn());
        if (answer.status == 429 || answer.status == 403)
            return fail("the registry does not want to be asked now", answer);
        if (answer.status != 200)
            return fail(fmt::format("the registry answers with status {}", answer.status), answer);
        auto read = wire::rdap::read_domain(answer.body, options_.name);
        if (!read) return fail("the registry: " + read.error(), answer);
        note_answer(knowledge_, *std::move(read), now(), drawn());
    }

    const Options& options_;
    net::Context& context_;
    Knowledge& knowledge_;
};

// The store of a component's knowledge: beyond the process if there is such a store, else as long
// as the check is configured.
class Keeper {
  public:
    Knowledge recall(const Options& options, net::Context& context) const {
        const net::Memory* const memory = context.environment().memory();
        const auto text = memory == nullptr ? text_ : memory->recall(context.component());
        auto known = text ? knowledge_of(*text) : std::nullopt;
        std::string wanted = about(options);
        if (known && known->about == wanted) return *std::move(known);
        Knowledge made;
        made.about = std::move(wanted);
        return made;
    }
    void keep(const Knowledge& knowledge, net::Context& context) {
        text_ = saved(knowledge);
        if (net::Memory* const memory = context.environment().memory())
            memory->remember(context.component(), *text_);
    }

  private:
    std::optional<std::string> text_;
};

net::awaitable<void> ask(const Options& options, Keeper& keeper, net::Context& context,
                         Knowledge& knowledge) {
    const System now = context.clock().system();
    Knowledge doubtful = knowledge;
    note_failure(doubtful,
                 {.detail = "the registry did not answer", .error = {}, .retry_after = {}}, now,
                 drawn());
    keeper.keep(doubtful, context);
    // The run must not end by its deadline: that would be a failure of the domain.
    const Steady begin = context.clock().steady();
    const Steady until = begin + (context.deadline() - begin) * 9 / 10;
    std::optional<Problem> problem;
    try {
        Try attempt(options, context, knowledge);
        auto work = attempt.learn();
        const bool in_time = co_await net::within(context, until, std::move(work));
        if (!in_time)
            problem = Problem{.detail = "the registry did not answer in time",
                              .error = "in " + context.phase(),
                              .retry_after = {}};
    } catch (const CheckError& error) {
        problem = Problem{
            .detail = "the registry: " + error.detail, .error = error.error, .retry_after = {}};
    }
    if (problem) note_failure(knowledge, *std::move(problem), now, drawn());
    keeper.keep(knowledge, context);
}

net::awaitable<Outcome> look(const Options& options, Keeper& keeper, net::Context& context) {
    Knowledge knowledge = keeper.recall(options, context);
    if (is_due(knowledge, context.clock().system()))
        co_await ask(options, keeper, context, knowledge);
    co_return judge(knowledge, options, context.clock().system());
}

Run run(const std::shared_ptr<const Options>& options) {
    auto keeper = std::make_shared<Keeper>();
    return [options, keeper](net::Context& context) { return look(*options, *keeper, context); };
}

constexpr std::string_view proves = R"(
    The registry says when the registration of the name ends, and that the name is neither
    on hold nor about to be deleted. vitals asks it by RDAP once a day, also across
    restarts, and less often if the registry wants that. In between, and while it does not
    answer, its last answer counts for two weeks, and the detail says how old it is. After
    that the result is unknown. It is also unknown if a registry gives no date, as those
    of many countries do. A name that the registry does not know is failed once the
    registry has said so on two days. `vitals check` keeps nothing and asks each time. The
    check does not prove that name servers answer (`dns` does), nor that the registration
    is paid for: many registries extend a registration by themselves and revoke that a few
    weeks later. Free text (WHOIS) is not read.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run, verify, from_url>(
    "domain", "The registration of a domain does not end soon, according to its registry.",
    {.proves = proves, .schemes = {"domain"}, .urls = {"domain:example.org"}});

}  // namespace vitals::checks::domain
