#include "net/curl_multi.hpp"

#include <mutex>
#include <utility>

#include "model/check_error.hpp"

namespace vitals::net {

namespace {

constexpr std::size_t idle_handles = 32;

Exchange* exchange_of(CURL* easy) {
    char* kept = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &kept);
    return reinterpret_cast<Exchange*>(kept);
}

// The three below are called by curl with the exchange as their first argument.

curl_socket_t open_socket(void* exchange, curlsocktype, curl_sockaddr*) {
    auto& self = *static_cast<Exchange*>(exchange);
    if (std::exchange(self.handed_over, true)) return CURL_SOCKET_BAD;
    return self.socket.native_handle();
}

int adopt_socket(void*, curl_socket_t, curlsocktype) {
    return CURL_SOCKOPT_ALREADY_CONNECTED;
}

int close_socket(void* exchange, curl_socket_t) {
    auto& self = *static_cast<Exchange*>(exchange);
    self.wanted = CURL_POLL_NONE;
    boost::system::error_code ignored;
    self.socket.close(ignored);
    return 0;
}

void initialise_library() {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

CurlMulti::CurlMulti(Loop& loop) : loop_(loop), timer_(loop) {
    initialise_library();
    multi_ = curl_multi_init();
    if (multi_ == nullptr) throw CheckError(ErrorClass::local, "no memory for HTTP");
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    // The socket it gets is connected already: an address that needs no resolving will do.
    connect_to_ = curl_slist_append(nullptr, "::127.0.0.1:1");
}

CurlMulti::~CurlMulti() {
    for (CURL* easy : idle_) curl_easy_cleanup(easy);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, nullptr);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, nullptr);
    curl_multi_cleanup(multi_);
    curl_slist_free_all(connect_to_);
}

CURL* CurlMulti::borrow(Exchange& exchange) {
    CURL* easy = nullptr;
    if (idle_.empty()) {
        easy = curl_easy_init();
        if (easy == nullptr) throw CheckError(ErrorClass::local, "no memory for HTTP");
    } else {
        easy = idle_.back();
        idle_.pop_back();
    }
    exchange.easy = easy;
    exchange.place = running_.size();
    running_.push_back(&exchange);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &exchange);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &exchange);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, adopt_socket);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, &exchange);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, &exchange);
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, connect_to_);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    // What has been connected is not looked up again; nothing may pile up there.
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    return easy;
}

void CurlMulti::start(const std::shared_ptr<Exchange>& exchange) {
    const CURLMcode code = curl_multi_add_handle(multi_, exchange->easy);
    if (code != CURLM_OK)
        throw CheckError(ErrorClass::local, "HTTP cannot be started", curl_multi_strerror(code));
}

void CurlMulti::finish(Exchange& exchange) {
    CURL* easy = std::exchange(exchange.easy, nullptr);
    if (easy == nullptr) return;
    running_.back()->place = exchange.place;
    std::swap(running_[exchange.place], running_.back());
    running_.pop_back();
    curl_multi_remove_handle(multi_, easy);
    curl_easy_reset(easy);
    if (idle_.size() < idle_handles)
        idle_.push_back(easy);
    else
        curl_easy_cleanup(easy);
}

void CurlMulti::close() {
    while (!running_.empty()) finish(*running_.back());
    timer_.cancel();
}

int CurlMulti::on_timer(CURLM*, long milliseconds, void* self) {
    auto& multi = *static_cast<CurlMulti*>(self);
    if (milliseconds < 0) {
        multi.timer_.cancel();
    } else if (milliseconds == 0) {
        multi.act_soon();
    } else {
        const Steady when =
            std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
        multi.timer_.arm(when, [&multi] { multi.act(CURL_SOCKET_TIMEOUT, 0); });
    }
    return 0;
}

// curl may not be called from inside its own callback.
void CurlMulti::act_soon() {
    if (std::exchange(acting_soon_, true)) return;
    loop_.post([weak = weak_from_this()] {
        const auto multi = weak.lock();
        if (!multi) return;
        multi->acting_soon_ = false;
        multi->act(CURL_SOCKET_TIMEOUT, 0);
    });
}

int CurlMulti::on_socket(CURL* easy, curl_socket_t, int what, void* self, void*) {
    Exchange* exchange = exchange_of(easy);
    if (exchange == nullptr || !exchange->socket.is_open()) return 0;
    exchange->wanted = what == CURL_POLL_REMOVE ? CURL_POLL_NONE : what;
    static_cast<CurlMulti*>(self)->watch(exchange->shared_from_this());
    return 0;
}

void CurlMulti::watch(const std::shared_ptr<Exchange>& exchange) {
    wait(exchange, exchange->reading, Socket::wait_read, CURL_POLL_IN, CURL_CSELECT_IN);
    wait(exchange, exchange->writing, Socket::wait_write, CURL_POLL_OUT, CURL_CSELECT_OUT);
}

void CurlMulti::wait(const std::shared_ptr<Exchange>& exchange, bool& pending,
                     Socket::wait_type what, int poll, int select) {
    if (pending || (exchange->wanted & poll) == 0) return;
    pending = true;
    exchange->socket.async_wait(what, [weak = weak_from_this(), exchange, &pending, poll,
                                       select](const boost::system::error_code& error) {
        pending = false;
        const auto multi = weak.lock();
        // Closed meanwhile, and perhaps another's under the same number by now.
        if (!multi || error || !exchange->socket.is_open()) return;
        if ((exchange->wanted & poll) == 0) return;
        multi->act(exchange->socket.native_handle(), select);
        if (exchange->socket.is_open()) multi->watch(exchange);
    });
}

void CurlMulti::act(curl_socket_t descriptor, int events) {
    int running = 0;
    curl_multi_socket_action(multi_, descriptor, events, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        Exchange* exchange = exchange_of(message->easy_handle);
        if (exchange == nullptr) continue;
        exchange->result = message->data.result;
        exchange->ended.set();
    }
}

}  // namespace vitals::net
