#include "answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "model/meaning.hpp"
#include "service.hpp"
#include "text/quote.hpp"
#include "wire/xml.hpp"

namespace vitals::backends::aws {

namespace {

constexpr std::size_t deepest_json = 16;

// From the lists of error codes of S3, of IAM ("common errors") and of EventBridge.
constexpr Meaning<std::string_view> meanings[] = {
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

// The text of the first element of that name; empty when there is none, or it is cut.
std::string text_of(const wire::Element& document, std::string_view name) {
    const wire::Element* element = document.find(name);
    return element == nullptr ? std::string() : element->text;
}

std::string text_of(const boost::json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
}

}  // namespace

Refusal refusal_of_xml(std::string_view body) {
    const wire::Element document = wire::parse_xml_as_far_as_it_goes(body);
    Refusal made{.code = text_of(document, "Code"),
                 .message = text_of(document, "Message"),
                 .region = text_of(document, "Region")};
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
    if (const auto* const known = meaning_with(meanings, std::string_view(refusal.code)))
        return CheckError(known->error_class, std::string(known->detail), theirs);
    return CheckError(ErrorClass::assertion, fmt::format("status {} when asked {}", status, asked),
                      said);
}

}  // namespace vitals::backends::aws
