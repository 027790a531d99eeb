// From a response to the bytes of an answer. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "http/response.hpp"

namespace vitals::http {

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
Rendered render_answer(const Response& response, std::string_view date);

// The head of an answer whose content follows piece by piece: in chunks, or until the connection
// ends.
Rendered render_stream_head(const Response& response, std::string_view date, bool chunked);

// Appends a piece of such content; an empty one would end it and is left out.
void append_chunk(std::string& out, std::string_view content);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

// Hands `add(name, value)` the response's own fields, then what every answer has: Cache-Control
// unless the response has its own, X-Content-Type-Options. What would not stay one field is left
// out, and so are the fields that describe the content.
void each_field(const Response& response,
                const std::function<void(std::string_view, std::string_view)>& add);

// The same answer's head with a Connection field, e.g. "close".
std::string head_with_connection(const Rendered& answer, std::string_view connection);

// "Sun, 06 Nov 1994 08:49:37 GMT": 29 characters, RFC 9110 section 5.6.7.
std::string date_text(std::chrono::system_clock::time_point time);
constexpr std::size_t date_size = 29;

// Turns the answer that GET would have into that to OPTIONS: the same code, what methods there are,
// and no content unless it is to be kept.
enum class Content : std::uint8_t { drop, keep };
void as_options(Response& response, std::string_view methods, Content content = Content::drop);

std::string_view reason_phrase(int status) noexcept;

// A plain text answer of ours: "404 Not Found: no endpoint is mounted here".
Response plain_answer(int status, std::string_view why);

}  // namespace vitals::http
