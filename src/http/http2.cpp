// One file: nghttp2 calls back in the middle of the session's own calls, and both change the same
// exchanges, which nothing else may see.
#include "http/http2.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

namespace vitals::http {
namespace {

// Frames that carry nothing: this many at once, and this many a second. Each request allows some
// more, because clients acknowledge data and measure the round trip.
constexpr std::int64_t most_budget = 2'000;
constexpr std::int64_t budget_per_second = 100;
constexpr std::int64_t budget_per_request = 8;
constexpr std::uint64_t most_resets = 200, resets_per_second = 20;
constexpr std::size_t most_answers_to_frames = 200;  // that wait to be sent
constexpr std::size_t most_expanded = 256 * 1024;    // bytes of a head, in any case
constexpr std::size_t most_thrown_away = 1u << 20;   // of a body that is too long
constexpr std::size_t output_at_once = 32 * 1024;
constexpr std::size_t kept_capacity = 2 * 1024;
// What nghttp2 holds for a session and for a stream, as measured.
constexpr std::size_t session_memory = 12 * 1024;
constexpr std::size_t stream_memory = 600;

std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

std::uint8_t* bytes_of(std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

nghttp2_nv pair_of(std::string_view name, std::string_view value) {
    return {bytes_of(name), bytes_of(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

// The fields of an answer's head in the form of HTTP/2.
Pairs fields_of(const Rendered& rendered) {
    Pairs fields{{":status", std::to_string(rendered.status)}};
    std::string_view head = std::string_view(rendered.bytes).substr(0, rendered.head);
    head.remove_prefix(std::min(head.find('\n') + 1, head.size()));
    while (!head.empty()) {
        const std::size_t end = head.find("\r\n");
        const std::string_view line = head.substr(0, end);
        head.remove_prefix(end == head.npos ? head.size() : end + 2);
        const std::size_t colon = line.find(": ");
        if (colon == line.npos) continue;
        fields.emplace_back(lower_case(line.substr(0, colon)), line.substr(colon + 2));
    }
    return fields;
}

}  // namespace

struct Http2Session::Exchange {
    // The request. Its head is written in the form of HTTP/1.
    std::string method, path, authority, host, cookie, lines;
    std::string head;
    std::size_t expanded = 0;
    bool told = false;   // its head was
    bool whole = false;  // nothing follows of the request
    bool has_length = false;
    bool too_large = false;  // its head
    bool wants_body = false, body_told = false, too_long = false;
    bool reading = false;
    std::string body;
    std::size_t body_size = 0;
    std::size_t most = 0;  // if only its end is kept
    // The answer: shared bytes, or the pieces of a stream.
    bool answered = false;
    std::shared_ptr<const Rendered> rendered;
    std::size_t at = 0, end = 0;  // of rendered->bytes
    std::string unsent;
    bool goes_on = false;
    Pairs trailers;
    bool deferred = false;  // nghttp2 was told that there is nothing to send now
    std::size_t booked = 0;

    std::size_t left() const noexcept { return rendered != nullptr ? end - at : unsent.size(); }
    std::size_t held() const noexcept {
        return sizeof *this + stream_memory + method.capacity() + path.capacity() +
               authority.capacity() + host.capacity() + cookie.capacity() + lines.capacity() +
               head.capacity() + body.capacity() + unsent.capacity();
    }
    void take(std::string_view name, std::string_view value);
    void write_head();
};

void Http2Session::Exchange::take(std::string_view name, std::string_view value) {
    if (name == ":method") {
        method = value;
    } else if (name == ":path") {
        path = value;
    } else if (name == ":authority") {
        authority = value;
    } else if (name == "host") {
        host = value;
    } else if (name == "cookie") {
        // Clients may split it into pieces (RFC 9113, section 8.2.3).
        if (!cookie.empty()) cookie += "; ";
        cookie += value;
    } else if (!name.starts_with(':') && name != "transfer-encoding" && name != "connection") {
        if (name == "content-length") has_length = true;
        lines.append(name).append(": ").append(value).append("\r\n");
    }
}

void Http2Session::Exchange::write_head() {
    head = method + " " + (path.empty() ? authority : path) + " HTTP/1.1\r\n";
    // RFC 9113, section 8.3.1: a different Host makes the request malformed.
    if (!authority.empty()) head.append("host: ").append(authority).append("\r\n");
    if (!host.empty() && host != authority) head.append("host: ").append(host).append("\r\n");
    if (!cookie.empty()) head.append("cookie: ").append(cookie).append("\r\n");
    head += lines;
    if (!whole && !has_length) head += "transfer-encoding: chunked\r\n";
    head += "\r\n";
    for (std::string* each : {&method, &path, &authority, &host, &cookie, &lines})
        std::string().swap(*each);
}

// Callbacks of nghttp2; `self` is the session. An exception must not pass through C code.
struct Http2Session::Callbacks {
    static Http2Session& of(void* self) { return *static_cast<Http2Session*>(self); }

    template <typename Step>
    static int attempt(Step step) noexcept {
        try {
            return step();
        } catch (...) {
            return NGHTTP2_ERR_CALLBACK_FAILURE;
        }
    }

    static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* self) {
        return attempt([&] {
            Http2Session& session = of(self);
            if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
            auto made = std::make_unique<Exchange>();
            session.book(*made);
            session.set_reading(*made, true);
            session.streams_[frame->hd.stream_id] = std::move(made);
            return 0;
        });
    }

    static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                         std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                         std::uint8_t, void* self) {
        return attempt([&] {
            Http2Session& session = of(self);
            Exchange* exchange = session.find(frame->hd.stream_id);
            if (exchange == nullptr) return 0;
            exchange->expanded += name_size + value_size + 4;
            // Trailers are ignored.
            if (exchange->told && exchange->expanded <= most_expanded) return 0;
            if (exchange->expanded > most_expanded) {
                session.end_badly(NGHTTP2_ENHANCE_YOUR_CALM);
                return static_cast<int>(NGHTTP2_ERR_CALLBACK_FAILURE);
            }
            if (exchange->expanded > session.limits_.head) {
                exchange->too_large = true;
                return 0;
            }
            exchange->take(text_of(name, name_size), text_of(value, value_size));
            session.book(*exchange);
            return 0;
        });
    }

    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
        return attempt([&] {
            Http2Session& session = of(self);
            session.greeted_ = true;
            const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
            if (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) {
                if (frame->hd.type == NGHTTP2_DATA && frame->hd.length == 0 && !ends &&
                    !session.spend())
                    return static_cast<int>(NGHTTP2_ERR_CALLBACK_FAILURE);
                Exchange* exchange = session.find(frame->hd.stream_id);
                if (exchange != nullptr) session.take_frame(frame->hd.stream_id, *exchange, ends);
                return 0;
            }
            return session.spend() ? 0 : static_cast<int>(NGHTTP2_ERR_CALLBACK_FAILURE);
        });
    }

    static int on_data(nghttp2_session*, std::uint8_t, std::int32_t stream,
                       const std::uint8_t* bytes, std::size_t size, void* self) {
        return attempt([&] {
            Http2Session& session = of(self);
            Exchange* exchange = session.find(stream);
            if (exchange == nullptr) return 0;
            exchange->body_size += size;
            // Clients finish sending, even if they were already answered; some do not bear being
            // stopped. So some of the body is read and thrown away.
            const std::size_t bound = std::max(session.limits_.body, exchange->most);
            const std::size_t most = bound + most_thrown_away;
            if (exchange->body_size > most && exchange->body_size - size <= most)
                nghttp2_submit_rst_stream(session.session_, NGHTTP2_FLAG_NONE, stream,
                                          exchange->answered && exchange->left() == 0
                                              ? NGHTTP2_NO_ERROR
                                              : NGHTTP2_ENHANCE_YOUR_CALM);
            if (exchange->body_size > bound) {
                exchange->too_long = true;
                std::string().swap(exchange->body);
                if (exchange->wants_body && !exchange->body_told) {
                    exchange->body_told = true;
                    session.set_reading(*exchange, false);
                    session.events_.push_back({What::body, stream});
                }
            } else if (!exchange->answered) {
                exchange->body.append(text_of(bytes, size));
                if (exchange->body.size() > session.limits_.body)
                    exchange->body.erase(0, exchange->body.size() - session.limits_.body);
            }
            session.book(*exchange);
            return 0;
        });
    }

    static int on_close(nghttp2_session*, std::int32_t stream, std::uint32_t, void* self) {
        return attempt([&] {
            of(self).forget(stream);
            return 0;
        });
    }

    static ssize_t give(nghttp2_session* raw, std::int32_t stream, std::uint8_t* buffer,
                        std::size_t size, std::uint32_t* flags, nghttp2_data_source* source,
                        void* self) {
        auto& exchange = *static_cast<Exchange*>(source->ptr);
        std::string_view rest = exchange.unsent;
        if (exchange.rendered != nullptr)
            rest = std::string_view(exchange.rendered->bytes).substr(exchange.at, exchange.left());
        if (rest.empty() && exchange.goes_on) {
            exchange.deferred = true;
            return NGHTTP2_ERR_DEFERRED;
        }
        const std::size_t given = std::min(size, rest.size());
        std::memcpy(buffer, rest.data(), given);
        if (exchange.rendered != nullptr)
            exchange.at += given;
        else
            of(self).take_out(exchange, given);
        if (exchange.left() > 0 || exchange.goes_on) return static_cast<ssize_t>(given);
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        const int ended = attempt([&] {
            exchange.rendered.reset();
            if (exchange.trailers.empty()) return 0;
            *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
            std::vector<nghttp2_nv> pairs;
            for (const auto& [name, value] : exchange.trailers)
                pairs.push_back(pair_of(name, value));
            return nghttp2_submit_trailer(raw, stream, pairs.data(), pairs.size());
        });
        return ended < 0 ? static_cast<ssize_t>(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE)
                         : static_cast<ssize_t>(given);
    }
};

namespace {

struct Options {
    nghttp2_option* raw = nullptr;
    Options() {
        if (nghttp2_option_new(&raw) != 0) throw std::bad_alloc();
        nghttp2_option_set_no_closed_streams(raw, 1);
        nghttp2_option_set_max_outbound_ack(raw, most_answers_to_frames);
        nghttp2_option_set_stream_reset_rate_limit(raw, most_resets, resets_per_second);
    }
    ~Options() { nghttp2_option_del(raw); }
};

template <typename Callbacks>
struct Table {
    nghttp2_session_callbacks* raw = nullptr;
    Table() {
        if (nghttp2_session_callbacks_new(&raw) != 0) throw std::bad_alloc();
        nghttp2_session_callbacks_set_on_begin_headers_callback(raw, Callbacks::on_begin_headers);
        nghttp2_session_callbacks_set_on_header_callback(raw, Callbacks::on_header);
        nghttp2_session_callbacks_set_on_frame_recv_callback(raw, Callbacks::on_frame);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(raw, Callbacks::on_data);
        nghttp2_session_callbacks_set_on_stream_close_callback(raw, Callbacks::on_close);
    }
    ~Table() { nghttp2_session_callbacks_del(raw); }
};

}  // namespace

Http2Session::Http2Session(const Http2Limits& limits) : limits_(limits), budget_(most_budget) {
    const Options options;
    const Table<Callbacks> table;
    if (nghttp2_session_server_new2(&session_, table.raw, this, options.raw) != 0)
        throw std::bad_alloc();
    const std::array settings{
        nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.requests},
        nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
                               static_cast<std::uint32_t>(limits.head)}};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
}

