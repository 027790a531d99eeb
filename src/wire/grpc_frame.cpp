#include "grpc_frame.hpp"

#include <optional>

#include "wire/varint.hpp"

namespace vitals::wire::grpc {

namespace {

constexpr std::size_t frame_head = 5;

bool skip(std::string_view& bytes, std::uint64_t count) {
    if (count > bytes.size()) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
    return true;
}

bool skip_field(std::string_view& bytes, std::uint64_t wire_type) {
    switch (wire_type) {
        case 0:
            return take_varint(bytes).has_value();
        case 1:
            return skip(bytes, 8);
        case 2: {
            const auto size = take_varint(bytes);
            return size && skip(bytes, *size);
        }
        case 5:
            return skip(bytes, 4);
        default:
            return false;  // groups, long gone
    }
}

// A field with bytes: its number, their length, the bytes.
void append_bytes(std::string& out, unsigned field, std::string_view bytes) {
    put_varint(out, field << 3 | 2);
    put_varint(out, bytes.size());
    out += bytes;
}

}  // namespace

std::string write_frame(std::string_view message) {
    std::string frame(1, '\0');
    for (unsigned shift = 32; shift > 0; shift -= 8)
        frame += static_cast<char>(message.size() >> (shift - 8) & 0xff);
    frame += message;
    return frame;
}

std::expected<std::string, std::string> read_frame(std::string_view body) {
    if (body.empty()) return std::unexpected("no message");
    if (body[0] != 0) return std::unexpected("compressed message, which was not asked for");
    if (body.size() < frame_head) return std::unexpected("message cut");
    std::uint64_t size = 0;
    for (std::size_t i = 1; i < frame_head; ++i)
        size = size << 8 | static_cast<std::uint8_t>(body[i]);
    body.remove_prefix(frame_head);
    if (body.size() < size) return std::unexpected("message cut");
    if (body.size() > size) return std::unexpected("more than one message");
    return std::string(body);
}

std::string write_health_request(std::string_view service) {
    std::string message;
    if (!service.empty()) append_bytes(message, 1, service);
    return message;
}

std::expected<std::string, std::string> read_health_request(std::string_view message) {
    std::string service;
    while (!message.empty()) {
        const auto tag = take_varint(message);
        if (!tag || *tag >> 3 == 0) return std::unexpected("no HealthCheckRequest");
        if (*tag == (1U << 3 | 2)) {
            const auto size = take_varint(message);
            if (!size || *size > message.size()) return std::unexpected("no HealthCheckRequest");
            service = message.substr(0, static_cast<std::size_t>(*size));
            message.remove_prefix(service.size());
        } else if (!skip_field(message, *tag & 7)) {
            return std::unexpected("no HealthCheckRequest");
        }
    }
    return service;
}

std::expected<Health, std::string> read_health_response(std::string_view message) {
    std::uint64_t status = 0;  // what is not written is 0
    while (!message.empty()) {
        const auto tag = take_varint(message);
        if (!tag || *tag >> 3 == 0) return std::unexpected("no HealthCheckResponse");
        if (*tag == (1U << 3)) {
            const auto value = take_varint(message);
            if (!value) return std::unexpected("no HealthCheckResponse");
            status = *value;
        } else if (!skip_field(message, *tag & 7)) {
            return std::unexpected("no HealthCheckResponse");
        }
    }
    return status <= 3 ? static_cast<Health>(status) : Health::unknown;
}

std::string write_health_response(Health health) {
    if (health == Health::unknown) return {};  // 0 is not written
    return {'\x08', static_cast<char>(health)};
}

std::string write_health_list(const std::vector<std::pair<std::string, Health>>& services) {
    std::string message;
    for (const auto& [name, health] : services) {
        std::string entry;
        append_bytes(entry, 1, name);
        append_bytes(entry, 2, write_health_response(health));
        append_bytes(message, 1, entry);
    }
    return message;
}

}  // namespace vitals::wire::grpc
