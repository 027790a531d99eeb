#include "wire/http_answer.hpp"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "model/description.hpp"
#include "text/quote.hpp"

namespace vitals::wire {

bool same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

namespace {

constexpr std::string_view protocol = "HTTP/1.";

std::unexpected<CheckError> broken(std::string detail, std::string error = {}) {
    return std::unexpected(CheckError(ErrorClass::protocol, std::move(detail), std::move(error)));
}

std::unexpected<CheckError> malformed(std::string_view what, std::string_view theirs) {
    return broken("malformed answer", fmt::format("{}: got {}", what, text::quoted(theirs)));
}

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

// The number and the text after it, or nothing when there is none or it does not fit into 64 bits.
std::optional<std::pair<std::uint64_t, std::string_view>> number(std::string_view text, int base) {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value, base);
    if (read.ec != std::errc{}) return std::nullopt;
    return std::pair(value, std::string_view(read.ptr, end));
}

}  // namespace

std::expected<bool, CheckError> HttpAnswer::receive(std::string_view bytes) {
    while (!bytes.empty() && state_ != State::complete) {
        const bool in_body =
            state_ == State::counted || state_ == State::endless || state_ == State::chunk;
        const Step step = in_body ? take_body(bytes) : take_line(bytes);
        if (!step) return std::unexpected(step.error());
    }
    return state_ == State::complete;
}

std::expected<bool, CheckError> HttpAnswer::end() {
    switch (state_) {
        case State::complete:
        case State::endless:
            state_ = State::complete;
            return true;
        case State::status_line:
            if (!begun_ && line_.empty()) return broken("closed without an answer");
            [[fallthrough]];
        case State::fields:
            return broken("answer cut short", "closed within the head");
        default:
            return broken("answer cut short",
                          fmt::format("closed after {} bytes of body", body.size()));
    }
}

HttpAnswer::Step HttpAnswer::take_line(std::string_view& bytes) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    bytes.remove_prefix(end == bytes.npos ? bytes.size() : end + 1);
    const bool whole_here = line_.empty() && end != bytes.npos;
    if (!whole_here) line_ += part;
    const std::string_view text = whole_here ? part : line_;
    // A peer that does not speak HTTP may never send the end of a line.
    const auto common = std::min(text.size(), protocol.size());
    if (state_ == State::status_line && text.substr(0, common) != protocol.substr(0, common))
        return broken("not HTTP", "got " + text::quoted(text));
    if (text.size() > longest_line) return broken("header too large");
    if (end == bytes.npos) return {};
    const Step step = line(text.ends_with('\r') ? text.substr(0, text.size() - 1) : text);
    line_.clear();
    return step;
}

HttpAnswer::Step HttpAnswer::line(std::string_view text) {
    if (state_ == State::chunk_size) return chunk_size(text);
    if (state_ == State::chunk_end) {
        if (!text.empty()) return malformed("behind a chunk", text);
        state_ = State::chunk_size;
        return {};
    }
    head_bytes_ += text.size() + 2;
    if (head_bytes_ > largest_head)
        return broken("header larger than " + format_size(Size{largest_head}));
    if (text.find('\0') != text.npos) return malformed("a line of the head", text);
    if (state_ == State::status_line) return status_line(text);
    if (!text.empty()) return field(text, state_ == State::fields ? headers : trailers);
    if (state_ == State::fields) return head_end();
    state_ = State::complete;
    return {};
}

HttpAnswer::Step HttpAnswer::status_line(std::string_view text) {
    // HTTP/1.1 200 OK
    const bool version = text.size() > 8 && (text[7] == '0' || text[7] == '1') && is_blank(text[8]);
    const auto code = version ? number(trimmed(text.substr(8)), 10) : std::nullopt;
    if (!code || code->first < 100 || code->first > 999 ||
        (!code->second.empty() && !is_blank(code->second.front())))
        return broken("not HTTP", "got " + text::quoted(text));
    status = static_cast<int>(code->first);
    begun_ = true;
    headers.reserve(8);
    state_ = State::fields;
    return {};
}

HttpAnswer::Step HttpAnswer::field(std::string_view text, Fields& fields) {
    if (is_blank(text.front()) && !fields.empty()) {
        std::string& value = fields.back().second;
        const std::string_view more = trimmed(text);
        if (!value.empty() && !more.empty()) value += ' ';
        value += more;
        return {};
    }
    const std::size_t colon = text.find(':');
    const std::string_view name = trimmed(text.substr(0, colon));
    if (colon == text.npos || name.empty()) return malformed("a line of the head", text);
    fields.emplace_back(name, trimmed(text.substr(colon + 1)));
    return {};
}

HttpAnswer::Step HttpAnswer::head_end() {
    // After a 101 the connection no longer speaks HTTP, so it is the last answer.
    if (status < 200 && status != 101) {
        headers.clear();
        state_ = State::status_line;
        return {};
    }
    if (to_head_ || status == 101 || status == 204 || status == 304) {
        state_ = State::complete;
        return {};
    }
    return frame();
}

// Section 6.3: how long the body is.
HttpAnswer::Step HttpAnswer::frame() {
    bool chunked = false;
    std::optional<std::uint64_t> length;
    for (const auto& [name, value] : headers) {
        if (same_name(name, "Transfer-Encoding")) {
            if (same_name(value, "chunked"))
                chunked = true;
            else if (!same_name(value, "identity"))
                return malformed("a Transfer-Encoding that nobody asked for", value);
        } else if (same_name(name, "Content-Length")) {
            const auto given = number(value, 10);
            if (!given || !given->second.empty() || (length && *length != given->first))
                return malformed("Content-Length", value);
            length = given->first;
        }
    }
    if (chunked) {
        state_ = State::chunk_size;
        return {};
    }
    if (!length) {
        state_ = State::endless;
        return {};
    }
    state_ = *length == 0 ? State::complete : State::counted;
    return expect_body(*length);
}

// Section 7.1.
HttpAnswer::Step HttpAnswer::chunk_size(std::string_view text) {
    const auto given = number(text, 16);
    const std::string_view rest = given ? given->second : text;
    if (!given || (!rest.empty() && !is_blank(rest.front()) && rest.front() != ';'))
        return malformed("the size of a chunk", text);
    state_ = given->first == 0 ? State::trailers : State::chunk;
    return expect_body(given->first);
}

// A body that will be too large is not waited for.
HttpAnswer::Step HttpAnswer::expect_body(std::uint64_t size) {
    if (size > max_body_ - body.size())
        return broken("answer larger than " + format_size(Size{max_body_}));
    left_ = size;
    return {};
}

HttpAnswer::Step HttpAnswer::take_body(std::string_view& bytes) {
    const bool endless = state_ == State::endless;
    if (endless) {
        if (const Step fits = expect_body(bytes.size()); !fits) return fits;
    }
    const auto size = std::min<std::uint64_t>(left_, bytes.size());
    body.append(bytes.substr(0, size));
    bytes.remove_prefix(size);
    left_ -= size;
    if (left_ == 0 && !endless)
        state_ = state_ == State::chunk ? State::chunk_end : State::complete;
    return {};
}

}  // namespace vitals::wire