Http2Session::~Http2Session() {
    // It reports streams that end with it.
    streams_.clear();
    nghttp2_session_del(session_);
}

Http2Session::Exchange* Http2Session::find(Stream stream) noexcept {
    const auto found = streams_.find(stream);
    return found == streams_.end() ? nullptr : found->second.get();
}

const Http2Session::Exchange* Http2Session::find(Stream stream) const noexcept {
    const auto found = streams_.find(stream);
    return found == streams_.end() ? nullptr : found->second.get();
}

void Http2Session::book(Exchange& exchange) noexcept {
    const std::size_t now = exchange.held();
    held_ = held_ - exchange.booked + now;
    exchange.booked = now;
}

void Http2Session::set_reading(Exchange& exchange, bool on) noexcept {
    if (exchange.reading == on) return;
    exchange.reading = on;
    reading_ += on ? 1 : std::size_t(-1);
}

bool Http2Session::spend(std::int64_t cost) {
    budget_ -= cost;
    if (budget_ >= 0) return true;
    end_badly(NGHTTP2_ENHANCE_YOUR_CALM);
    return false;
}

void Http2Session::end_badly(std::uint32_t code) {
    if (failed_) return;
    failed_ = true;
    nghttp2_session_terminate_session(session_, code);
}

void Http2Session::forget(Stream stream) {
    const auto found = streams_.find(stream);
    if (found == streams_.end()) return;
    const bool told = found->second->told;
    set_reading(*found->second, false);
    held_ -= found->second->booked;
    streams_.erase(found);
    // The rest of it does not matter any more.
    std::erase_if(events_, [stream](const Event& event) { return event.stream == stream; });
    if (told) events_.push_back({What::gone, stream});
}

