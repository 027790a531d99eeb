// One conversation with a NATS server: log-in, subscriptions, messages, and the meaning of its
// errors. Used on the loop's thread only.
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
#include "wire/nats.hpp"
#include "wire/nats_key.hpp"
#include "wire/replies.hpp"

namespace vitals::backends::nats {

using wire::nats::Event;

struct Access {
    net::Endpoint endpoint;
    bool wants_tls = false;  // a server may also demand it
    net::TlsOptions tls;
    wire::nats::Login login;
    std::optional<wire::nats::Credentials> credentials;  // log in by signing, then
};

// From the text of -ERR, which stands in quotes.
CheckError meaning_of(std::string_view error);

class Session {
  public:
    // Connects and logs in: phases "resolve", "connect", "greeting", "tls", "auth".
    static net::awaitable<std::unique_ptr<Session>> open(net::Context& context, Access access);

    // Publishes to a subject with this client's own reply subject: returns what arrives there, at
    // most until that time. If `subject` is empty, the message goes to this client itself. Throws
    // what the server refuses.
    net::awaitable<std::optional<Event>> request(std::string subject, std::string payload,
                                                 Steady until);
    // Whether all that was sent was accepted. Refused permissions are reported before the answer,
    // which comes in any case.
    net::awaitable<void> flush();

    bool encrypted() const { return encrypted_; }
    bool leaving() const { return leaving_; }  // sends its clients away soon ("lame duck")

    // See checks/reuse.hpp.
    bool quiet() const { return conversation_.quiet(); }
    void resume(net::Context&, Steady answer_by) { conversation_.answer_by(answer_by); }

  private:
    using Machine = wire::Replies<decltype(&wire::nats::take_event)>;

    Session(std::unique_ptr<net::Connection> connection, Access access, std::string inbox)
        : conversation_(std::move(connection), Machine(wire::nats::take_event)),
          access_(std::move(access)),
          inbox_(std::move(inbox)) {}

    net::awaitable<void> greet(net::Context& context);
    // The next event that matters here; throws an error.
    net::awaitable<std::optional<Event>> next(Steady until);
    void take_info(const std::string& json);

    net::Conversation<Machine> conversation_;
    Access access_;
    std::string inbox_;
    std::uint64_t subscriptions_ = 0;
    bool tls_offered_ = false;
    bool tls_required_ = false;
    bool encrypted_ = false;
    bool leaving_ = false;
    std::string nonce_;  // of the server, to be signed with a key
};

}  // namespace vitals::backends::nats
