// The life of an HTTP/2 connection: the answers to its requests.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "http/answer.hpp"
#include "server/http2_connection.hpp"

namespace vitals::server {
namespace {

constexpr std::size_t most_unsent = 64 * 1024;     // of a stream, before it is taken
constexpr std::size_t longest_output = 64u << 20;  // of a body of which only the end is kept
constexpr int most_pulls = 16;                     // bytes of one stream in a row
constexpr std::string_view too_many_streams =
    "there are as many streams as may be; limits: {streams: N} raises that";

http::Pairs grpc_head() {
    return {{":status", "200"}, {"content-type", "application/grpc"}};
}

http::Pairs grpc_end(endpoints::GrpcStatus status, const std::string& message) {
    http::Pairs trailers{{"grpc-status", std::to_string(static_cast<int>(status))}};
    if (!message.empty()) trailers.emplace_back("grpc-message", message);
    return trailers;
}

// A call that ends before it has an answer: everything in one head.
http::Pairs grpc_refusal(endpoints::GrpcStatus status, const std::string& message) {
    http::Pairs fields = grpc_head();
    for (auto& field : grpc_end(status, message)) fields.push_back(std::move(field));
    return fields;
}

}  // namespace

void Http2Connection::take_events() {
    const std::uint64_t made = thread_.kept().made();
    http::Http2Session::Event event;
    while (steps_ > 0 && session_.next(event)) {
        switch (event.what) {
            case http::Http2Session::What::head:
                --steps_;
                ++answers_;
                start(event.stream);
                break;
            case http::Http2Session::What::body:
                take_body(event.stream);
                break;
            case http::Http2Session::What::gone:
                forget(event.stream);
                break;
        }
        // A new answer costs as much as many kept ones: others come first.
        if (thread_.kept().made() != made) steps_ = 0;
    }
}

void Http2Connection::start(Stream stream) {
    const auto head = session_.head(stream);
    Exchange& exchange = exchanges_[stream];
    exchange.label = "other";
    if (!head) {
        deliver(stream, http::plain_answer(head.error().status, head.error().why));
        return;
    }
    if (grpc_) {
        start_call(stream, *head);
        return;
    }
    exchange.head_only = head->method == "HEAD";
    endpoints::Plan plan = thread_.responder.plan(*head, peer_);
    exchange.label = plan.label;
    if (plan.response) {
        deliver(stream, *plan.response);
        // As in HTTP/1: after such a request the connection takes no other.
        if (plan.malformed) session_.say_goodbye();
    } else if (plan.stream) {
        begin_stream(stream, std::move(*plan.stream));
    } else if (plan.action != nullptr && head->has_body()) {
        if (head->expects_continue) session_.send_continue(stream);
        plan.credentials = {};
        const std::size_t most = plan.reads_tail ? longest_output : 0;
        exchange.plan = std::move(plan);
        session_.want_body(stream, most);
    } else {
        carry_out(stream, plan, {});
    }
}

void Http2Connection::start_call(Stream stream, const http::Head& head) {
    Exchange& exchange = exchanges_[stream];
    auto call = endpoints::read_call(head);
    if (!call) {
        deliver(stream, call.error());
        return;
    }
    exchange.call = *std::move(call);
    exchange.label = exchange.call.label();
    if (const auto& refused = exchange.call.refused) {
        thread_.responder.count(exchange.label, 200);
        session_.answer(stream, grpc_refusal(refused->status, refused->message));
        return;
    }
    session_.want_body(stream);
}

void Http2Connection::take_body(Stream stream) {
    const auto found = exchanges_.find(stream);
    if (found == exchanges_.end()) return;
    Exchange& exchange = found->second;
    if (!session_.body_too_long(stream)) {
        std::string body = session_.take_body(stream);
        if (grpc_) {
            finish_call(stream, exchange, std::move(body));
        } else {
            endpoints::Plan plan = std::exchange(exchange.plan, {});
            if (!plan.reads_body && !plan.reads_tail) std::string().swap(body);
            carry_out(stream, plan, std::move(body));
        }
    } else if (grpc_) {
        session_.answer(stream, grpc_refusal(endpoints::GrpcStatus::resource_exhausted,
                                             "the message is longer than it may be"));
    } else {
        deliver(stream, http::plain_answer(413, "the body is larger than it may be"));
    }
}

void Http2Connection::finish_call(Stream stream, Exchange& exchange, std::string body) {
    endpoints::GrpcAnswer answer = thread_.responder.grpc().answer(
        exchange.call, thread_.responder.own_endpoint(peer_.listener), body);
    thread_.responder.count(exchange.label, 200);
    if (answer.watch != nullptr) {
        if (!follow(exchange, std::move(answer.watch))) {
            session_.answer(stream, grpc_refusal(endpoints::GrpcStatus::resource_exhausted,
                                                 std::string(too_many_streams)));
            return;
        }
        session_.begin(stream, grpc_head());
        pull_one(stream, exchange);
        return;
    }
    if (answer.status != endpoints::GrpcStatus::ok) {
        session_.answer(stream, grpc_refusal(answer.status, answer.message));
        return;
    }
    session_.begin(stream, grpc_head());
    session_.say(stream, answer.frame);
    session_.finish(stream, grpc_end(answer.status, {}));
}

void Http2Connection::carry_out(Stream stream, endpoints::Plan& plan, std::string body) {
    Exchange& exchange = exchanges_[stream];
    endpoints::Responder& responder = thread_.responder;
    if (plan.kept != nullptr) {
        std::shared_ptr<http::Rendered> rendered = responder.kept().fresh(*plan.kept);
        // The question is too long to keep.
        if (rendered == nullptr) rendered = responder.kept().render_once(*plan.kept);
        responder.count(exchange.label, rendered->status);
        session_.answer(stream, std::move(rendered), exchange.head_only);
        return;
    }
    exchange.working = true;
    ++working_;
    std::optional<http::Response> response;
    try {
        response = plan.action(std::move(body), reply_later(stream));
    } catch (const std::exception& error) {
        thread_.shared.log(LogLevel::error,
                           fmt::format("a request to {} failed: {}", exchange.label, error.what()));
        response =
            http::plain_answer(500, "the request could not be carried out; the log says why");
    }
    if (!response) return;
    exchange.working = false;
    --working_;
    deliver(stream, *response);
}

// The mailbox is closed before the thread's connections are destroyed: later messages are dropped.
endpoints::Reply Http2Connection::reply_later(Stream stream) {
    return [mailbox = thread_.poller.mailbox(), there = std::weak_ptr(here_),
            stream](http::Response response) {
        mailbox->post([there, stream, response = std::move(response)] {
            if (const auto here = there.lock()) (*here)->answer_later(stream, response);
        });
    };
}

void Http2Connection::answer_later(Stream stream, const http::Response& response) {
    attempt([&] {
        const auto found = exchanges_.find(stream);
        if (found == exchanges_.end() || !found->second.working) return;
        found->second.working = false;
        --working_;
        deliver(stream, response);
        steps_ = std::max(steps_, 1);
        pump();
    });
}

void Http2Connection::deliver(Stream stream, const http::Response& response) {
    const Exchange& exchange = exchanges_[stream];
    thread_.responder.count(exchange.label, response.status);
    session_.answer(stream, thread_.kept().render(response), exchange.head_only);
}

void Http2Connection::begin_stream(Stream stream, endpoints::Streamed streamed) {
    Exchange& exchange = exchanges_[stream];
    if (streamed.stream == nullptr) {
        deliver(stream, streamed.head);
        return;
    }
    auto head = std::make_shared<http::Rendered>(thread_.kept().stream_head(streamed.head, false));
    if (exchange.head_only) {
        thread_.responder.count(exchange.label, streamed.head.status);
        session_.answer(stream, std::move(head), true);
        return;
    }
    if (!follow(exchange, std::move(streamed.stream))) {
        http::Response full = http::plain_answer(503, too_many_streams);
        full.headers.emplace_back("Retry-After", "10");
        deliver(stream, full);
        return;
    }
    thread_.responder.count(exchange.label, streamed.head.status);
    session_.begin(stream, *head);
    pull_one(stream, exchange);
}

// False: the limit of streams is reached.
bool Http2Connection::follow(Exchange& exchange, std::unique_ptr<endpoints::Stream> source) {
    if (!thread_.streams.enter()) return false;
    exchange.source = std::move(source);
    ++sources_;
    return true;
}

void Http2Connection::leave_stream(Exchange& exchange) noexcept {
    if (exchange.source == nullptr) return;
    exchange.source.reset();
    --sources_;
    thread_.streams.leave();
}

// A stream is not asked while its reader has not taken the former bytes.
void Http2Connection::pull_one(Stream stream, Exchange& exchange) {
    for (int turn = 0; turn < most_pulls && session_.unsent(stream) < most_unsent; ++turn) {
        std::string said;
        exchange.source->pull(said, thread_.kept().now());
        session_.say(stream, said);
        if (exchange.source->over()) {
            end_one(stream, exchange);
            return;
        }
        thread_.streams.ask_at(exchange.source->next());
        if (!exchange.source->more()) return;
    }
    thread_.streams.ask_at(thread_.kept().now());
}

void Http2Connection::pull_all() {
    for (auto& [stream, exchange] : exchanges_)
        if (exchange.source != nullptr && session_.unsent(stream) == 0) pull_one(stream, exchange);
}

void Http2Connection::end_one(Stream stream, Exchange& exchange) {
    std::string words;
    if (!exchange.source->over()) exchange.source->end(words);
    leave_stream(exchange);
    session_.say(stream, words);
    session_.finish(stream, grpc_ ? grpc_end(endpoints::GrpcStatus::unavailable,
                                             "this watch was ended here; ask again")
                                  : http::Pairs{});
}

void Http2Connection::forget(Stream stream) noexcept {
    const auto found = exchanges_.find(stream);
    if (found == exchanges_.end()) return;
    leave_stream(found->second);
    if (found->second.working) --working_;
    exchanges_.erase(found);
}

}  // namespace vitals::server
