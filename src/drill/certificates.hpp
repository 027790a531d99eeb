// Certificates that are wrong in one way each, made in the process and kept nowhere.
#pragma once

#include <memory>
#include <string>

#include "drill/fault.hpp"

namespace boost::asio::ssl {
class context;
}

namespace vitals::drill {

// An authority of its own, valid for three months. Its certificate (PEM) is what a client has to
// trust to see `wrong-name` and `expired` as what they are, and the good certificate as good.
class Authority {
  public:
    Authority();  // throws std::runtime_error
    ~Authority();
    Authority(const Authority&) = delete;
    Authority& operator=(const Authority&) = delete;

    const std::string& certificate() const;
    // A server's side: with the certificate that the fault asks for, else one of localhost,
    // 127.0.0.1 and ::1. With `http2` it agrees to that where it is offered. Borrowed. Made when
    // it is first asked for; throws std::runtime_error.
    boost::asio::ssl::context& server(Fault fault, bool http2);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace vitals::drill
