// One HTTP/1 answer as it arrives, without I/O: head, framing, body, trailers. Pure. Source: RFC
// 9112; in addition, lines may end in LF alone, and values may continue on the next line.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/check_error.hpp"

namespace vitals::wire {

// Whether two names of fields are the same: ASCII, in either case.
bool same_name(std::string_view a, std::string_view b);

class HttpAnswer {
  public:
    using Fields = std::vector<std::pair<std::string, std::string>>;

    static constexpr std::size_t longest_line = 100 * 1024;
    static constexpr std::size_t largest_head = 256 * 1024;  // with informational answers, trailers

    // `to_head`: an answer to HEAD has no body, whatever its head says. `max_body` in bytes.
    HttpAnswer(bool to_head, std::size_t max_body) : to_head_(to_head), max_body_(max_body) {}

    // Takes received bytes. True once the answer is complete; later bytes do not count. Errors are
    // CheckError{protocol}: "not HTTP", "malformed answer", "header too large" (a line), "header
    // larger than 256KiB", "answer larger than ...". After an error the answer is useless.
    std::expected<bool, CheckError> receive(std::string_view bytes);
    // The peer has closed. True when that completes the answer; else an error: "closed without an
    // answer" or "answer cut short".
    std::expected<bool, CheckError> end();

    // Its first line is complete, even if it is that of an informational answer.
    bool begun() const { return begun_; }

    // Of the final answer, as received; valid once it is complete.
    int status = 0;
    Fields headers;
    Fields trailers;
    std::string body;

  private:
    enum class State : std::uint8_t {
        status_line,
        fields,
        counted,  // so many bytes of body
        endless,  // a body that ends with the connection
        chunk_size,
        chunk,
        chunk_end,
        trailers,
        complete
    };
    using Step = std::expected<void, CheckError>;

    Step take_line(std::string_view& bytes);
    Step line(std::string_view text);
    Step status_line(std::string_view text);
    Step field(std::string_view text, Fields& fields);
    Step head_end();
    Step frame();
    Step chunk_size(std::string_view text);
    Step expect_body(std::uint64_t size);
    Step take_body(std::string_view& bytes);

    const bool to_head_;
    const std::size_t max_body_;
    State state_ = State::status_line;
    bool begun_ = false;
    std::string line_;  // the part of a line that has arrived
    std::size_t head_bytes_ = 0;
    std::uint64_t left_ = 0;  // of the body or the chunk
};

}  // namespace vitals::wire