void Http2Session::take_frame(Stream stream, Exchange& exchange, bool ends) {
    if (ends) exchange.whole = true;
    if (!exchange.told) {
        exchange.told = true;
        set_reading(exchange, false);
        budget_ = std::min(most_budget, budget_ + budget_per_request);
        exchange.write_head();
        book(exchange);
        events_.push_back({What::head, stream});
        return;
    }
    if (!ends || exchange.body_told || !exchange.wants_body) return;
    exchange.body_told = true;
    set_reading(exchange, false);
    events_.push_back({What::body, stream});
}

void Http2Session::take_out(Exchange& exchange, std::size_t count) {
    exchange.unsent.erase(0, count);
    if (exchange.unsent.empty() && exchange.unsent.capacity() > kept_capacity)
        std::string().swap(exchange.unsent);
    book(exchange);
}

bool Http2Session::receive(std::string_view bytes, std::chrono::steady_clock::time_point now) {
    if (failed_) return false;
    if (now > counted_) {
        const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - counted_);
        const std::int64_t more = std::min<std::int64_t>(passed.count(), 60'000);
        const std::int64_t gained = more * budget_per_second / 1000;
        if (gained > 0) {
            budget_ = std::min(most_budget, budget_ + gained);
            counted_ = now;
        }
    }
    const ssize_t taken = nghttp2_session_mem_recv(session_, bytes_of(bytes), bytes.size());
    if (taken < 0) end_badly(NGHTTP2_INTERNAL_ERROR);
    if (taken < 0 || nghttp2_session_want_read(session_) == 0) failed_ = failed_ || !goodbye_;
    return !failed_;
}

