// From a response to the bytes of an answer. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "http/response.hpp"

namespace vitals::http {

// An answer as it is sent to an HTTP/1.1 client that keeps its connection. The common case is one
// block of bytes. The head has no Connection field; head_with_connection() adds it.
struct Rendered {
    std::string bytes;     // head, empty line, body
    std::size_t head = 0;  // how many of them are the head, its empty line included
    std::size_t date = 0;  // offset of the 29 characters of the date
    int status = 200;
};

// Adds the fields of every answer: Content-Length, Date, Cache-Control unless the response has its
// own, X-Content-Type-Options. Leaves out header values with control characters.
Rendered render_answer(const Response& response, std::string_view date);

// The head of an answer whose content follows in pieces: in chunks, or until the connection ends.
Rendered render_stream_head(const Response& response, std::string_view date, bool chunked);

// Appends a piece of such content. An empty piece would end it and is left out.
void append_chunk(std::string& out, std::string_view content);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

// Calls `add(name, value)` for the response's own fields, then for those of every answer:
// Cache-Control unless the response has its own, X-Content-Type-Options. Leaves out values that
// would not stay one field, and the fields that describe the content.
void each_field(const Response& response,
                const std::function<void(std::string_view, std::string_view)>& add);

// The same answer's head with a Connection field, e.g. "close".
std::string head_with_connection(const Rendered& answer, std::string_view connection);

// "Sun, 06 Nov 1994 08:49:37 GMT": 29 characters, RFC 9110 section 5.6.7.
std::string date_text(std::chrono::system_clock::time_point time);
constexpr std::size_t date_size = 29;

// Turns the answer to GET into the answer to OPTIONS: the same code, the methods, and no content
// unless it is to be kept.
enum class Content : std::uint8_t { drop, keep };
void as_options(Response& response, std::string_view methods, Content content = Content::drop);

std::string_view reason_phrase(int status) noexcept;

// A plain text answer of vitals itself: "404 Not Found: no endpoint is mounted here".
Response plain_answer(int status, std::string_view why);

}  // namespace vitals::http
