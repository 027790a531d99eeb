// The request parser on arbitrary bytes, whole and in pieces. The result must not depend on where
// the bytes are cut. A parsed request keeps the rules of framing. Bytes that Beast would read
// differently are refused.

#include "http/body.hpp"
#include "http/request.hpp"
#include "target.hpp"

namespace vitals::fuzz {
namespace {

using namespace vitals::http;

// The result of a body: how many bytes belonged to it, and how it ended.
struct Ended {
    std::size_t taken = 0;
    bool done = false;
    int refused = 0;
    std::string content;
    bool operator==(const Ended&) const = default;
};

Ended read_body(const Head& head, std::string_view bytes, std::size_t piece,
                Body::Use use = Body::Use::keep) {
    Body body(head, 4096, use);
    Ended ended;
    while (ended.taken < bytes.size() && !body.done() && !body.refused()) {
        const std::string_view next = bytes.substr(ended.taken, piece);
        const std::size_t count = body.feed(next);
        require(count <= next.size() && count > 0);
        ended.taken += count;
    }
    ended.done = body.done();
    if (body.refused()) {
        ended.refused = body.refused()->status;
        ended.taken = 0;  // the connection ends there, wherever it was seen
    } else {
        ended.content = body.content();
    }
    require(body.content().size() <= 4096);
    return ended;
}

void check_head(const Head& head) {
    require(!head.method.empty() && !head.target.empty());
    require(head.minor == 0 || head.minor == 1);
    std::size_t hosts = 0, lengths = 0, encodings = 0;
    for (const auto& [name, value] : head.fields) {
        require(name.find_first_of(" \t\r\n:") == std::string_view::npos && !name.empty());
        require(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
        hosts += equal_ignoring_case(name, "host") ? 1 : 0;
        lengths += equal_ignoring_case(name, "content-length") ? 1 : 0;
        encodings += equal_ignoring_case(name, "transfer-encoding") ? 1 : 0;
    }
    require(hosts == 1 || (hosts == 0 && head.minor == 0));
    require(lengths + encodings <= 1);
    require(head.chunked == (encodings == 1));
    require(!head.chunked || head.minor == 1);
}

void check_target(const Head& head) {
    const auto target = parse_target(head.method, head.target);
    if (!target) {
        require(target.error().status >= 400 && !target.error().why.empty());
        return;
    }
    require(target->asterisk || target->raw_path.starts_with('/'));
    require(target->path.find('\0') == std::string::npos);
    for (const auto& [name, value] : target->query)
        require(name.find('\0') == std::string::npos && value.find('\0') == std::string::npos);
}

}  // namespace

void run(std::string_view bytes) {
    const auto end = find_head_end(bytes);
    const std::string_view raw = bytes.substr(0, end.value_or(bytes.size()));
    const bool hopeless = refuse_early(raw).has_value();
    if (!end) return;
    const auto head = parse_head(raw);
    if (!head) {
        require(head.error().status >= 400 && !head.error().why.empty());
        return;
    }
    // A request that is accepted in the end was never refused before, wherever it was cut.
    require(!hopeless);
    for (std::size_t cut = 0; cut < raw.size(); cut += 1 + raw.size() / 64) {
        require(!refuse_early(raw.substr(0, cut)));
        require(!refuse_early(raw, cut));
        require(find_head_end(raw, cut) == end);
    }
    check_head(*head);
    check_target(*head);
    const std::string_view rest = bytes.substr(*end);
    const Ended whole = read_body(*head, rest, rest.size() + 1);
    require(read_body(*head, rest, 1) == whole);
    require(read_body(*head, rest, 7) == whole);
    // A body this short is its own tail.
    require(read_body(*head, rest, 7, Body::Use::tail) == whole);
    if (!head->chunked && head->length <= 4096 && rest.size() >= head->length)
        require(whole.done && whole.content == rest.substr(0, head->length));
}

}  // namespace vitals::fuzz
