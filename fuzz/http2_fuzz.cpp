// An HTTP/2 connection on arbitrary bytes, whole and in pieces: no input makes the session exceed
// its bounds, and every request can be answered. The first byte chooses the size of the pieces.

#include "http/http2.hpp"
#include "target.hpp"

namespace vitals::fuzz {
namespace {

using namespace vitals::http;

constexpr std::chrono::steady_clock::time_point now{std::chrono::hours(1)};

void send_all(Http2Session& session) {
    while (!session.output().empty()) session.sent(session.output().size());
}

void answer(Http2Session& session, const Http2Session::Event& event) {
    if (event.what == Http2Session::What::gone) {
        require(session.unsent(event.stream) == 0);
        return;
    }
    if (event.what == Http2Session::What::body) {
        require(session.take_body(event.stream).size() <= 1000);
        session.begin(event.stream, Pairs{{":status", "200"}});
        session.say(event.stream, "said");
        session.finish(event.stream, {{"grpc-status", "0"}});
        return;
    }
    const auto head = session.head(event.stream);
    if (!head) {
        session.answer(event.stream, Pairs{{":status", std::to_string(head.error().status)}});
        return;
    }
    require(!head->method.empty() && head->minor == 1);
    if (head->has_body())
        session.want_body(event.stream);
    else
        session.answer(event.stream,
                       std::make_shared<Rendered>(render_answer(plain_answer(200, "yes"),
                                                                "Sun, 06 Nov 1994 08:49:37 GMT")),
                       head->method == "HEAD");
}

void play(std::string_view bytes, std::size_t piece) {
    Http2Session session({.requests = 4, .head = 2000, .body = 1000});
    bool good = true;
    while (!bytes.empty() && good) {
        good = session.receive(bytes.substr(0, piece), now);
        bytes.remove_prefix(std::min(piece, bytes.size()));
        Http2Session::Event event;
        while (session.next(event)) answer(session, event);
        send_all(session);
        require(session.open() <= 100 && session.held() < (1u << 20));
    }
    session.say_goodbye();
    send_all(session);
}

}  // namespace

void run(std::string_view bytes) {
    if (bytes.empty()) return;
    const auto piece = static_cast<std::size_t>(static_cast<unsigned char>(bytes.front()));
    bytes.remove_prefix(1);
    play(bytes, 1 + piece * 16);
    play(std::string(http2_preface) + std::string("\0\0\0\4\0\0\0\0\0", 9) + std::string(bytes),
         1 + piece * 16);
}

}  // namespace vitals::fuzz
