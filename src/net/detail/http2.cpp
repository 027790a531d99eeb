#include "net/detail/http2.hpp"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/check_error.hpp"
#include "net/detail/http_request.hpp"
#include "text/quote.hpp"
#include "wire/http_answer.hpp"

namespace vitals::net {

namespace {

using wire::same_name;

constexpr std::size_t most_header_bytes = 256 * 1024;

struct Free {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
    void operator()(nghttp2_session_callbacks* callbacks) const {
        nghttp2_session_callbacks_del(callbacks);
    }
};

struct GoAway {
    std::uint32_t code = NGHTTP2_NO_ERROR;
    std::string said;
};

class Exchange {
  public:
    Exchange(Context& context, const HttpRequest& request, const HttpUrl& url,
             Connection& connection)
        : context_(context), request_(request), url_(url), connection_(connection) {}
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    void ask();
    // Bytes to send; empty when there are none. Throws when no answer can come any more.
    std::string pending();
    void receive(std::string_view bytes);
    // The answer is complete, or nothing more of it will come.
    bool over() const { return answered_ || stream_error_; }
    // The result once it is over, or once the peer has closed.
    std::optional<HttpResponse> result();

  private:
    // Called by nghttp2 with the exchange as the last argument.
    static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                         std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                         std::uint8_t, void* self);
    static int on_data(nghttp2_session*, std::uint8_t, std::int32_t, const std::uint8_t* bytes,
                       std::size_t size, void* self);
    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* self);
    static int on_close(nghttp2_session*, std::int32_t, std::uint32_t error, void* self);
    static int on_complaint(nghttp2_session*, int, const char* text, std::size_t size, void* self);
    static ssize_t give_body(nghttp2_session*, std::int32_t, std::uint8_t* buffer, std::size_t size,
                             std::uint32_t* flags, nghttp2_data_source*, void* self);

    void open_session();
    int take_header(std::string_view name, std::string_view value);
    CheckError given_up(const char* why) const;  // by nghttp2
    CheckError fault(std::string detail, const std::string& why) const;

    Context& context_;
    const HttpRequest& request_;
    const HttpUrl& url_;
    Connection& connection_;
    std::unique_ptr<nghttp2_session, Free> session_;
    std::size_t body_sent_ = 0;
    HttpResponse response_;
    std::size_t header_bytes_ = 0;
    bool head_complete_ = false;  // of the final response: what follows are trailers
    bool answered_ = false;
    std::optional<std::uint32_t> stream_error_;  // how the stream was closed
    std::optional<GoAway> goaway_;
    bool spoken_to_ = false;  // a frame came: the peer speaks HTTP/2
    std::string beginning_;   // the first bytes received, to show what else the peer speaks
    std::string refusal_;     // why this side stopped the exchange
    std::string complaint_;   // nghttp2's, about the peer
};

int Exchange::on_header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name,
                        std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                        std::uint8_t, void* self) {
    return static_cast<Exchange*>(self)->take_header(
        {reinterpret_cast<const char*>(name), name_size},
        {reinterpret_cast<const char*>(value), value_size});
}

int Exchange::take_header(std::string_view name, std::string_view value) {
    if (request_.step.empty()) context_.enter("read");
    header_bytes_ += name.size() + value.size();
    if (header_bytes_ > most_header_bytes) {
        refusal_ = "header larger than " + format_size(Size{most_header_bytes});
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    if (name == ":status") {
        response_.headers.clear();  // of an informational response before it
        std::from_chars(value.data(), value.data() + value.size(), response_.status);
    } else {
        (head_complete_ ? response_.trailers : response_.headers).emplace_back(name, value);
    }
    return 0;
}

int Exchange::on_data(nghttp2_session*, std::uint8_t, std::int32_t, const std::uint8_t* bytes,
                      std::size_t size, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    const std::size_t most = exchange.request_.max_body;
    if (exchange.response_.body.size() + size > most) {
        exchange.refusal_ = "answer larger than " + format_size(Size{most});
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    exchange.response_.body.append(reinterpret_cast<const char*>(bytes), size);
    return 0;
}

int Exchange::on_frame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    exchange.spoken_to_ = true;
    if (frame->hd.type == NGHTTP2_GOAWAY) {
        const auto* said = reinterpret_cast<const char*>(frame->goaway.opaque_data);
        exchange.goaway_ = GoAway{frame->goaway.error_code, {said, frame->goaway.opaque_data_len}};
        return 0;
    }
    if (frame->hd.type == NGHTTP2_HEADERS)
        exchange.head_complete_ = exchange.response_.status >= 200;
    const bool carries = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (carries && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) exchange.answered_ = true;
    return 0;
}

int Exchange::on_close(nghttp2_session*, std::int32_t, std::uint32_t error, void* self) {
    static_cast<Exchange*>(self)->stream_error_ = error;
    return 0;
}

int Exchange::on_complaint(nghttp2_session*, int, const char* text, std::size_t size, void* self) {
    static_cast<Exchange*>(self)->complaint_.assign(text, size);
    return 0;
}

ssize_t Exchange::give_body(nghttp2_session*, std::int32_t, std::uint8_t* buffer, std::size_t size,
                            std::uint32_t* flags, nghttp2_data_source*, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    const std::string& body = exchange.request_.body;
    const std::size_t given = std::min(size, body.size() - exchange.body_sent_);
    std::memcpy(buffer, body.data() + exchange.body_sent_, given);
    exchange.body_sent_ += given;
    if (exchange.body_sent_ == body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(given);
}

void Exchange::open_session() {
    nghttp2_session_callbacks* made = nullptr;
    nghttp2_session_callbacks_new(&made);
    const std::unique_ptr<nghttp2_session_callbacks, Free> callbacks(made);
    nghttp2_session* session = nullptr;
    if (callbacks) {
        nghttp2_session_callbacks_set_on_header_callback(made, on_header);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, on_data);
        nghttp2_session_callbacks_set_on_frame_recv_callback(made, on_frame);
        nghttp2_session_callbacks_set_on_stream_close_callback(made, on_close);
        nghttp2_session_callbacks_set_error_callback2(made, on_complaint);
        nghttp2_session_client_new(&session, made, this);
    }
    session_.reset(session);
    if (!session_) throw CheckError(ErrorClass::local, "no memory for HTTP");
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, most_header_bytes},
    };
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, std::size(settings));
}

