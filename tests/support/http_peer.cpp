#include "http_peer.hpp"

#include <sys/socket.h>

#include "expect_failed.hpp"
#include "tls_peer.hpp"

namespace vitals::testing {

using namespace std::chrono_literals;

std::string http_answer(const std::string& status, const std::string& body,
                        const std::string& headers) {
    return "HTTP/1.1 " + status + "\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::vector<std::string> HttpPeer::requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
}

void HttpPeer::between_requests(const std::function<void()>& change) {
    const std::lock_guard lock(mutex_);
    change();
}

void HttpPeer::serve(int descriptor) {
    HttpRequest request;
    request.head = read_until(descriptor, "\r\n\r\n");
    if (request.head.empty()) return;
    const std::size_t target = request.head.find(' ') + 1;
    request.method = request.head.substr(0, target - 1);
    request.target = request.head.substr(target, request.head.find(" HTTP") - target);
    if (const auto at = request.head.find("Content-Length: "); at != std::string::npos) {
        request.body.resize(std::stoul(request.head.substr(at + 16)));
        if (!request.body.empty())
            (void)::recv(descriptor, request.body.data(), request.body.size(), MSG_WAITALL);
    }
    std::string said;
    {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request.head);
        said = answers_(request);
    }
    if (said == http_reset) return reset_on_close(descriptor);
    send_all(descriptor, said);
    close_in_order(descriptor);
}

void expect_http_faults(const RunAgainst& run, std::string_view phase, std::string_view limit) {
    const auto to = [&](const Peer& peer, std::chrono::milliseconds timeout = 2s) {
        return run("http://" + peer.address(), timeout);
    };
    expect_failed(run("http://127.0.0.1:" + std::to_string(closed_port()), 2s), ErrorClass::connect,
                  "connect", "connection refused");
    const Peer hanging(Peer::hang());
    const Outcome hung = to(hanging, 200ms);
    EXPECT_EQ(hung.error_class, ErrorClass::timeout);
    EXPECT_EQ(hung.failed_phase, phase);
    const Peer resetting(Peer::reset());
    expect_failed(to(resetting), ErrorClass::protocol, phase, "connection reset");
    const Peer garbage(Peer::answer("nonsense\r\n\r\n"));
    expect_failed(to(garbage), ErrorClass::protocol, phase, "not HTTP");
    const Peer flooding(Peer::answer(http_answer("200 OK", std::string(600'000, 'x'))));
    expect_failed(to(flooding), ErrorClass::protocol, phase,
                  "answer larger than " + std::string(limit));
    const Peer dripping(Peer::drip(http_answer("200 OK", std::string(999, 'x')), 10ms));
    EXPECT_EQ(to(dripping, 200ms).error_class, ErrorClass::timeout);
}

void expect_tls_verified(const RunAgainst& run) {
    const Peer peer(
        tls_answer(make_certificate(CertificateWish{}), http_answer("200 OK", "Ok.\n")));
    expect_failed(run("https://" + peer.address(), 2s), ErrorClass::tls, "tls",
                  "certificate not trusted");
}

}  // namespace vitals::testing