bool Http2Session::next(Event& event) {
    if (events_.empty()) return false;
    event = events_.front();
    events_.pop_front();
    return true;
}

std::expected<Head, Refusal> Http2Session::head(Stream stream) {
    Exchange* exchange = find(stream);
    if (exchange == nullptr) return std::unexpected(Refusal{400, "there is no such request"});
    if (exchange->too_large)
        return std::unexpected(Refusal{431, "the request line and header fields are too large"});
    return parse_head(exchange->head);
}

void Http2Session::want_body(Stream stream, std::size_t most) {
    Exchange* exchange = find(stream);
    if (exchange == nullptr || exchange->wants_body) return;
    exchange->wants_body = true;
    exchange->most = most;
    if (!exchange->whole && !exchange->too_long) {
        set_reading(*exchange, true);
        return;
    }
    exchange->body_told = true;
    events_.push_back({What::body, stream});
}

bool Http2Session::body_too_long(Stream stream) const {
    const Exchange* exchange = find(stream);
    return exchange != nullptr && exchange->too_long;
}

std::string Http2Session::take_body(Stream stream) {
    Exchange* exchange = find(stream);
    if (exchange == nullptr) return {};
    std::string body = std::exchange(exchange->body, {});
    book(*exchange);
    return body;
}

void Http2Session::send_continue(Stream stream) {
    const Exchange* exchange = find(stream);
    if (exchange == nullptr || exchange->answered) return;
    const nghttp2_nv status = pair_of(":status", "100");
    nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream, nullptr, &status, 1, nullptr);
}

