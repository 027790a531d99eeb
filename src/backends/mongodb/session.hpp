// One conversation with a MongoDB server: hello, log-in by SCRAM, commands and answers, and the
// meaning of its errors. Used on the loop's thread only.
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
#include "wire/mongodb.hpp"
#include "wire/replies.hpp"
#include "wire/scram_client.hpp"

namespace vitals::backends::mongodb {

using wire::bson::Value;
using wire::bson::Writer;

struct Access {
    net::Endpoint endpoint;
    std::optional<net::TlsOptions> tls;  // nothing: in the clear
    std::string user;                    // empty: no log-in
    std::string password;
    std::string source = "admin";  // the database that knows the user
    std::string mechanism;         // SCRAM-SHA-256, SCRAM-SHA-1; empty: the best that the user has
};

// The meaning of an answer that is not `ok`: its class, and its public detail.
CheckError meaning_of(const Value& answer);

class Session {
  public:
    // Connects and sends hello: phases "resolve", "connect", "tls", "hello". No user is logged in
    // yet.
    static net::awaitable<std::unique_ptr<Session>> open(net::Context& context, Access access);
    // Logs in as the access says; phase "auth". Throws meaning_of() a refusal.
    net::awaitable<void> log_in(net::Context& context);

    // The server's answer to hello.
    const Value& hello() const { return hello_; }

    // Any answer. The command is without `$db`.
    net::awaitable<Value> ask(Writer command, std::string database);
    // An answer that is `ok`; otherwise throws meaning_of().
    net::awaitable<Value> demand(Writer command, std::string database);

    // See checks/reuse.hpp.
    bool quiet() const { return conversation_.quiet(); }
    void resume(net::Context&, Steady answer_by) { conversation_.answer_by(answer_by); }

  private:
    using Machine = wire::Replies<decltype(&wire::mongodb::take_message)>;

    Session(std::unique_ptr<net::Connection> connection, Access access)
        : conversation_(std::move(connection), Machine(wire::mongodb::take_message)),
          access_(std::move(access)) {}

    net::awaitable<void> greet(net::Context& context);
    net::awaitable<Value> go_on(Value conversation, std::string payload);
    wire::scram::Client scram_client() const;
    bool by_sha_256() const;

    net::Conversation<Machine> conversation_;
    Access access_;
    Value hello_;
    std::int32_t number_ = 0;  // of the last command
};

}  // namespace vitals::backends::mongodb
