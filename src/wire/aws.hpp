// What the services of AWS, and those that speak like them, have in common: how they refuse, and
// the credentials that a check shows them. Pure, but for take_credentials().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/check_error.hpp"
#include "model/secret.hpp"
#include "text/url.hpp"
#include "wire/sigv4.hpp"

namespace vitals::wire::aws {

// The text of the first element of that name that holds no other, with the five entities of XML
// replaced; nothing when there is none. No parser: for the flat answers of S3, STS and CloudFront.
std::optional<std::string> element(std::string_view xml, std::string_view name);

// How a service refused.
struct Refusal {
    std::string code;     // `NoSuchBucket`; empty when it did not say
    std::string message;  // theirs
    std::string region;   // where it is instead, if it said so and it looks like a region
};
Refusal refusal_of_xml(std::string_view body);
// AWS JSON 1.1: `{"__type": "namespace#Code", "message": ...}`.
Refusal refusal_of_json(std::string_view body);

// A refusal in our words. `asked` says what was asked for ("to create an object").
CheckError meaning_of(const Refusal& refusal, int status, std::string_view asked);

// The credentials as they are now. Throws CheckError{local} naming the one that is not at hand.
sigv4::Credentials credentials(const std::string& access_key, const Secret& secret_key,
                               const Secret& session_token);

// Of a URL for `vitals check`: those that it names, else those of the environment, by the names
// that AWS's own tools read (AWS_ACCESS_KEY_ID and so on). What is wrong, or empty.
std::string take_credentials(const text::Url& url, std::string& access_key, Secret& secret_key,
                             Secret& session_token);

// Where AWS's own services of a region are: China's are apart.
std::string_view domain_of(std::string_view region);

// What is wrong with the name of a region, or empty. Takes the address of a std::string.
std::string verify_region(const void* value);

// The Host header for a URL: the port only where it is not the scheme's.
std::string host_header(std::string_view scheme, std::string_view host,
                        std::optional<std::uint16_t> port);

}  // namespace vitals::wire::aws
