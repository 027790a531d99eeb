// Expectations of an HTTP answer: rules made once from the options, applied to every answer. Pure.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http.hpp"
#include "net/http_client.hpp"
#include "wire/pattern.hpp"

namespace vitals::checks::http {

struct StatusRange {
    int from = 200;
    int to = 299;
};
// `200`, `2xx`, `200-299`; or what is wrong.
std::expected<StatusRange, std::string> parse_status(std::string_view text);

// A JSON value that must be at a pointer (RFC 6901).
struct JsonRule {
    std::string pointer;
    std::string expected;
};
// What is wrong with a pointer, or empty.
std::string pointer_problem(std::string_view pointer);

// What is wrong with a JSON body by this rule: public detail and private error; nothing when it
// fulfils the rule. The expected text matches the JSON value that it denotes (`1`, `true`, `"a"`,
// `[1]`), or a JSON string of these characters, or, between slashes, a string in which the
// expression is found.
struct Fault {
    std::string detail;
    std::string error;
    ErrorClass error_class = ErrorClass::assertion;
};

class Expectation {
  public:
    // Precondition: the options were verified.
    explicit Expectation(const Options& options);
    // The first thing that is wrong with the answer: status, then headers, then the body.
    std::optional<Fault> fault_of(const net::HttpResponse& response) const;

  private:
    std::optional<Fault> status_fault(int status) const;
    std::optional<Fault> header_fault(const net::HttpResponse& response) const;
    std::optional<Fault> body_fault(const net::HttpResponse& response) const;
    std::optional<Fault> json_fault(const std::string& body) const;

    std::vector<StatusRange> statuses_;
    std::string statuses_text_;
    std::size_t most_;  // bytes of a body
    std::optional<wire::Pattern> body_;
    std::vector<JsonRule> json_;
    std::vector<std::pair<std::string, wire::Pattern>> headers_;
};

}  // namespace vitals::checks::http
