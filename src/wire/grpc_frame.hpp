// gRPC's frames around messages, and the two messages of its health protocol. Pure. Sources: gRPC
// over HTTP/2 (PROTOCOL-HTTP2.md), grpc/health/v1/health.proto, the protobuf encoding guide.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vitals::wire::grpc {

// A message in its frame: uncompressed flag, length, bytes.
std::string write_frame(std::string_view message);
// The message of a body that must hold exactly one frame; or what is wrong.
std::expected<std::string, std::string> read_frame(std::string_view body);

// HealthCheckRequest; an empty service asks for the whole server.
std::string write_health_request(std::string_view service);
// The service of a HealthCheckRequest, as it was sent; unknown fields of later versions are
// skipped.
std::expected<std::string, std::string> read_health_request(std::string_view message);
enum class Health : std::uint8_t { unknown, serving, not_serving, service_unknown };
// HealthCheckResponse; unknown fields of later versions are skipped.
std::expected<Health, std::string> read_health_response(std::string_view message);
std::string write_health_response(Health health);
// HealthListResponse: the health of each service, in the order given.
std::string write_health_list(const std::vector<std::pair<std::string, Health>>& services);

}  // namespace vitals::wire::grpc
