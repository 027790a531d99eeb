// RFC 9112, section 7.1, read strictly: sizes are 1 to 8 hexadecimal digits, lines end in CRLF;
// white space after a size, extensions and trailers are skipped within limits. The reader of chunks
// is vitals' own, because Beast's was wrong about the last chunk in the version that vitals uses.
#include "http/body.hpp"

#include <algorithm>
#include <charconv>

namespace vitals::http {
namespace {
constexpr std::size_t line_limit = 512;      // a chunk's size and extensions
constexpr std::size_t trailer_limit = 8192;  // all trailers
}  // namespace

Body::Body(const Head& head, std::size_t limit, Use use)
    : chunked_(head.chunked), use_(use), limit_(limit), left_(head.length) {
    if (chunked_) {
        state_ = State::size;
        left_ = 0;
    } else if (left_ > limit) {
        refuse(413, "the body is larger than is accepted here");
    } else if (left_ == 0) {
        state_ = State::done;
    }
}

void Body::refuse(int status, std::string_view why) {
    refused_ = Refusal{status, why};
    content_.clear();
}

std::string Body::take_content() {
    if (use_ == Use::tail && content_.size() > tail_size)
        content_.erase(0, content_.size() - tail_size);
    return std::move(content_);
}

std::size_t Body::feed(std::string_view bytes) {
    std::size_t taken = 0;
    while (taken < bytes.size() && !done() && !refused_) {
        std::string_view rest = bytes.substr(taken);
        taken += state_ == State::data ? take_data(rest) : take_line(rest);
    }
    return taken;
}

std::size_t Body::take_data(std::string_view bytes) {
    std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    if (use_ != Use::count) content_.append(bytes.substr(0, count));
    // Not at each piece: that would move the rest each time.
    if (use_ == Use::tail && content_.size() >= 2 * tail_size)
        content_.erase(0, content_.size() - tail_size);
    size_ += count;
    left_ -= count;
    if (left_ == 0) state_ = chunked_ ? State::after_chunk : State::done;
    return count;
}

// One line of framing, without its CRLF.
std::size_t Body::take_line(std::string_view bytes) {
    std::size_t newline = bytes.find('\n');
    bool whole = newline != std::string_view::npos;
    std::size_t count = whole ? newline + 1 : bytes.size();
    std::size_t limit = state_ == State::trailer ? trailer_limit - trailers_ : line_limit;
    if (line_.size() + count > limit) {
        if (state_ == State::trailer)
            refuse(431, "the trailers are too large");
        else
            refuse(400, "a chunk's size line is too long");
        return count;
    }
    line_.append(bytes.substr(0, count));
    if (!whole) return count;
    if (line_.size() < 2 || line_[line_.size() - 2] != '\r') {
        refuse(400, "a line feed stands without a carriage return");
        return count;
    }
    line_.resize(line_.size() - 2);
    if (line_.find_first_of(std::string_view("\r\0", 2)) != std::string::npos) {
        refuse(400, "a control character stands in the chunks' framing");
    } else if (state_ == State::after_chunk) {
        if (!line_.empty()) refuse(400, "a chunk is longer than its size");
        state_ = State::size;
    } else if (state_ == State::size) {
        read_size();
    } else if (line_.empty()) {
        state_ = State::done;
    } else {
        trailers_ += line_.size() + 2;
        if (line_[0] == ' ' || line_[0] == '\t' || line_.find(':') == std::string::npos)
            refuse(400, "a trailer is not a header field");
    }
    line_.clear();
    return count;
}

void Body::read_size() {
    std::uint32_t size = 0;
    const char* end = line_.data() + line_.size();
    auto [stop, error] = std::from_chars(line_.data(), end, size, 16);
    bool number = error == std::errc() && stop - line_.data() <= 8;
    // White space before an extension is bad, but must be accepted (RFC 9112, section 7.1.1).
    while (stop != end && (*stop == ' ' || *stop == '\t')) ++stop;
    if (!number || (stop != end && *stop != ';')) {
        refuse(400, "a chunk's size is not a hexadecimal number");
        return;
    }
    if (size > limit_ - size_) {
        refuse(413, "the body is larger than is accepted here");
        return;
    }
    left_ = size;
    state_ = size == 0 ? State::trailer : State::data;
}

}  // namespace vitals::http
