// Bodies that a server sent compressed (RFC 9110, section 8.4.1): out of gzip (RFC 1952) and
// deflate (RFC 1950, and the bare RFC 1951 that some servers send under that name). Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace vitals::wire {

// What a Content-Encoding says was done to a body.
enum class Coding { none, gzip, deflate, other };

// Of the whole list of names; `other` where one of them cannot be undone here, or more than one
// was done. What is no compression (`identity`, `utf-8`) does not count.
Coding coding_of(std::string_view content_encoding) noexcept;

// The body as it was before. Says what is wrong with a body that is damaged, cut off, or larger
// than `most` bytes then. Precondition: coding is gzip or deflate.
std::expected<std::string, std::string> inflated(std::string_view body, Coding coding,
                                                 std::size_t most);

}  // namespace vitals::wire