void Http2Session::submit(Stream stream, Exchange& exchange, const Pairs& fields, bool with_body) {
    std::vector<nghttp2_nv> pairs;
    pairs.reserve(fields.size());
    for (const auto& [name, value] : fields) pairs.push_back(pair_of(name, value));
    nghttp2_data_provider body{};
    body.source.ptr = &exchange;
    body.read_callback = Callbacks::give;
    exchange.answered = true;
    set_reading(exchange, false);
    std::string().swap(exchange.body);
    std::string().swap(exchange.head);
    book(exchange);
    const int failed = nghttp2_submit_response(session_, stream, pairs.data(), pairs.size(),
                                               with_body ? &body : nullptr);
    if (failed == NGHTTP2_ERR_NOMEM) throw std::bad_alloc();
}

void Http2Session::answer(Stream stream, std::shared_ptr<const Rendered> rendered, bool head_only) {
    Exchange* exchange = find(stream);
    if (exchange == nullptr || exchange->answered) return;
    const Pairs fields = fields_of(*rendered);
    const bool with_body = !head_only && rendered->bytes.size() > rendered->head;
    if (with_body) {
        exchange->at = rendered->head;
        exchange->end = rendered->bytes.size();
        exchange->rendered = std::move(rendered);
    }
    submit(stream, *exchange, fields, with_body);
}

void Http2Session::answer(Stream stream, const Pairs& fields) {
    Exchange* exchange = find(stream);
    if (exchange != nullptr && !exchange->answered) submit(stream, *exchange, fields, false);
}

void Http2Session::begin(Stream stream, const Rendered& head) {
    begin(stream, fields_of(head));
}

void Http2Session::begin(Stream stream, const Pairs& fields) {
    Exchange* exchange = find(stream);
    if (exchange == nullptr || exchange->answered) return;
    exchange->goes_on = true;
    submit(stream, *exchange, fields, true);
}

void Http2Session::say(Stream stream, std::string_view bytes) {
    Exchange* exchange = find(stream);
    if (exchange == nullptr || !exchange->goes_on || bytes.empty()) return;
    exchange->unsent += bytes;
    book(*exchange);
    if (std::exchange(exchange->deferred, false)) nghttp2_session_resume_data(session_, stream);
}

void Http2Session::finish(Stream stream, Pairs trailers) {
    Exchange* exchange = find(stream);
    if (exchange == nullptr || !exchange->goes_on) return;
    exchange->goes_on = false;
    exchange->trailers = std::move(trailers);
    if (std::exchange(exchange->deferred, false)) nghttp2_session_resume_data(session_, stream);
}

void Http2Session::reset(Stream stream, std::uint32_t code) {
    if (find(stream) != nullptr)
        nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, code);
}

std::size_t Http2Session::unsent(Stream stream) const {
    const Exchange* exchange = find(stream);
    return exchange == nullptr ? 0 : exchange->left();
}

void Http2Session::say_goodbye() {
    if (std::exchange(goodbye_, true) || failed_) return;
    nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                          nullptr, 0);
}

std::string_view Http2Session::output() {
    if (out_sent_ == out_.size()) {
        out_.clear();
        out_sent_ = 0;
        while (out_.size() < output_at_once) {
            const std::uint8_t* bytes = nullptr;
            const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
            if (size == NGHTTP2_ERR_NOMEM) throw std::bad_alloc();
            if (size <= 0) break;
            out_.append(text_of(bytes, static_cast<std::size_t>(size)));
        }
        if (out_.empty() && out_.capacity() > kept_capacity) std::string().swap(out_);
    }
    return std::string_view(out_).substr(out_sent_);
}

void Http2Session::sent(std::size_t count) {
    out_sent_ += count;
}

bool Http2Session::waits_for_window() const noexcept {
    return std::ranges::any_of(streams_, [](const auto& each) { return each.second->left() > 0; });
}

bool Http2Session::over() const noexcept {
    return out_sent_ == out_.size() && nghttp2_session_want_write(session_) == 0 &&
           (failed_ || nghttp2_session_want_read(session_) == 0);
}

std::size_t Http2Session::held() const noexcept {
    return sizeof *this + session_memory + held_ + out_.capacity() + events_.size() * sizeof(Event);
}

}  // namespace vitals::http
