// libcurl's multi interface driven by the loop. Inside net only.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <vector>

#include "net/connect.hpp"
#include "net/event.hpp"
#include "net/loop.hpp"

namespace vitals::net {

// One exchange under way on a TCP socket of its own, which is connected already and stays ours:
// curl reads and writes it, and asks us to watch and to close it.
struct Exchange : std::enable_shared_from_this<Exchange> {
    Exchange(boost::asio::io_context& context, Socket socket)
        : socket(std::move(socket)), ended(context) {}

    Socket socket;
    Event ended;
    CURL* easy = nullptr;
    std::size_t place = 0;       // among the running ones
    CURLcode result = CURLE_OK;  // valid once ended
    bool handed_over = false;    // curl has taken the socket
    int wanted = CURL_POLL_NONE;
    bool reading = false;  // a wait is pending
    bool writing = false;
};

// Used on the loop's thread only.
class CurlMulti : public std::enable_shared_from_this<CurlMulti> {
  public:
    explicit CurlMulti(Loop& loop);
    ~CurlMulti();
    CurlMulti(const CurlMulti&) = delete;
    CurlMulti& operator=(const CurlMulti&) = delete;

    // An easy handle in its initial state, already set up to run on an exchange's socket.
    CURL* borrow(Exchange& exchange);
    void start(const std::shared_ptr<Exchange>& exchange);
    // Ends the exchange, whether or not it is through, closes its socket and takes the handle back.
    // Again: does nothing.
    void finish(Exchange& exchange);
    // The loop is about to go: ends all exchanges. Their runs are not woken.
    void close();

  private:
    static int on_socket(CURL* easy, curl_socket_t descriptor, int what, void* self, void*);
    static int on_timer(CURLM* multi, long milliseconds, void* self);
    void watch(const std::shared_ptr<Exchange>& exchange);
    void wait(const std::shared_ptr<Exchange>& exchange, bool& pending, Socket::wait_type what,
              int poll, int select);
    void act(curl_socket_t descriptor, int events);
    void act_soon();

    Loop& loop_;
    CURLM* multi_;
    Timer timer_;
    bool acting_soon_ = false;
    curl_slist* connect_to_ = nullptr;
    std::vector<CURL*> idle_;
    std::vector<Exchange*> running_;
};

}  // namespace vitals::net
