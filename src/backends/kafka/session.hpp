// One conversation with a Kafka broker: its versions, log-in, requests and answers, and the meaning
// of its errors. Used on the loop's thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "model/check_error.hpp"
#include "net/awaitable.hpp"
#include "net/connection.hpp"
#include "net/context.hpp"
#include "net/conversation.hpp"
#include "net/tls.hpp"
#include "wire/kafka.hpp"
#include "wire/replies.hpp"

namespace vitals::backends::kafka {

struct Access {
    net::Endpoint endpoint;
    std::optional<net::TlsOptions> tls;  // nothing: in the clear
    std::string user;                    // empty: no log-in
    std::string password;
    std::string mechanism;  // PLAIN, SCRAM-SHA-256, SCRAM-SHA-512
};

// From an error code of Kafka other than `none`; `what` is what was asked for: "the group".
CheckError meaning_of(std::int16_t code, std::string_view what);

class Session {
  public:
    // Connects, asks for the broker's versions, and logs in: phases "resolve", "connect", "tls",
    // "versions", "auth".
    static net::awaitable<std::unique_ptr<Session>> open(net::Context& context, Access access);

    bool speaks(wire::kafka::Key key, std::int16_t version) const {
        return versions_.has(key, version);
    }
    // The body of the answer. Throws if the broker does not support that version.
    net::awaitable<std::string> ask(wire::kafka::Key key, std::int16_t version, std::string body);

  private:
    using Machine = wire::Replies<decltype(&wire::kafka::take_answer)>;

    Session(std::unique_ptr<net::Connection> connection, Access access)
        : conversation_(std::move(connection), Machine(wire::kafka::take_answer)),
          access_(std::move(access)) {}

    net::awaitable<std::string> exchange(wire::kafka::Key key, std::int16_t version,
                                         std::string body);
    net::awaitable<void> learn_versions(net::Context& context);
    net::awaitable<void> log_in(net::Context& context);
    net::awaitable<void> log_in_by_scram(net::Context& context);
    net::awaitable<std::string> go_on(std::string token);
    bool ended_without_a_word(const CheckError& error) const;

    net::Conversation<Machine> conversation_;
    Access access_;
    wire::kafka::Versions versions_;
    std::int32_t number_ = 0;  // of the last request
};

// An answer that was parsed, or the error that it is not one.
template <class T>
T good(std::optional<T> read) {
    if (!read) throw CheckError(ErrorClass::protocol, "not an answer of Kafka");
    return *std::move(read);
}

}  // namespace vitals::backends::kafka
