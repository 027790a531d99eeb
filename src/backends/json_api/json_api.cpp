#include "json_api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>

#include "net/http_client.hpp"
#include "text/percent.hpp"
#include "text/quote.hpp"

namespace vitals::backends::json_api {

namespace {

namespace json = boost::json;
constexpr std::size_t deepest = 32;

json::value parsed(std::string_view body) {
    json::error_code error;
    json::parse_options options;
    options.max_depth = deepest;
    json::value document = json::parse(body, error, {}, options);
    return error ? json::value() : document;
}

}  // namespace

std::string base_of(const text::Url& url, std::string_view scheme, std::uint16_t usual_port) {
    const bool as_http = url.scheme == "http" || url.scheme == "https";
    const bool tls = as_http ? url.scheme == "https" : url.scheme != scheme;
    const bool six = url.host.contains(':');
    std::string path = text::percent_encoded(url.path, "/");
    while (path.ends_with('/')) path.pop_back();
    return fmt::format("{}://{}{}{}:{}{}", tls ? "https" : "http", six ? "[" : "", url.host,
                       six ? "]" : "", url.port.value_or(usual_port), path);
}

Verified verify_base(const text::Url& url, std::initializer_list<std::string_view> schemes) {
    if (auto problem = text::url_problem(url.text, schemes); !problem.empty())
        return std::unexpected(problem);
    if (!url.query.empty() || url.text.contains('#'))
        return std::unexpected("has parameters; they are options of their own");
    return {};
}

net::awaitable<Answer> ask(net::Context& context, const Access& access, Question question) {
    net::HttpRequest request;
    request.url = access.base + question.path;
    request.unix_socket = access.unix_socket;
    request.headers = access.headers;
    request.headers.emplace_back("Accept", "application/json");
    if (!question.body.empty()) {
        request.method = "POST";
        request.headers.emplace_back("Content-Type", question.content_type);
        request.body = std::move(question.body);
    }
    request.user = access.user;
    request.password = access.password;
    request.tls = access.tls;
    request.max_body = access.most_bytes;
    request.step = std::move(question.step);
    const net::HttpResponse response = co_await net::http(context, std::move(request));
    Answer answer;
    answer.status = response.status;
    answer.document = parsed(response.body);
    answer.said = fmt::format("status {}, {}", response.status, text::quoted(response.body));
    co_return answer;
}

const json::value* find(const json::value& document, std::string_view pointer) {
    json::error_code error;
    return document.find_pointer(pointer, error);
}

std::string text_at(const json::value& document, std::string_view pointer) {
    const json::value* const found = find(document, pointer);
    return found != nullptr && found->is_string() ? std::string(found->get_string())
                                                  : std::string();
}

std::optional<double> number_at(const json::value& document, std::string_view pointer) {
    const json::value* const found = find(document, pointer);
    if (found == nullptr) return std::nullopt;
    if (found->is_number()) return found->to_number<double>();
    if (!found->is_string()) return std::nullopt;
    const json::string& text = found->get_string();
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    // "nan" and "inf" would be read as well.
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number))
        return std::nullopt;
    return number;
}

std::optional<std::int64_t> whole_at(const json::value& document, std::string_view pointer) {
    const auto number = number_at(document, pointer);
    if (!number) return std::nullopt;
    constexpr double most = 9'007'199'254'740'992;  // 2^53
    return static_cast<std::int64_t>(std::clamp(*number, -most, most));
}

std::optional<bool> flag_at(const json::value& document, std::string_view pointer) {
    const json::value* const found = find(document, pointer);
    if (found == nullptr || !found->is_bool()) return std::nullopt;
    return found->get_bool();
}

CheckError refusal(const Answer& answer, std::string_view whose) {
    const auto made = [&](ErrorClass error_class, std::string detail) {
        return CheckError(error_class, std::move(detail), "got " + answer.said);
    };
    switch (answer.status) {
        case 401:
            return made(ErrorClass::auth, "wrong user or password");
        case 403:
            return made(ErrorClass::auth, "not allowed");
        case 429:
            return made(ErrorClass::assertion, "too many requests");
        default:
            break;
    }
    if (answer.status >= 500)
        return made(ErrorClass::assertion, fmt::format("status {}", answer.status));
    if (answer.status == 200 || answer.document.is_null())
        return made(ErrorClass::protocol, fmt::format("not {} answer", whose));
    return made(ErrorClass::assertion, fmt::format("status {}", answer.status));
}

}  // namespace vitals::backends::json_api