// RFC 9113, 8.2.2: headers of an HTTP/1 connection do not belong here.
bool belongs_to_http1(std::string_view name) {
    constexpr std::string_view names[] = {"connection", "keep-alive", "proxy-connection",
                                          "transfer-encoding", "upgrade"};
    return std::any_of(std::begin(names), std::end(names),
                       [name](std::string_view each) { return same_name(each, name); });
}

void Exchange::ask() {
    open_session();
    auto headers = headers_of(request_, url_);
    std::vector<std::pair<std::string, std::string>> fields = {
        {":method", request_.method},
        {":scheme", url_.tls ? "https" : "http"},
        {":authority", headers.front().second},  // Host
        {":path", std::string(target(url_))},
    };
    headers.erase(headers.begin());
    for (auto& [name, value] : headers) {
        if (belongs_to_http1(name)) continue;
        std::transform(name.begin(), name.end(), name.begin(), [](char letter) {
            return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
        });
        fields.emplace_back(std::move(name), std::move(value));
    }
    const auto bytes = [](std::string& text) {
        return reinterpret_cast<std::uint8_t*>(text.data());
    };
    std::vector<nghttp2_nv> pairs;
    for (auto& [name, value] : fields)
        pairs.push_back({bytes(name), bytes(value), name.size(), value.size(), 0});
    nghttp2_data_provider body{};
    body.read_callback = give_body;
    const std::int32_t stream =
        nghttp2_submit_request(session_.get(), nullptr, pairs.data(), pairs.size(),
                               has_body(request_) ? &body : nullptr, nullptr);
    if (stream < 0)
        throw CheckError(ErrorClass::local, "HTTP cannot be started", nghttp2_strerror(stream));
}

std::string Exchange::pending() {
    std::string bytes;
    for (;;) {
        const std::uint8_t* data = nullptr;
        const ssize_t size = nghttp2_session_mem_send(session_.get(), &data);
        if (size < 0) throw CheckError(ErrorClass::local, "no memory for HTTP");
        if (size == 0) break;
        bytes.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    }
    // When nghttp2 gives up the connection, it sends a goodbye and reads no more.
    if (!over() && nghttp2_session_want_read(session_.get()) == 0)
        throw given_up("malformed frame");
    return bytes;
}

void Exchange::receive(std::string_view bytes) {
    constexpr std::size_t shown = 200;
    if (!spoken_to_ && beginning_.size() < shown) beginning_ += bytes.substr(0, shown);
    const ssize_t taken = nghttp2_session_mem_recv(
        session_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    if (!refusal_.empty()) throw fault(refusal_, {});
    if (taken < 0 && !over()) throw given_up(nghttp2_strerror(static_cast<int>(taken)));
}

CheckError Exchange::given_up(const char* why) const {
    if (!spoken_to_) return fault("does not speak HTTP/2", "got " + text::quoted(beginning_));
    return fault("HTTP/2 error", complaint_.empty() ? why : complaint_);
}

CheckError Exchange::fault(std::string detail, const std::string& why) const {
    std::string error = connection_.peer();
    if (!why.empty()) error += ": " + why;
    if (goaway_)
        error += fmt::format("; GOAWAY {} {}", nghttp2_http2_strerror(goaway_->code),
                             text::quoted(goaway_->said));
    return {ErrorClass::protocol, std::move(detail), std::move(error)};
}

std::optional<HttpResponse> Exchange::result() {
    if (answered_ && head_complete_) return std::move(response_);
    if (stream_error_ == NGHTTP2_REFUSED_STREAM) return std::nullopt;
    if (stream_error_.value_or(NGHTTP2_NO_ERROR) != NGHTTP2_NO_ERROR) {
        const std::string code = nghttp2_http2_strerror(*stream_error_);
        throw fault("HTTP/2 error", code + (complaint_.empty() ? "" : ": " + complaint_));
    }
    if (beginning_.empty()) throw fault("closed without an answer", {});
    throw fault("answer cut short", {});
}

}  // namespace

awaitable<std::optional<HttpResponse>> exchange_http2(Context& context, const HttpRequest& request,
                                                      const HttpUrl& url, Connection& connection) {
    context.enter(request.step.empty() ? "wait" : request.step);
    Exchange exchange(context, request, url, connection);
    exchange.ask();
    // As in exchange_plain(): the buffer does not belong to the run.
    thread_local std::array<char, 16384> bytes;
    std::exception_ptr unsent;
    while (!exchange.over()) {
        const std::string out = exchange.pending();
        if (exchange.over()) break;
        try {
            if (!out.empty() && !unsent) co_await connection.write(out);
        } catch (const CheckError&) {
            // A peer that closes may have said why before.
            unsent = std::current_exception();
        }
        std::size_t count = 0;
        try {
            count = co_await connection.read_some(bytes);
        } catch (const CheckError&) {
            if (unsent) std::rethrow_exception(unsent);
            throw;
        }
        if (count == 0) break;
        exchange.receive(std::string_view(bytes.data(), count));
    }
    if (unsent && !exchange.over()) std::rethrow_exception(unsent);
    co_return exchange.result();
}

}  // namespace vitals::net
