#include "expectation.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cctype>
#include <charconv>

#include "text/quote.hpp"
#include "wire/inflate.hpp"

namespace vitals::checks::http {

namespace {

namespace json = boost::json;

constexpr std::size_t deepest_json = 128;

bool same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](unsigned char x, unsigned char y) {
               return std::tolower(x) == std::tolower(y);
           });
}

std::optional<int> code_of(std::string_view text) {
    int code = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
    if (error != std::errc{} || end != text.data() + text.size() || code < 100 || code > 599) {
        return std::nullopt;
    }
    return code;
}

// The body before a cache or server compressed it, which many do without a request; or why it is
// not available.
std::expected<std::string, std::string> body_of(const net::HttpResponse& response,
                                                std::size_t most) {
    std::string codings;
    for (const auto& [name, value] : response.headers)
        if (same_name(name, "Content-Encoding")) codings += (codings.empty() ? "" : ", ") + value;
    const wire::Coding coding = wire::coding_of(codings);
    if (coding == wire::Coding::none || response.body.empty()) return response.body;
    const std::string said = "Content-Encoding: " + text::quoted(codings);
    if (coding == wire::Coding::other) return std::unexpected(said);
    auto made = wire::inflated(response.body, coding, most);
    if (!made) return std::unexpected(fmt::format("{}, {}", said, made.error()));
    return made;
}

// A reader of JSON may accept the byte order mark that some servers send before it (RFC 8259, 8.1).
std::string_view without_mark(std::string_view text) {
    constexpr std::string_view mark = "\xef\xbb\xbf";
    if (text.starts_with(mark)) text.remove_prefix(mark.size());
    return text;
}

// 1 and 1.0 are the same number, in any notation.
bool equal(const json::value& a, const json::value& b) {
    if (a.is_number() && b.is_number() && (a.is_double() || b.is_double())) {
        return a.to_number<double>() == b.to_number<double>();
    }
    return a == b;
}

bool fulfils(const json::value& value, const std::string& expected) {
    if (value.is_string()) {
        const json::string& text = value.get_string();
        const auto pattern = wire::Pattern::parse(expected);
        const bool expression =
            expected.size() > 2 && expected.starts_with('/') && expected.ends_with('/');
        if (expression) return pattern && pattern->found_in({text.data(), text.size()});
        if (std::string_view(text.data(), text.size()) == expected) return true;
    }
    json::error_code error;
    const json::value wanted = json::parse(expected, error);
    return !error && equal(wanted, value);
}

}  // namespace

std::expected<StatusRange, std::string> parse_status(std::string_view text) {
    if (text.size() == 3 && text[0] >= '1' && text[0] <= '5' && text.substr(1) == "xx") {
        const int first = (text[0] - '0') * 100;
        return StatusRange{first, first + 99};
    }
    const std::size_t dash = text.find('-');
    const auto from = code_of(text.substr(0, dash));
    const auto to = dash == std::string_view::npos ? from : code_of(text.substr(dash + 1));
    if (!from || !to || *from > *to) {
        return std::unexpected("is no HTTP status; expected one such as 200, 2xx or 200-299");
    }
    return StatusRange{*from, *to};
}

std::string pointer_problem(std::string_view pointer) {
    if (!pointer.empty() && pointer[0] != '/') {
        return "is no JSON pointer; expected one such as /status or /items/0/state";
    }
    for (std::size_t at = pointer.find('~'); at != std::string_view::npos;
         at = pointer.find('~', at + 1)) {
        if (at + 1 >= pointer.size() || (pointer[at + 1] != '0' && pointer[at + 1] != '1')) {
            return "is no JSON pointer: `~` is written `~0`, and `/` within a name `~1`";
        }
    }
    return {};
}

Expectation::Expectation(const Options& options)
    : statuses_text_(fmt::format("{}", fmt::join(options.expect_status, ", "))),
      most_(options.max_body.bytes) {
    for (const std::string& text : options.expect_status) {
        statuses_.push_back(parse_status(text).value());
    }
    if (!options.expect_body.empty()) body_ = options.expect_body;
    for (const auto& [pointer, expected] : options.expect_json)
        json_.push_back({pointer, expected});
    for (const auto& [name, expected] : options.expect_header) {
        headers_.emplace_back(name, wire::Pattern::parse(expected).value());
    }
}

std::optional<Fault> Expectation::fault_of(const net::HttpResponse& response) const {
    if (auto fault = status_fault(response.status)) {
        // What a failing server says about itself is worth more than the number.
        if (!response.body.empty())
            fault->error =
                "body: " + text::quoted(body_of(response, most_).value_or(response.body));
        if (const std::string* location = response.header("Location"))
            fault->error = "leads to " + text::quoted(*location);
        return fault;
    }
    if (auto fault = header_fault(response)) return fault;
    return body_fault(response);
}

std::optional<Fault> Expectation::status_fault(int status) const {
    const bool fits = std::any_of(statuses_.begin(), statuses_.end(), [&](const auto& range) {
        return status >= range.from && status <= range.to;
    });
    if (fits) return std::nullopt;
    // The server requires authentication, and refused or did not get it.
    const bool turned_away = status == 401 || status == 407;
    return Fault{fmt::format("status {}, expected {}", status, statuses_text_),
                 {},
                 turned_away ? ErrorClass::auth : ErrorClass::assertion};
}

std::optional<Fault> Expectation::header_fault(const net::HttpResponse& response) const {
    for (const auto& [name, pattern] : headers_) {
        bool seen = false;
        bool fits = false;
        std::string last;
        for (const auto& [header, value] : response.headers) {
            if (!same_name(header, name)) continue;
            seen = true;
            last = value;
            fits = fits || pattern.found_in(value);
        }
        if (fits) continue;
        if (!seen) return Fault{fmt::format("header {} is missing", name), {}};
        return Fault{fmt::format("header {} is not as expected", name),
                     "got " + text::quoted(last)};
    }
    return std::nullopt;
}

std::optional<Fault> Expectation::body_fault(const net::HttpResponse& response) const {
    if (!body_ && json_.empty()) return std::nullopt;
    const auto body = body_of(response, most_);
    if (!body)
        return Fault{"body is compressed and cannot be judged", body.error(), ErrorClass::protocol};
    if (body_ && !body_->found_in(*body))
        return Fault{"body does not hold the expected text", "got " + text::quoted(*body)};
    return json_.empty() ? std::nullopt : json_fault(*body);
}

std::optional<Fault> Expectation::json_fault(const std::string& body) const {
    json::error_code error;
    json::parse_options options;
    options.max_depth = deepest_json;
    const json::value document = json::parse(without_mark(body), error, {}, options);
    if (error) {
        return Fault{"body is not JSON", error.message() + ", got " + text::quoted(body),
                     ErrorClass::protocol};
    }
    for (const JsonRule& rule : json_) {
        const json::value* value = document.find_pointer(rule.pointer, error);
        if (value == nullptr) {
            return Fault{fmt::format("body has nothing at {}", rule.pointer),
                         "got " + text::quoted(body)};
        }
        if (fulfils(*value, rule.expected)) continue;
        return Fault{fmt::format("body at {} is not as expected",
                                 rule.pointer.empty() ? "its root" : rule.pointer),
                     "got " + text::quoted(json::serialize(*value))};
    }
    return std::nullopt;
}

}  // namespace vitals::checks::http
