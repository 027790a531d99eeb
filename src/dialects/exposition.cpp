// The two text formats for metrics. Sources: prometheus.io "Exposition formats", OpenMetrics 1.0.
#include "dialects/exposition.hpp"

#include <algorithm>
#include <cmath>

#include "text/escape.hpp"
#include "text/json.hpp"

namespace vitals::dialects {

namespace {

std::string_view suffix_of(ExpositionWriter::Type type) {
    switch (type) {
        case ExpositionWriter::Type::counter:
            return "_total";
        case ExpositionWriter::Type::info:
            return "_info";
        case ExpositionWriter::Type::gauge:
        case ExpositionWriter::Type::stateset:
            break;
    }
    return {};
}

std::string_view word_of(ExpositionWriter::Type type, Exposition format) {
    if (type == ExpositionWriter::Type::counter) return "counter";
    if (format == Exposition::prometheus) return "gauge";
    if (type == ExpositionWriter::Type::info) return "info";
    return type == ExpositionWriter::Type::stateset ? "stateset" : "gauge";
}

// Most values are 0 or 1.
std::string digits(std::uint64_t value) {
    return value < 10 ? std::string(1, static_cast<char>('0' + value)) : std::to_string(value);
}

}  // namespace

void ExpositionWriter::family(std::string_view name, Type type, std::string_view help,
                              std::string_view unit) {
    sample_name_ = name;
    sample_name_ += suffix_of(type);
    const bool open = format_ == Exposition::openmetrics;
    const std::string_view announced = open ? name : std::string_view(sample_name_);
    const auto comment = [&](std::string_view keyword, std::string_view text) {
        out_ += "# ";
        out_ += keyword;
        out_ += ' ';
        out_ += announced;
        out_ += ' ';
        out_ += text;
        out_ += '\n';
    };
    if (!open) comment("HELP", help);
    comment("TYPE", word_of(type, format_));
    if (open && !unit.empty()) comment("UNIT", unit);
    if (open) comment("HELP", help);
}

void ExpositionWriter::sample(Labels labels, std::uint64_t value) {
    line({}, labels, digits(value));
}

void ExpositionWriter::sample(Labels labels, double value) {
    sample({}, labels, value);
}

void ExpositionWriter::sample(std::string_view first, Labels more, std::uint64_t value) {
    line(first, more, digits(value));
}

void ExpositionWriter::sample(std::string_view first, Labels more, double value) {
    if (std::isnan(value))
        line(first, more, "NaN");
    else if (std::isinf(value))
        line(first, more, value > 0 ? "+Inf" : "-Inf");
    else
        line(first, more, text::plain_number(value));
}

std::string ExpositionWriter::label_text(std::string_view name, std::string_view content) {
    std::string text(name);
    text += "=\"";
    text::append_label(text, content);
    return text += '"';
}

void ExpositionWriter::line(std::string_view first, Labels more, std::string_view value) {
    out_ += sample_name_;
    char before = '{';
    if (!first.empty()) {
        out_ += before;
        out_ += first;
        before = ',';
    }
    for (const auto& [name, content] : more) {
        out_ += before;
        out_ += name;
        out_ += "=\"";
        text::append_label(out_, content);
        out_ += '"';
        before = ',';
    }
    if (before == ',') out_ += '}';
    out_ += ' ';
    out_ += value;
    out_ += '\n';
}

void ExpositionWriter::end() {
    if (format_ == Exposition::openmetrics) out_ += "# EOF\n";
}

void append_process(std::string& out, const ProcessFigures& process, Exposition format) {
    using Type = ExpositionWriter::Type;
    ExpositionWriter writer(out, format);
    writer.family("process_cpu_seconds", Type::counter,
                  "Processor time, user and system, that this process has used.", "seconds");
    writer.sample({}, process.cpu_seconds);
    writer.family("process_start_time_seconds", Type::gauge,
                  "When this process was started, in seconds since 1970.", "seconds");
    writer.sample({}, process.start_time);
    writer.family("process_resident_memory_bytes", Type::gauge, "Resident memory.", "bytes");
    writer.sample({}, process.resident_bytes);
    writer.family("process_virtual_memory_bytes", Type::gauge, "Virtual memory.", "bytes");
    writer.sample({}, process.virtual_bytes);
    writer.family("process_open_fds", Type::gauge, "Open file descriptors.");
    writer.sample({}, process.open_descriptors);
    writer.family("process_max_fds", Type::gauge, "The limit of open file descriptors.");
    writer.sample({}, process.max_descriptors);
}

namespace {

// The family of a sample, or of a line `# HELP name` or `# TYPE name`; nothing for other lines.
std::string_view family_of(std::string_view line) {
    if (line.starts_with("# HELP ") || line.starts_with("# TYPE "))
        line.remove_prefix(7);
    else if (line.starts_with('#'))
        return {};
    return line.substr(0, line.find_first_of("{ \t"));
}

}  // namespace

void append_application(std::string& out, std::string_view text) {
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (line.ends_with('\r')) line.remove_suffix(1);
        const std::string_view family = family_of(line);
        const bool ours = family == "svc_status" || family.starts_with("vitals_") ||
                          family.starts_with("process_");
        if (!family.empty() && !ours) out.append(line) += '\n';
    }
}

}  // namespace vitals::dialects
