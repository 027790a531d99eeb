// gRPC's health service: from a call to its answer (grpc.health.v1; gRPC over HTTP/2). One per
// serving thread, used on that thread only; no sockets here.
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

// The status of a call, with the numbers of the protocol.
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

    std::string label() const;  // the path that counts it
};

// The method that is called, from the head alone; or an HTTP answer to a request that is not a gRPC
// call.
std::expected<GrpcCall, http::Response> read_call(const http::Head& head);

// A message in its frame, or why there is none. For a Watch: the frames as they come.
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
    // `endpoint`: that of the listener, from the routes; null: it no longer exists. `body`: all
    // that the client sent.
    GrpcAnswer answer(const GrpcCall& call, const MountedEndpoint* endpoint, std::string_view body);

  private:
    KeptAnswers& kept_;
    std::shared_ptr<const Routes> routes_;
};

}  // namespace vitals::endpoints
