#include "endpoints/grpc_health.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "http/answer.hpp"
#include "wire/grpc_frame.hpp"

namespace vitals::endpoints {
namespace {

constexpr std::string_view service_path = "/grpc.health.v1.Health/";

std::string_view name_of(GrpcCall::Method method) {
    switch (method) {
        case GrpcCall::Method::check:
            return "Check";
        case GrpcCall::Method::watch:
            return "Watch";
        case GrpcCall::Method::list:
            break;
    }
    return "List";
}

// The answer of a dialect, and until when it is valid.
struct Told {
    int status = 500;
    std::string_view message;
    Steady expires{};
};

// One question to the dialect, asked repeatedly.
class Question {
  public:
    Question(KeptAnswers& kept, std::shared_ptr<const Routes> routes,
             const MountedEndpoint& endpoint, GrpcCall::Method method, std::string service)
        : kept_(kept), routes_(std::move(routes)), endpoint_(endpoint) {
        request_.path = method == GrpcCall::Method::list ? "List" : "Check";
        request_.rest = std::move(service);
        request_.components = endpoint.components.empty() ? nullptr : &endpoint.components;
        request_.embedded = routes_->embedded;
    }

    // The message points into this object, until the next question.
    Told ask() {
        if (answer_ == nullptr || answer_->retired) keep();
        rendered_ = kept_.fresh(*answer_);
        // The name is too long to keep.
        if (rendered_ == nullptr) rendered_ = kept_.render_once(*answer_);
        return {rendered_->status, std::string_view(rendered_->bytes).substr(rendered_->head),
                answer_->expires};
    }
    std::size_t held() const noexcept { return request_.rest.capacity(); }

  private:
    void keep() {
        KeptAnswer made;
        made.request = request_;
        made.render = std::cref(endpoint_.render);
        made.route = reinterpret_cast<std::uintptr_t>(&endpoint_);
        made.routes = routes_;
        made.label = "grpc";
        answer_ = kept_.find_or_keep(std::move(made));
    }

    KeptAnswers& kept_;
    const std::shared_ptr<const Routes> routes_;  // hold the endpoint
    const MountedEndpoint& endpoint_;
    dialects::Request request_;
    std::shared_ptr<KeptAnswer> answer_;
    std::shared_ptr<http::Rendered> rendered_;
};

class Watch final : public Stream {
  public:
    explicit Watch(Question question) : question_(std::move(question)) {}

    void pull(std::string& out, Steady now) override {
        const Told told = question_.ask();
        next_ = next_beat(now);
        if (told.expires > now) next_ = std::min(next_, told.expires);
        // A service whose state cannot be determined is unknown.
        std::string message(told.status == 200 ? told.message : std::string_view());
        if (told.status == 404)
            message = wire::grpc::write_health_response(wire::grpc::Health::service_unknown);
        if (begun_ && message == last_) return;
        out += wire::grpc::write_frame(message);
        last_ = std::move(message);
        begun_ = true;
    }
    Steady next() const noexcept override { return next_; }
    void end(std::string&) override {}
    std::size_t held() const noexcept override { return sizeof *this + question_.held(); }

  private:
    Question question_;
    Steady next_{};
    std::string last_;
    bool begun_ = false;
};

bool names_other_compression(const http::Head& head) {
    const std::string_view* const encoding = head.field("grpc-encoding");
    return encoding != nullptr && *encoding != "identity";
}

GrpcAnswer failure(GrpcStatus status, std::string message) {
    return {.frame = {}, .status = status, .message = std::move(message), .watch = nullptr};
}

}  // namespace

std::string GrpcCall::label() const {
    if (refused && refused->status == GrpcStatus::unimplemented) return "other";
    return std::string(service_path) + std::string(name_of(method));
}

std::expected<GrpcCall, http::Response> read_call(const http::Head& head) {
    if (head.method != "POST") {
        auto response = http::plain_answer(405, "this port speaks gRPC");
        response.headers.emplace_back("Allow", "POST");
        return std::unexpected(std::move(response));
    }
    const std::string_view* const type = head.field("content-type");
    if (type == nullptr || !type->starts_with("application/grpc"))
        return std::unexpected(
            http::plain_answer(415, "this port speaks gRPC; expected application/grpc"));
    GrpcCall call;
    const auto refuse = [&call](std::string message) {
        call.refused = {GrpcStatus::unimplemented, std::move(message)};
    };
    bool known = false;
    for (const auto method :
         {GrpcCall::Method::check, GrpcCall::Method::watch, GrpcCall::Method::list}) {
        if (!head.target.starts_with(service_path) ||
            head.target.substr(service_path.size()) != name_of(method))
            continue;
        call.method = method;
        known = true;
    }
    if (!known)
        refuse("only Check, Watch and List of grpc.health.v1.Health are served here");
    else if (names_other_compression(head))
        refuse("compressed messages are not read here");
    return call;
}

GrpcAnswer GrpcHealth::answer(const GrpcCall& call, const MountedEndpoint* endpoint,
                              std::string_view body) {
    const auto message = wire::grpc::read_frame(body);
    if (!message) return failure(GrpcStatus::internal, "the request has " + message.error());
    std::string service;
    if (call.method != GrpcCall::Method::list) {
        auto read = wire::grpc::read_health_request(*message);
        if (!read) return failure(GrpcStatus::internal, "the message is " + read.error());
        service = *std::move(read);
    }
    if (endpoint == nullptr)
        return failure(GrpcStatus::unavailable, "the configuration has no endpoint here any more");
    Question question(kept_, routes_, *endpoint, call.method, std::move(service));
    if (call.method == GrpcCall::Method::watch) {
        GrpcAnswer going_on;
        going_on.watch = std::make_unique<Watch>(std::move(question));
        return going_on;
    }
    const Told told = question.ask();
    switch (told.status) {
        case 200:
            return {.frame = wire::grpc::write_frame(told.message),
                    .status = GrpcStatus::ok,
                    .message = {},
                    .watch = nullptr};
        case 404:
            return failure(GrpcStatus::not_found, "unknown service");
        case 413:
            return failure(GrpcStatus::resource_exhausted,
                           "there are more than 100 services; ask for one, or for a selection");
        default:
            return failure(GrpcStatus::internal, "the answer could not be made");
    }
}

}  // namespace vitals::endpoints
