// One conversation with an LDAP server: StartTLS, log-in, one look-up, and the meaning of its
// refusals. Used on the loop's thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/check_error.hpp"
#include "net/awaitable.hpp"
#include "net/connection.hpp"
#include "net/context.hpp"
#include "net/conversation.hpp"
#include "net/tls.hpp"
#include "wire/ldap.hpp"
#include "wire/replies.hpp"

namespace vitals::backends::ldap {

enum class Secrecy : std::uint8_t { none, start_tls, at_once };

struct Access {
    net::Endpoint endpoint;
    Secrecy secrecy = Secrecy::none;
    net::TlsOptions tls;
    std::string name;  // to bind with; empty: no log-in
    std::string password;
};

CheckError meaning_of(const wire::ldap::Result& result);

class Session {
  public:
    // Connects and logs in: phases "resolve", "connect", "starttls", "tls", "auth".
    static net::awaitable<std::unique_ptr<Session>> open(net::Context& context, Access access);

    // How many entries of that name the server shows; the empty name is the server's root entry.
    // Phase "search".
    net::awaitable<int> look_up(net::Context& context, std::string name);
    // The values of an attribute of that entry; none if it is not shown.
    net::awaitable<std::vector<std::string>> read(net::Context& context, std::string name,
                                                  std::string attribute);
    net::awaitable<void> close(net::Context& context);

    // See checks/reuse.hpp.
    bool quiet() const { return conversation_.quiet(); }
    void resume(net::Context&, Steady answer_by) { conversation_.answer_by(answer_by); }

  private:
    using Machine = wire::Replies<decltype(&wire::ldap::take_message)>;

    Session(std::unique_ptr<net::Connection> connection, Access access)
        : conversation_(std::move(connection), Machine(wire::ldap::take_message)),
          access_(std::move(access)) {}

    net::awaitable<void> start_tls(net::Context& context);
    net::awaitable<void> log_in(net::Context& context);
    void ask(net::Context& context, std::string_view name, std::string_view attribute);
    // The next entry of an answer; nothing after the last one.
    net::awaitable<std::optional<wire::ldap::Message>> next_entry();
    // The answer to the last request.
    net::awaitable<wire::ldap::Message> next();
    net::awaitable<wire::ldap::Result> result(wire::ldap::Operation operation);

    net::Conversation<Machine> conversation_;
    Access access_;
    std::int32_t id_ = 0;  // of the last request
};

}  // namespace vitals::backends::ldap
