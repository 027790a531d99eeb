#include "otlp/messages.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "text/escape.hpp"
#include "wire/varint.hpp"

namespace vitals::otlp {
namespace {

constexpr std::array statuses{Status::ok, Status::degraded, Status::failed, Status::unknown};
constexpr std::size_t longest_why = 500;
constexpr std::uint64_t cumulative = 2;  // AggregationTemporality

// Appends protobuf fields (the encoding guide): a number for each, then its value.
class Writer {
  public:
    explicit Writer(std::string& out) : out_(out) {}
    void varint(std::uint64_t value) { wire::put_varint(out_, value); }
    void number(unsigned field, std::uint64_t value) {
        varint(field << 3);
        varint(value);
    }
    void fixed64(unsigned field, std::uint64_t value) {
        varint(field << 3 | 1);
        for (unsigned shift = 0; shift < 64; shift += 8)
            out_ += static_cast<char>(value >> shift & 0xff);
    }
    void bytes(unsigned field, std::string_view value) {
        varint(field << 3 | 2);
        varint(value.size());
        out_ += value;
    }
    // A message within: `fill` writes it.
    template <typename Fill>
    void message(unsigned field, Fill fill) {
        std::string inner;
        Writer writer(inner);
        fill(writer);
        bytes(field, inner);
    }

  private:
    std::string& out_;
};

// A protobuf text is UTF-8; a parser may refuse the whole message for an invalid one.
void text(Writer& writer, unsigned field, std::string_view value) {
    writer.bytes(field, text::one_line(value));
}

void attribute(Writer& writer, unsigned field, std::string_view key, std::string_view value) {
    writer.message(field, [&](Writer& pair) {
        pair.bytes(1, key);
        pair.message(2, [&](Writer& any) { text(any, 1, value); });
    });
}

std::uint64_t nanoseconds(System time) {
    const auto since =
        std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch());
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, since.count()));
}

// Resource, as field 1 of ResourceMetrics and ResourceLogs; the same for the scope.
void write_resource(Writer& writer, const Source& source) {
    writer.message(1, [&](Writer& resource) {
        attribute(resource, 1, "service.name", source.service);
        if (!source.version.empty()) attribute(resource, 1, "service.version", source.version);
        if (!source.host.empty()) attribute(resource, 1, "host.name", source.host);
    });
}

void write_scope(Writer& writer, const Source& source) {
    writer.message(1, [&](Writer& scope) {
        scope.bytes(1, "vitals");
        text(scope, 2, source.vitals_version);
    });
}

using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

Labels labels_of(const ComponentState& state) {
    Labels labels{{"component", state.name()}, {"kind", state.component->kind}};
    if (!state.component->group().empty()) labels.emplace_back("group", state.component->group());
    return labels;
}

// The points of one metric. A metric without a point is not written.
class Metric {
  public:
    enum class Is { gauge, count };
    Metric(Is is, System at, System began) : is_(is), at_(at), began_(began) {}

    void whole(const Labels& labels, std::uint64_t value) {
        point(labels, [value](Writer& writer) { writer.fixed64(6, value); });
    }
    void fraction(const Labels& labels, double value) {
        point(labels,
              [value](Writer& writer) { writer.fixed64(4, std::bit_cast<std::uint64_t>(value)); });
    }
    std::size_t write(Writer& scope, std::string_view name, std::string_view description,
                      std::string_view unit) const {
        if (count_ == 0) return 0;
        scope.message(2, [&](Writer& metric) {
            metric.bytes(1, name);
            metric.bytes(2, description);
            metric.bytes(3, unit);
            std::string data = points_;
            Writer writer(data);
            if (is_ == Is::count) {
                writer.number(2, cumulative);
                writer.number(3, 1);  // monotonic
            }
            metric.bytes(is_ == Is::gauge ? 5 : 7, data);
        });
        return count_;
    }

  private:
    template <typename Value>
    void point(const Labels& labels, Value value) {
        ++count_;
        Writer(points_).message(1, [&](Writer& writer) {
            for (const auto& [key, label] : labels) attribute(writer, 7, key, label);
            if (is_ == Is::count) writer.fixed64(2, nanoseconds(began_));
            writer.fixed64(3, nanoseconds(at_));
            value(writer);
        });
    }
    Is is_;
    System at_, began_;
    std::string points_;
    std::size_t count_ = 0;
};

