// The body of a request as it arrives, by length or in chunks, within a limit. Pure; fuzzed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/request.hpp"

namespace vitals::http {

class Body {
  public:
    // The body of the request with this head; at most `limit` bytes of content. A body that nobody
    // reads is counted and thrown away. Of a tail, only the last tail_size bytes are kept.
    enum class Use : std::uint8_t { keep, count, tail };
    static constexpr std::size_t tail_size = 16'384;
    Body(const Head& head, std::size_t limit, Use use);

    // Takes the bytes of the body and returns their number. After it, the body is done() or
    // refused(), or all bytes were taken and it needs more.
    std::size_t feed(std::string_view bytes);

    bool done() const noexcept { return state_ == State::done; }
    const std::optional<Refusal>& refused() const noexcept { return refused_; }
    const std::string& content() const noexcept { return content_; }
    std::size_t size() const noexcept { return size_; }  // of the content so far
    // Bytes of memory beside the object itself.
    std::size_t held() const noexcept { return content_.capacity() + line_.capacity(); }
    std::string take_content();

  private:
    enum class State : std::uint8_t { data, size, after_chunk, trailer, done };
    std::size_t take_data(std::string_view bytes);
    std::size_t take_line(std::string_view bytes);
    void read_size();
    void refuse(int status, std::string_view why);

    State state_ = State::data;
    bool chunked_;
    Use use_;
    std::size_t limit_;
    std::uint64_t left_;        // of the body, or of the current chunk
    std::string line_;          // a line of the chunked framing under way
    std::size_t trailers_ = 0;  // bytes of trailer lines so far
    std::size_t size_ = 0;
    std::string content_;
    std::optional<Refusal> refused_;
};

}  // namespace vitals::http
