#include "dns.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "exchange.hpp"
#include "name_servers.hpp"
#include "net/environment.hpp"
#include "net/file.hpp"
#include "net/reading.hpp"
#include "text/amount.hpp"
#include "text/prose.hpp"
#include "text/url.hpp"

namespace vitals::checks::dns {

namespace {

using wire::dns::RecordType;

constexpr const char* resolver_file = "/etc/resolv.conf";

RecordType type_of(const Options& options) {
    return wire::dns::parse_record_type(options.type.value_or("A")).value_or(RecordType::a);
}

bool is_ipv6(std::string_view address) {
    return address.find(':') != std::string_view::npos;
}

Verified verify_name(const std::string& value) {
    const auto question = wire::dns::question_for(value, RecordType::a);
    return verified(question ? std::string() : question.error());
}

Verified verify_server(const std::string& text) {
    if (text.empty()) return {};
    const auto server = parse_server(text);
    return verified(server ? std::string() : server.error());
}

Verified verify(const Options& options) {
    const bool system = options.via == "system";
    if (system && !options.server.empty())
        return std::unexpected("server is not asked with via: system");
    const bool addresses =
        type_of(options) == RecordType::a || type_of(options) == RecordType::aaaa;
    if (system && !addresses)
        return std::unexpected("via: system finds addresses only; type must be A or AAAA");
    if (options.exact && options.expect.empty())
        return std::unexpected("exact needs something to expect");
    for (const std::string& value : options.expect) {
        const bool any = system && !options.type;
        const RecordType type = any && is_ipv6(value) ? RecordType::aaaa : type_of(options);
        if (auto text = wire::dns::normalised(type, value); !text) {
            return std::unexpected(fmt::format("expect: {} {}", value, text.error()));
        }
    }
    return {};
}

constexpr Field fields[] = {
    field<&Options::name, verify_name>("name", "The name to look up; for PTR also an address.",
                                       {.required = true, .example = "www.example.org"}),
    field<&Options::type>("type",
                          "The type of the records; by default A, with `via: system` any address.",
                          {.choices = "A|AAAA|CNAME|MX|NS|TXT|SRV|PTR|SOA"}),
    field<&Options::via>(
        "via",
        "`dns` asks name servers directly; `system` asks as applications do, with the hosts file.",
        {.choices = "dns|system"}),
    field<&Options::server, verify_server>(
        "server", "The name server to test, as host or host:port; by default the system's.",
        {.example = "192.0.2.53:5353"}),
    field<&Options::expect>(
        "expect",
        "Records that must be among the answers: addresses, names, `10 mail.example.org` for MX.",
        {.example = "[192.0.2.1, 192.0.2.2]"}),
    field<&Options::exact>("exact", "Whether no other records may be there."),
};

// Options with values that are computed once.
struct Prepared {
    wire::dns::Question question;
    bool system = false;
    std::optional<RecordType> family;  // wanted of the system's addresses
    std::optional<net::Endpoint> server;
    Expectation expectation;
};

std::vector<std::string> normalised(const Options& options, bool any_family) {
    std::vector<std::string> values;
    for (const std::string& value : options.expect) {
        const RecordType type = any_family && is_ipv6(value) ? RecordType::aaaa : type_of(options);
        values.push_back(wire::dns::normalised(type, value).value());
    }
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values;
}

Prepared prepare(const Options& options) {
    Prepared prepared;
    const RecordType type = type_of(options);
    prepared.system = options.via == "system";
    prepared.question = wire::dns::question_for(options.name, type).value();
    if (options.type) prepared.family = type;
    if (!options.server.empty()) prepared.server = parse_server(options.server).value();
    const bool any = prepared.system && !options.type;
    prepared.expectation.what = any ? "address" : fmt::format("{} record", to_string(type));
    prepared.expectation.values = normalised(options, any);
    prepared.expectation.exact = options.exact;
    return prepared;
}

// The tested server, by its addresses.
net::awaitable<std::vector<net::Endpoint>> addresses_of(net::Context& context,
                                                        net::Endpoint server) {
    std::vector<std::string> addresses(1, server.host);
    if (!is_address(server.host)) {
        context.enter("resolve");
        addresses = co_await context.environment().resolve(context, server.host);
    }
    std::vector<net::Endpoint> servers;
    for (const std::string& address : addresses) {
        server.host = address;
        servers.push_back(server);
    }
    co_return servers;
}

net::awaitable<std::vector<net::Endpoint>> system_servers(net::Context& context) {
    std::function<std::expected<std::string, int>()> read = [] {
        return net::read_file(resolver_file);
    };
    const auto text = co_await net::reading(context, std::move(read));
    auto servers = name_servers(text.value_or(std::string()));
    if (servers.empty()) {
        throw CheckError(
            ErrorClass::local, "no name server configured",
            fmt::format("{} names none: set `server`, or `via: system`", resolver_file));
    }
    co_return servers;
}

net::awaitable<Outcome> ask_system(const Prepared& prepared, net::Context& context) {
    context.enter("resolve");
    auto addresses = co_await context.environment().resolve(context, prepared.question.name);
    if (prepared.family) {
        std::erase_if(addresses, [&](const std::string& address) {
            return is_ipv6(address) != (*prepared.family == RecordType::aaaa);
        });
    }
    std::sort(addresses.begin(), addresses.end());
    co_return judge(prepared.expectation, addresses);
}

net::awaitable<Outcome> ask_servers(const Prepared& prepared, net::Context& context) {
    std::vector<net::Endpoint> servers;
    Servers role = Servers::our_own;
    if (prepared.server) {
        role = Servers::under_test;
        servers = co_await addresses_of(context, *prepared.server);
    } else {
        servers = co_await system_servers(context);
    }
    const auto answer = co_await ask(context, prepared.question, std::move(servers), role);
    co_return judge(prepared.expectation, answer);
}

net::awaitable<Outcome> run(std::shared_ptr<const Prepared> prepared, net::Context& context) {
    Outcome outcome;
    if (prepared->system) {
        outcome = co_await ask_system(*prepared, context);
    } else {
        outcome = co_await ask_servers(*prepared, context);
    }
    if (outcome.status == Status::failed) outcome.failed_phase = context.phase();
    co_return outcome;
}

Run bind(const std::shared_ptr<const Options>& options) {
    auto prepared = std::make_shared<const Prepared>(prepare(*options));
    return [prepared](net::Context& context) { return run(prepared, context); };
}

// RFC 4501: dns:name?type=A, dns://server:port/name?type=A; the class is always IN.
Verified from_url(Options& options, std::string_view text) {
    const auto url = text::parse_url(text);
    if (!url) return std::unexpected(url.error());
    if (url->scheme != "dns")
        return std::unexpected("has the scheme " + url->scheme + "; expected dns");
    if (!url->user.empty() || !url->password.empty())
        return std::unexpected("holds a user, which dns cannot be");
    options.name = url->path.starts_with('/') ? url->path.substr(1) : url->path;
    if (!url->host.empty()) {
        const bool v6 = is_ipv6(url->host);
        options.server = fmt::format("{}{}{}:{}", v6 ? "[" : "", url->host, v6 ? "]" : "",
                                     url->port.value_or(usual_port));
    }
    for (const auto& [key, value] : url->query) {
        const auto type = wire::dns::parse_record_type(value);
        if (key != "type" || !type)
            return std::unexpected("asks for what is not known; expected ?type=A or the like");
        options.type = std::string(to_string(*type));
    }
    if (options.name.empty() && !url->host.empty())
        return std::unexpected("asks for no name; did you mean dns:" + url->host + "?");
    if (options.name.empty())
        return std::unexpected(
            "asks for no name; expected dns:www.example.org or dns://server/www.example.org");
    return verify_name(options.name);
}

constexpr std::string_view proves = R"(
    The servers that are asked have records of this type for the name, and the expected
    ones, at this moment. With `via: dns` the name is taken exactly as written, without
    search domains or the hosts file. An answer from a resolver's cache counts. `server`
    tests one server. `via: system` proves what applications on this machine get. When
    none of the machine's own resolvers answers, the result is unknown, because nothing is
    known about the name then. The check leaves signatures (DNSSEC) to the resolver.)"_prose;

}  // namespace