std::size_t write_metrics(Writer& scope, const Snapshot& snapshot, Steady now, System at,
                          System began, const Dropped& dropped) {
    using enum Metric::Is;
    Metric status(gauge, at, began), duration(gauge, at, began), runs(count, at, began),
        transitions(count, at, began), whole(gauge, at, began), out(gauge, at, began),
        lost(count, at, began);
    std::vector<const ComponentState*> all;
    for (const auto& state : snapshot.components) {
        all.push_back(state.get());
        const Labels labels = labels_of(*state);
        const Status current = state->status(now);
        if (current != Status::unknown) {
            status.whole(labels, static_cast<std::uint64_t>(current));
            if (state->last != nullptr)
                duration.fraction(labels,
                                  std::chrono::duration<double>(state->last->duration).count());
        }
        for (const Status each : statuses) {
            Labels with = labels;
            with.emplace_back("result", to_string(each));
            runs.whole(with, state->runs[static_cast<std::size_t>(each)]);
            with.back().first = "to";
            transitions.whole(with, state->transitions[static_cast<std::size_t>(each)]);
        }
    }
    if (const Status found = aggregate(all, now); found != Status::unknown)
        whole.whole({}, static_cast<std::uint64_t>(found));
    out.whole({}, snapshot.decommission.active() ? 1 : 0);
    lost.whole({{"signal", "metrics"}}, dropped.points);
    lost.whole({{"signal", "logs"}}, dropped.records);
    constexpr std::string_view codes = "0 ok, 1 degraded, 2 failed. Absent while it is not known.";
    std::size_t points = 0;
    points += status.write(scope, "vitals.component.status", codes, "1");
    points += duration.write(scope, "vitals.check.duration",
                             "How long the component's latest run took.", "s");
    points += runs.write(scope, "vitals.check.runs", "Finished runs by what they found.", "{run}");
    points +=
        transitions.write(scope, "vitals.transitions",
                          "Changes of the component's status by the status reached.", "{change}");
    points += whole.write(scope, "vitals.status", codes, "1");
    points += out.write(scope, "vitals.out_of_service",
                        "1 while this instance is decommissioned or shutting down.", "1");
    points += lost.write(scope, "vitals.otlp.dropped",
                         "Data points and log records that the collector never took.", "{item}");
    return points;
}

std::uint64_t severity_number(Status to) {
    switch (to) {
        case Status::ok:
            return 9;  // INFO
        case Status::failed:
            return 17;  // ERROR
        case Status::degraded:
        case Status::unknown:
            break;
    }
    return 13;  // WARN
}

std::string_view severity_text(Status to) {
    const std::uint64_t number = severity_number(to);
    return number == 9 ? "INFO" : number == 17 ? "ERROR" : "WARN";
}

void write_record(Writer& scope, const Record& record) {
    scope.message(2, [&](Writer& log) {
        log.fixed64(1, nanoseconds(record.at));
        log.number(2, severity_number(record.to));
        log.bytes(3, severity_text(record.to));
        std::string body = record.component + ": " + std::string(to_string(record.from)) + " -> " +
                           std::string(to_string(record.to));
        if (!record.detail.empty()) body += ": " + record.detail;
        log.message(5, [&](Writer& any) { text(any, 1, body); });
        attribute(log, 6, "event.name", "vitals.transition");
        attribute(log, 6, "component", record.component);
        attribute(log, 6, "from", to_string(record.from));
        attribute(log, 6, "to", to_string(record.to));
        log.fixed64(11, nanoseconds(record.at));
    });
}

// The number and value of a field; fields of fixed sizes are not needed here.
struct Read {
    std::uint64_t field = 0, number = 0;
    std::string_view bytes;
};

std::optional<Read> read_field(std::string_view& bytes) {
    const auto tag = wire::take_varint(bytes);
    if (!tag || *tag >> 3 == 0) return std::nullopt;
    Read read{.field = *tag >> 3, .number = 0, .bytes = {}};
    std::uint64_t size = 0;
    switch (*tag & 7) {
        case 0: {
            const auto value = wire::take_varint(bytes);
            if (!value) return std::nullopt;
            read.number = *value;
            return read;
        }
        case 1:
            size = 8;
            break;
        case 2: {
            const auto length = wire::take_varint(bytes);
            if (!length) return std::nullopt;
            size = *length;
            break;
        }
        case 5:
            size = 4;
            break;
        default:
            return std::nullopt;
    }
    if (size > bytes.size()) return std::nullopt;
    read.bytes = bytes.substr(0, static_cast<std::size_t>(size));
    bytes.remove_prefix(read.bytes.size());
    return read;
}

}  // namespace

Message metrics_message(const Snapshot& snapshot, const Source& source, Steady now, System at,
                        System began, const Dropped& dropped) {
    Message message;
    Writer(message.bytes).message(1, [&](Writer& resource_metrics) {
        write_resource(resource_metrics, source);
        resource_metrics.message(2, [&](Writer& scope) {
            write_scope(scope, source);
            message.count = write_metrics(scope, snapshot, now, at, began, dropped);
        });
    });
    return message;
}

Record record_of(const Transition& transition) {
    return {.at = transition.at,
            .component = transition.component,
            .from = transition.from,
            .to = transition.to,
            .detail = transition.detail};
}

Message logs_message(std::span<const Record> records, const Source& source) {
    Message message;
    message.count = records.size();
    Writer(message.bytes).message(1, [&](Writer& resource_logs) {
        write_resource(resource_logs, source);
        resource_logs.message(2, [&](Writer& scope) {
            write_scope(scope, source);
            for (const Record& record : records) write_record(scope, record);
        });
    });
    return message;
}

std::expected<PartialSuccess, std::string> read_response(std::string_view bytes) {
    PartialSuccess partial;
    while (!bytes.empty()) {
        const auto field = read_field(bytes);
        if (!field) return std::unexpected("no answer of OTLP");
        if (field->field != 1) continue;
        std::string_view inner = field->bytes;
        while (!inner.empty()) {
            const auto part = read_field(inner);
            if (!part) return std::unexpected("no answer of OTLP");
            if (part->field == 1) partial.rejected = part->number;
            if (part->field == 2) partial.why = part->bytes.substr(0, longest_why);
        }
    }
    return partial;
}

}  // namespace vitals::otlp
