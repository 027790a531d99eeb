// Certificates that are each wrong in one way, made in the process and stored nowhere.
#pragma once

#include <memory>
#include <string>

#include "drill/fault.hpp"

namespace boost::asio::ssl {
class context;
}

namespace vitals::drill {

// A separate authority, valid for three months. A client that trusts its certificate (PEM) sees
// `wrong-name` and `expired` as what they are, and the good certificate as good.
class Authority {
  public:
    Authority();  // throws std::runtime_error
    ~Authority();
    Authority(const Authority&) = delete;
    Authority& operator=(const Authority&) = delete;

    const std::string& certificate() const;
    // A server's side: with the certificate that the fault needs, else one of localhost, 127.0.0.1
    // and ::1. With `http2` it agrees to that if it is offered. Borrowed. Made at the first
    // request; throws std::runtime_error.
    boost::asio::ssl::context& server(Fault fault, bool http2);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace vitals::drill