Outcome judge(const Expectation& expectation, const std::vector<std::string>& records) {
    const auto& wanted = expectation.values;
    const auto said = [&] {
        return fmt::format(
            "expected {}; got {}", fmt::join(wanted, ", "),
            records.empty() ? "nothing" : fmt::format("{}", fmt::join(records, ", ")));
    };
    const auto count = static_cast<std::int64_t>(records.size());
    if (records.empty()) {
        return failed("no " + expectation.what, ErrorClass::assertion).with("records", count);
    }
    if (!std::includes(records.begin(), records.end(), wanted.begin(), wanted.end())) {
        return failed("expected " + expectation.what + " is missing", ErrorClass::assertion, said())
            .with("records", count);
    }
    if (expectation.exact && records.size() > wanted.size()) {
        return failed("unexpected " + expectation.what, ErrorClass::assertion, said())
            .with("records", count);
    }
    return ok(text::counted(records.size(), expectation.what)).with("records", count);
}

Outcome judge(const Expectation& expectation, const wire::dns::Answer& answer) {
    using wire::dns::Code;
    if (answer.code == Code::no_error) return judge(expectation, answer.records);
    if (answer.code == Code::no_such_name) {
        return failed("name does not exist", ErrorClass::assertion);
    }
    // The owner's statement about which authorities may issue certificates.
    const bool turned_away = answer.code == Code::refused;
    return failed(fmt::format("name server answers {}", to_string(answer.code)),
                  turned_away ? ErrorClass::auth : ErrorClass::protocol);
}

const Kind kind = make_kind<Options, fields, bind, verify, from_url>(
    "dns", "Looks up the records of a name and judges them.",
    {.proves = proves,
     .schemes = {"dns"},
     .urls = {"dns:www.example.org", "dns:example.org?type=MX",
              "dns://192.0.2.53/www.example.org"}});

}  // namespace vitals::checks::dns
