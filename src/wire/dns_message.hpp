// DNS messages: one question, its answer. RFC 1035 (sections 3.2, 3.3, 4.1), AAAA: RFC 3596, SRV:
// RFC 2782. Names are packed and unpacked by c-ares; the walk over the records is here. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vitals::wire::dns {

enum class RecordType : std::uint16_t {
    a = 1,
    ns = 2,
    cname = 5,
    soa = 6,
    ptr = 12,
    mx = 15,
    txt = 16,
    aaaa = 28,
    srv = 33
};
std::string_view to_string(RecordType type) noexcept;                         // "A", "AAAA", ...
std::optional<RecordType> parse_record_type(std::string_view name) noexcept;  // any case

struct Question {
    std::string name;
    RecordType type = RecordType::a;
};

// The question for a name as people write it: an address with PTR becomes its name under
// in-addr.arpa or ip6.arpa. Or what is wrong with the name.
std::expected<Question, std::string> question_for(std::string_view name, RecordType type);

// The message with the question, recursion desired. Precondition: made by question_for().
std::string query(const Question& question, std::uint16_t id);

// RFC 1035 section 4.1.1, RCODE.
enum class Code : std::uint8_t {
    no_error = 0,
    format_error = 1,
    server_failure = 2,
    no_such_name = 3,
    not_implemented = 4,
    refused = 5
};
std::string_view to_string(Code code) noexcept;  // "SERVFAIL", ..., or "unknown code"

struct Answer {
    Code code = Code::no_error;
    bool truncated = false;  // then `records` is empty: ask again by TCP
    // Those of the requested type, of the requested name or the target of its CNAMEs; sorted, each
    // once, in the form of normalised().
    std::vector<std::string> records;
};

enum class Fault : std::uint8_t {
    not_ours,  // another id or question, or no answer at all: may be from anyone, keep waiting
    malformed  // answers this question, but cannot be read
};
std::expected<Answer, Fault> parse_answer(std::string_view message, const Question& question,
                                          std::uint16_t id);

// A record's value in a comparable form: addresses in their shortest form, names in lower case
// without the last dot, `10 mail.example.org` for MX, `0 5 5060 sip.example.org` for SRV. Or what
// is wrong with it.
std::expected<std::string, std::string> normalised(RecordType type, std::string_view value);

}  // namespace vitals::wire::dns
