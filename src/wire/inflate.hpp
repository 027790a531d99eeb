// Decompresses bodies of servers (RFC 9110, section 8.4.1): gzip (RFC 1952) and deflate (RFC 1950,
// and the bare RFC 1951 that some servers send under that name). Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace vitals::wire {

// The compression that a Content-Encoding names.
enum class Coding { none, gzip, deflate, other };

// From the whole list of names; `other` if one of them is not supported, or there is more than one.
// Names that are not compressions (`identity`, `utf-8`) do not count.
Coding coding_of(std::string_view content_encoding) noexcept;

// The decompressed body. Or what is wrong with it: damaged, cut off, or then larger than `most`
// bytes. Precondition: coding is gzip or deflate.
std::expected<std::string, std::string> inflated(std::string_view body, Coding coding,
                                                 std::size_t most);

}  // namespace vitals::wire
