// Messages to an OpenTelemetry collector: a snapshot as metrics, changes of status as log records;
// and the readable part of its answer. Pure. Source of the format: opentelemetry-proto 1.x
// (collector/metrics/v1, collector/logs/v1, metrics/v1, logs/v1, common/v1, resource/v1), in
// protobuf's encoding.
//
// Unknown values are left out: a component without a fresh result has no status and no duration.
// Counts continue.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "model/transition.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::otlp {

// The sender.
struct Source {
    std::string service, version;  // as configured
    std::string vitals_version;
    std::string host;
};

// What never arrived, since the program started.
struct Dropped {
    std::uint64_t points = 0, records = 0;
};

struct Message {
    std::string bytes;
    std::size_t count = 0;  // of data points or records
};

// ExportMetricsServiceRequest. `now` decides what is stale, `at` is shown; counts started at
// `began`.
Message metrics_message(const Snapshot& snapshot, const Source& source, Steady now, System at,
                        System began, const Dropped& dropped);

// A change of status, kept until it is sent.
struct Record {
    System at{};
    std::string component;
    Status from = Status::unknown, to = Status::unknown;
    std::string detail;  // public

    std::size_t held() const noexcept {
        return sizeof *this + component.capacity() + detail.capacity();
    }
};
Record record_of(const Transition& transition);

// ExportLogsServiceRequest.
Message logs_message(std::span<const Record> records, const Source& source);

// What a collector accepted only in part: how many items it refused, and why. Its words are
// untrusted.
struct PartialSuccess {
    std::uint64_t rejected = 0;
    std::string why;
};
// From an Export...ServiceResponse; both signals have the same fields. An empty one is a success.
std::expected<PartialSuccess, std::string> read_response(std::string_view bytes);

}  // namespace vitals::otlp
