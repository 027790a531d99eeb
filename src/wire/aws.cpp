#include "wire/aws.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>

#include "text/quote.hpp"

namespace vitals::wire::aws {

namespace {

constexpr std::size_t deepest_json = 16;

struct Meaning {
    std::string_view code;
    ErrorClass error_class;
    std::string_view detail;
};

// From the lists of error codes of S3, of IAM ("common errors") and of EventBridge.
constexpr Meaning meanings[] = {
    {"SignatureDoesNotMatch", ErrorClass::auth, "secret key refused"},
    {"InvalidSignatureException", ErrorClass::auth, "secret key refused"},
    {"InvalidAccessKeyId", ErrorClass::auth, "access key unknown"},
    {"InvalidClientTokenId", ErrorClass::auth, "access key unknown"},
    {"UnrecognizedClientException", ErrorClass::auth, "access key unknown"},
    {"MissingAuthenticationToken", ErrorClass::auth, "credentials refused"},
    {"MissingAuthenticationTokenException", ErrorClass::auth, "credentials refused"},
    {"InvalidToken", ErrorClass::auth, "session token refused"},
    {"ExpiredToken", ErrorClass::auth, "session token expired"},
    {"ExpiredTokenException", ErrorClass::auth, "session token expired"},
    {"TokenRefreshRequired", ErrorClass::auth, "session token expired"},
    {"RequestTimeTooSkewed", ErrorClass::auth, "clock differs too much from the server's"},
    {"RequestExpired", ErrorClass::auth, "clock differs too much from the server's"},
    {"AccountProblem", ErrorClass::auth, "account is not in order"},
    {"UserSuspended", ErrorClass::auth, "user is suspended"},
    {"OptInRequired", ErrorClass::auth, "account is not enabled for this region"},
    {"NoSuchBucket", ErrorClass::assertion, "bucket does not exist"},
    {"PermanentRedirect", ErrorClass::assertion, "bucket is served at another address"},
    {"TemporaryRedirect", ErrorClass::assertion, "bucket is served at another address"},
    {"NoSuchKey", ErrorClass::assertion, "object does not exist"},
    {"NoSuchDistribution", ErrorClass::assertion, "distribution does not exist"},
    {"ResourceNotFoundException", ErrorClass::assertion, "does not exist"},
    {"QuotaExceeded", ErrorClass::assertion, "quota exceeded"},
    {"EntityTooLarge", ErrorClass::assertion, "quota exceeded"},
    {"InsufficientCapacity", ErrorClass::assertion, "storage is full"},
    {"XMinioStorageFull", ErrorClass::assertion, "storage is full"},
    {"SlowDown", ErrorClass::assertion, "asked to slow down"},
    {"Throttling", ErrorClass::assertion, "asked to slow down"},
    {"ThrottlingException", ErrorClass::assertion, "asked to slow down"},
};

bool is_region(std::string_view text) {
    return !text.empty() && text.size() <= 40 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

std::string text_of(const boost::json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
}

}  // namespace

std::optional<std::string> element(std::string_view xml, std::string_view name) {
    const std::string opening = fmt::format("<{}>", name);
    const std::size_t begin = xml.find(opening);
    if (begin == std::string_view::npos) return std::nullopt;
    std::string_view rest = xml.substr(begin + opening.size());
    const std::size_t end = rest.find('<');
    if (end == std::string_view::npos || !rest.substr(end).starts_with(fmt::format("</{}>", name)))
        return std::nullopt;
    std::string made(rest.substr(0, end));
    replace_all(made, "&lt;", "<");
    replace_all(made, "&gt;", ">");
    replace_all(made, "&quot;", "\"");
    replace_all(made, "&apos;", "'");
    replace_all(made, "&amp;", "&");
    return made;
}

Refusal refusal_of_xml(std::string_view body) {
    Refusal made{.code = element(body, "Code").value_or(""),
                 .message = element(body, "Message").value_or(""),
                 .region = element(body, "Region").value_or("")};
    if (!is_region(made.region)) made.region.clear();
    return made;
}

Refusal refusal_of_json(std::string_view body) {
    boost::json::error_code error;
    boost::json::parse_options options;
    options.max_depth = deepest_json;
    const boost::json::value document = boost::json::parse(body, error, {}, options);
    if (error || !document.is_object()) return {};
    const boost::json::object& object = document.get_object();
    Refusal made;
    made.code = text_of(object, "__type");
    if (const std::size_t hash = made.code.rfind('#'); hash != std::string::npos)
        made.code.erase(0, hash + 1);
    made.message = text_of(object, "message");
    if (made.message.empty()) made.message = text_of(object, "Message");
    return made;
}

CheckError meaning_of(const Refusal& refusal, int status, std::string_view asked) {
    std::string said = refusal.message.empty() ? std::string() : text::quoted(refusal.message);
    if (!refusal.code.empty()) said = fmt::format("{}: {}", text::quoted(refusal.code, 60), said);
    const std::string theirs = fmt::format("status {}{}{}", status, said.empty() ? "" : ", ", said);
    if (!refusal.region.empty()) {
        return CheckError(ErrorClass::auth,
                          fmt::format("wrong region, the server expects {}", refusal.region),
                          theirs);
    }
    // Requests from another time or for another region are refused under the same code as a wrong
    // secret.
    const auto says = [&](std::string_view part) {
        return refusal.message.find(part) != std::string::npos;
    };
    if (says("Signature expired") || says("Signature not yet current"))
        return CheckError(ErrorClass::auth, "clock differs too much from the server's", theirs);
    if (says("Credential should be scoped to"))
        return CheckError(ErrorClass::auth, "region refused", theirs);
    if (refusal.code == "AuthorizationHeaderMalformed")
        return CheckError(ErrorClass::auth, "credentials or region refused", theirs);
    const bool denied = refusal.code == "AccessDenied" || refusal.code == "AccessDeniedException";
    if (denied || (refusal.code.empty() && (status == 401 || status == 403)))
        return CheckError(ErrorClass::auth, fmt::format("not allowed {}", asked), theirs);
    const auto* const known =
        std::find_if(std::begin(meanings), std::end(meanings),
                     [&](const Meaning& meaning) { return meaning.code == refusal.code; });
    if (known != std::end(meanings))
        return CheckError(known->error_class, std::string(known->detail), theirs);
    return CheckError(ErrorClass::assertion, fmt::format("status {} when asked {}", status, asked),
                      said);
}

sigv4::Credentials credentials(const std::string& access_key, const Secret& secret_key,
                               const Secret& session_token) {
    if (!secret_key.available())
        throw CheckError(ErrorClass::local, "a secret is not available", "the secret key");
    if (session_token.configured() && !session_token.available())
        throw CheckError(ErrorClass::local, "a secret is not available", "the session token");
    sigv4::Credentials made{.access_key = access_key,
                            .secret_key = secret_key.reveal(),
                            .session_token = session_token.reveal()};
    return made;
}

std::string_view domain_of(std::string_view region) {
    return region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
}

std::string take_credentials(const text::Url& url, std::string& access_key, Secret& secret_key,
                             Secret& session_token) {
    const auto from_environment = [](const char* name) {
        const char* value = std::getenv(name);
        return std::string(value == nullptr ? "" : value);
    };
    access_key = url.user;
    std::string secret = url.password;
    if (access_key.empty()) {
        access_key = from_environment("AWS_ACCESS_KEY_ID");
        secret = from_environment("AWS_SECRET_ACCESS_KEY");
        const std::string token = from_environment("AWS_SESSION_TOKEN");
        if (!token.empty()) session_token = Secret(token);
    }
    if (access_key.empty() || secret.empty())
        return fmt::format(
            "names no credentials; expected {}://KEY:SECRET@..., or "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment",
            url.scheme);
    secret_key = Secret(secret);
    return {};
}

std::string verify_region(const void* value) {
    const auto& text = *static_cast<const std::string*>(value);
    return is_region(text) ? std::string() : "is no region; expected one such as eu-central-1";
}

std::string host_header(std::string_view scheme, std::string_view host,
                        std::optional<std::uint16_t> port) {
    const bool v6 = host.find(':') != std::string_view::npos;
    std::string made = v6 ? fmt::format("[{}]", host) : std::string(host);
    const std::uint16_t usual = scheme == "https" ? 443 : 80;
    if (port && *port != usual) made += fmt::format(":{}", *port);
    return made;
}

}  // namespace vitals::wire::aws
