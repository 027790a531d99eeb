// From a dialect's response to the bytes of an answer. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dialects/dialect.hpp"

namespace vitals::server {

// An answer as it goes out to an HTTP/1.1 client that keeps its connection: the common case is one
// block of bytes. The head says nothing of the connection; head_with_connection() adds it.
struct Rendered {
    std::string bytes;     // head, empty line, body
    std::size_t head = 0;  // how many of them are the head, its empty line included
    std::size_t date = 0;  // where the 29 characters of the date stand
    int status = 200;
};

// What every answer has is added: Content-Length, Date, Cache-Control unless the response has its
// own, X-Content-Type-Options. Header values with control characters are left out.
Rendered render_answer(const dialects::Response& response, std::string_view date);

// The same answer's head with a Connection field, e.g. "close".
std::string head_with_connection(const Rendered& answer, std::string_view connection);

// "Sun, 06 Nov 1994 08:49:37 GMT": 29 characters, RFC 9110 section 5.6.7.
std::string http_date(System time);
constexpr std::size_t http_date_size = 29;

// Turns the answer that GET would have into that to OPTIONS: the same code, no content (but where a
// dialect's original has it), and what methods there are.
void as_options(dialects::Response& response, std::string_view methods);

std::string_view reason_phrase(int status) noexcept;

// A plain text answer of the server itself: "404 Not Found: no endpoint is mounted here".
dialects::Response plain_answer(int status, std::string_view why);
// Likewise as problem details (RFC 9457), for /v1. `instance`: the request's path.
dialects::Response problem_answer(int status, std::string_view detail, std::string_view instance);

}  // namespace vitals::server
