// One conversation with a Redis server: commands and answers, and what its errors mean.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/connection.hpp"
#include "net/context.hpp"
#include "wire/resp.hpp"

namespace vitals::checks::redis {

using wire::resp::Value;

// What an error answer means: its class and what of it may be shown to everybody. Theirs goes to
// the private text.
CheckError meaning_of(const Value& error);

class Session {
  public:
    explicit Session(std::unique_ptr<net::Connection> connection);

    // See checks/reuse.hpp.
    bool quiet() const { return buffer_.empty() && connection_->quiet(); }
    void resume(net::Context&, Steady answer_by) { connection_->answer_by(answer_by); }

    // The server asked for no password though one was given.
    bool password_unused = false;

    // The answer, whatever it is; an error is a value too. Throws CheckError{protocol} for what is
    // no answer.
    net::awaitable<Value> ask(std::vector<std::string> words);
    // An answer that is no error. Throws meaning_of() otherwise.
    net::awaitable<Value> demand(std::vector<std::string> words);

  private:
    std::unique_ptr<net::Connection> connection_;
    std::string buffer_;
};

}  // namespace vitals::checks::redis
