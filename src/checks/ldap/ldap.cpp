#include "ldap.hpp"

#include <memory>
#include <utility>

#include "backends/ldap/session.hpp"
#include "checks/access_fields.hpp"
#include "checks/take_leave.hpp"
#include "text/prose.hpp"

namespace vitals::checks::ldap {

namespace {

using namespace backends::ldap;

constexpr std::uint16_t usual_port = 389;
constexpr std::uint16_t usual_tls_port = 636;
constexpr std::size_t longest_name = 4096;

std::string base_of(const text::Url& url) {
    return url.path.size() > 1 ? url.path.substr(1) : std::string();
}

Verified verify_url(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"ldap", "ldaps"}); !problem.empty())
        return std::unexpected(problem);
    if (!url.query.empty())
        return std::unexpected("has a query; expected ldap://host:port/dc=example,dc=org");
    const std::string base = base_of(url);
    return verified(base.empty() || (base.contains('=') && base.size() <= longest_name)
                        ? std::string()
                        : "has a path that is no name (DN), such as dc=example,dc=org");
}

Verified verify(const Options& options) {
    const bool user = !options.user.empty() || !options.url.user.empty();
    const bool password = options.password.configured() || !options.url.password.empty();
    if (user && !password)
        return std::unexpected("a user without a password: servers take that for nobody");
    if (password && !user) return std::unexpected("a password without a user");
    if (options.url.scheme == "ldaps" && options.starttls == "required")
        return std::unexpected("ldaps is TLS from the start: no starttls");
    return {};
}

constexpr Field fields[] = {
    url_field<Options, verify_url>(
        "Where the server is: ldap://host:389/dc=example,dc=org or ldaps:// (636). The path names "
        "an entry that must be there; without one, it is the server's own.",
        "ldap://127.0.0.1/dc=example,dc=org"),
    field<&Options::user>("user",
                          "The name (DN) to log in with, such as cn=monitor,dc=example,dc=org."),
    password_field<Options>(),
    field<&Options::starttls>("starttls", "Whether to change to TLS before anything else is said.",
                              {.choices = "required|never"}),
    tls_field<Options>(),
};

net::awaitable<std::unique_ptr<Session>> open(const Options& options, net::Context& context) {
    const text::Url& url = options.url;
    const bool at_once = url.scheme == "ldaps";
    Access access;
    access.endpoint.host = url.host;
    access.endpoint.port = url.port.value_or(at_once ? usual_tls_port : usual_port);
    if (at_once)
        access.secrecy = Secrecy::at_once;
    else if (options.starttls == "required")
        access.secrecy = Secrecy::start_tls;
    access.tls = options.tls;
    access.name = options.user.empty() ? url.user : options.user;
    access.password = options.password.configured() ? options.password.reveal() : url.password;
    auto session = co_await Session::open(context, std::move(access));
    co_return session;
}

net::awaitable<Outcome> look(const Options& options, net::Context& context, Session& session) {
    const std::string base = base_of(options.url);
    const int entries = co_await session.look_up(context, base);
    if (entries == 0)
        throw CheckError(ErrorClass::assertion, "the entry is not shown to this user");
    const bool nobody = options.user.empty() && options.url.user.empty();
    std::string detail = nobody ? "answers; nobody logs in" : "lets this user in and answers";
    co_return ok(std::move(detail))
        .with("tls", options.url.scheme == "ldaps" || options.starttls == "required");
}

constexpr std::string_view proves = R"(
    The directory accepts this user and finds the entry that the URL names; an entry that
    an access list hides counts as missing, as it does for applications. Servers say yes to
    a user with an empty password and to nobody at all: such a password is refused here,
    and without a user the check proves no log-in. With `starttls: required`, nothing is
    said in the clear, and a server that does not offer TLS is failed. Only the entry's name
    is asked for, and nothing is written. The check does not prove that a replica has all
    that its provider has.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run_and_leave<open, look, Options>, verify>(
    "ldap", "Logs in to an LDAP directory and looks an entry up.",
    {.proves = proves,
     .schemes = {"ldap", "ldaps"},
     .urls = {"ldap://host/dc=example,dc=org", "ldaps://host/dc=example,dc=org"},
     .category = Category::datastore});

}  // namespace vitals::checks::ldap
