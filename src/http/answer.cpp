// Heads of answers, and answers that no dialect gives.
#include "http/answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "http/request.hpp"

namespace vitals::http {
namespace {

// Keeps a header one field, whatever its value holds.
bool safe_value(std::string_view value) {
    return std::none_of(value.begin(), value.end(), [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
    });
}

bool has_content(const Response& response) {
    return response.status != 204 && response.status != 304;
}

}  // namespace

std::string_view reason_phrase(int status) noexcept {
    switch (status) {
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 206:
            return "Partial Content";
        case 207:
            return "Multi-Status";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 303:
            return "See Other";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 417:
            return "Expectation Failed";
        case 418:
            return "I'm a teapot";
        case 422:
            return "Unprocessable Content";
        case 424:
            return "Failed Dependency";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        case 507:
            return "Insufficient Storage";
        default:
            return "Status";
    }
}

std::string date_text(std::chrono::system_clock::time_point time) {
    static constexpr std::string_view days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::string_view months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    auto midnight = std::chrono::floor<std::chrono::days>(seconds);
    std::chrono::year_month_day date(midnight);
    std::chrono::hh_mm_ss clock(seconds - midnight);
    return fmt::format(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
        days[std::chrono::weekday(midnight).c_encoding()], static_cast<unsigned>(date.day()),
        months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
        clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

namespace {

// Status line, Date, Content-Type; then the response's own fields and those that every answer has.
Rendered begin_head(const Response& response, std::string_view date, std::size_t room) {
    Rendered answer;
    answer.status = response.status;
    answer.bytes.reserve(room);
    answer.bytes +=
        fmt::format("HTTP/1.1 {} {}\r\nDate: ", response.status, reason_phrase(response.status));
    answer.date = answer.bytes.size();
    answer.bytes.append(date).append("\r\n");
    return answer;
}

auto adder(std::string& out) {
    return [&out](std::string_view name, std::string_view value) {
        out.append(name).append(": ").append(value).append("\r\n");
    };
}

}  // namespace

Rendered render_answer(const Response& response, std::string_view date) {
    Rendered answer = begin_head(response, date, response.body.size() + 512);
    std::string& out = answer.bytes;
    const auto add = adder(out);
    if (!response.content_type.empty() && safe_value(response.content_type))
        add("Content-Type", response.content_type);
    if (has_content(response)) add("Content-Length", std::to_string(response.body.size()));
    each_field(response, add);
    out += "\r\n";
    answer.head = out.size();
    if (has_content(response)) out += response.body;
    return answer;
}

Rendered render_stream_head(const Response& response, std::string_view date, bool chunked) {
    Rendered answer = begin_head(response, date, 512);
    const auto add = adder(answer.bytes);
    if (safe_value(response.content_type)) add("Content-Type", response.content_type);
    if (chunked) add("Transfer-Encoding", "chunked");
    each_field(response, add);
    answer.bytes += "\r\n";
    answer.head = answer.bytes.size();
    return answer;
}

void append_chunk(std::string& out, std::string_view content) {
    if (content.empty()) return;
    out.append(fmt::format("{:x}\r\n", content.size())).append(content).append("\r\n");
}

void each_field(const Response& response,
                const std::function<void(std::string_view, std::string_view)>& add) {
    bool cached = false;
    for (const auto& [name, value] : response.headers) {
        if (equal_ignoring_case(name, "cache-control")) cached = true;
        if (safe_value(value)) add(name, value);
    }
    if (!cached) add("Cache-Control", "no-store");
    add("X-Content-Type-Options", "nosniff");
}

std::string head_with_connection(const Rendered& answer, std::string_view connection) {
    std::string_view head = std::string_view(answer.bytes).substr(0, answer.head);
    std::size_t line = head.find('\n') + 1;
    std::string result;
    result.reserve(head.size() + 32);
    result.append(head.substr(0, line)).append("Connection: ").append(connection);
    return result.append("\r\n").append(head.substr(line));
}

void as_options(Response& response, std::string_view methods, Content content) {
    if (content == Content::drop) {
        response.body.clear();
        response.content_type.clear();
    }
    std::erase_if(response.headers,
                  [](const auto& field) { return equal_ignoring_case(field.first, "allow"); });
    response.headers.emplace_back("Allow", methods);
}

Response plain_answer(int status, std::string_view why) {
    Response response;
    response.status = status;
    response.content_type = "text/plain; charset=utf-8";
    response.body = fmt::format("{} {}", status, reason_phrase(status));
    if (!why.empty()) response.body.append(": ").append(why);
    response.body += "\n";
    return response;
}

}  // namespace vitals::http
