// A protocol of requests and replies as a state machine (net/conversation.hpp): the bytes to send,
// the received bytes, and the replies that are taken from their front. Pure.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "model/check_error.hpp"
#include "text/quote.hpp"

namespace vitals::wire {

// `take(buffer)` takes the first reply from the received bytes: nothing while it is incomplete, an
// error as soon as it can no longer become a reply.
template <class Take>
class Replies {
  public:
    using Event = typename std::invoke_result_t<Take, std::string&>::value_type::value_type;

    explicit Replies(Take take) : take_(std::move(take)) {}

    void send(std::string_view bytes) { output_ += bytes; }
    std::string take_output() { return std::exchange(output_, {}); }
    void receive(std::string_view bytes) { input_ += bytes; }
    std::expected<std::optional<Event>, CheckError> next() {
        auto reply = take_(input_);
        if (reply) return std::move(*reply);
        return std::unexpected(
            CheckError(ErrorClass::protocol, reply.error(), "got " + text::quoted(input_)));
    }
    CheckError ended() const {
        return {ErrorClass::protocol,
                input_.empty() ? "closed without an answer" : "closed without a complete answer",
                "got " + text::quoted(input_)};
    }
    // Received bytes that were not taken yet.
    const std::string& unread() const { return input_; }

  private:
    Take take_;
    std::string input_;
    std::string output_;
};

}  // namespace vitals::wire
