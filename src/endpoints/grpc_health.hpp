// gRPC's health service: from a call to what is answered (grpc.health.v1; gRPC over HTTP/2). One
// per serving thread, used on that thread only; no sockets here.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "endpoints/kept_answers.hpp"
#include "endpoints/stream.hpp"
#include "http/request.hpp"

namespace vitals::endpoints {

// Of a call, as the protocol numbers them.
enum class GrpcStatus : std::uint8_t {
    ok = 0,
    not_found = 5,
    resource_exhausted = 8,
    unimplemented = 12,
    internal = 13,
    unavailable = 14,
};

struct GrpcRefusal {
    GrpcStatus status = GrpcStatus::ok;
    std::string message;  // ASCII without `%`: it is sent as it stands
};

struct GrpcCall {
    enum class Method : std::uint8_t { check, watch, list };
    Method method = Method::check;
    std::optional<GrpcRefusal> refused;  // whatever its message is

    std::string label() const;  // what it is counted under
};

// What is called, by the head alone; or an answer of HTTP to what is no call of gRPC.
std::expected<GrpcCall, http::Response> read_call(const http::Head& head);

// A message in its frame, or why there is none. Of a Watch: the frames, as they come.
struct GrpcAnswer {
    std::string frame;
    GrpcStatus status = GrpcStatus::ok;
    std::string message;
    std::unique_ptr<Stream> watch;
};

class GrpcHealth {
  public:
    explicit GrpcHealth(KeptAnswers& kept) : kept_(kept) {}
    void replace_routes(std::shared_ptr<const Routes> routes) { routes_ = std::move(routes); }
    // `endpoint`: that of the listener, of the routes; null: there is none any more. `body`: all
    // that the client sent.
    GrpcAnswer answer(const GrpcCall& call, const MountedEndpoint* endpoint, std::string_view body);

  private:
    KeptAnswers& kept_;
    std::shared_ptr<const Routes> routes_;
};

}  // namespace vitals::endpoints
