// The two text formats for metrics. Sources: prometheus.io "Exposition formats", OpenMetrics 1.0.
#include "dialects/exposition.hpp"

#include <algorithm>
#include <array>
#include <charconv>
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

// The digits of a value, without memory of their own.
class Digits {
  public:
    explicit Digits(std::uint64_t value) noexcept { add(value); }
    explicit Digits(double value) {
        if (std::isnan(value))
            add(std::string_view("NaN"));
        else if (std::isinf(value))
            add(std::string_view(value > 0 ? "+Inf" : "-Inf"));
        else
            add(text::plain_number(value));
    }
    // As plain_number() of so many seconds, rounded to microseconds: nanoseconds would only add
    // digits.
    explicit Digits(std::chrono::nanoseconds seconds) {
        const auto micros = std::chrono::round<std::chrono::microseconds>(seconds).count();
        // A double of at most 15 digits reads back as them, so these are its shortest digits.
        if (micros < 0 || micros >= 1'000'000'000'000'000) {
            add(text::plain_number(static_cast<double>(micros) / 1e6));
            return;
        }
        add(static_cast<std::uint64_t>(micros) / 1'000'000);
        auto fraction = static_cast<unsigned>(micros % 1'000'000);
        if (fraction == 0) return;
        unsigned places = 6;
        for (; fraction % 10 == 0; --places) fraction /= 10;
        text_[size_] = '.';
        for (unsigned at = places; at > 0; --at, fraction /= 10)
            text_[size_ + at] = static_cast<char>('0' + fraction % 10);
        size_ += places + 1;
    }
    std::string_view text() const noexcept { return {text_.data(), size_}; }

  private:
    void add(std::uint64_t value) noexcept {
        const auto end = std::to_chars(text_.data(), text_.data() + text_.size(), value).ptr;
        size_ = static_cast<std::size_t>(end - text_.data());
    }
    void add(std::string_view text) noexcept { size_ = text.copy(text_.data(), text_.size()); }

    std::array<char, 64> text_;
    std::size_t size_ = 0;
};

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
    std::string text;
    append_labels(text, labels);
    line({}, text, Digits(value).text());
}

void ExpositionWriter::sample(Labels labels, double value) {
    std::string text;
    append_labels(text, labels);
    line({}, text, Digits(value).text());
}

void ExpositionWriter::sample(Labels labels, std::chrono::nanoseconds seconds) {
    std::string text;
    append_labels(text, labels);
    line({}, text, Digits(seconds).text());
}

void ExpositionWriter::sample(std::string_view first, std::string_view more, std::uint64_t value) {
    line(first, more, Digits(value).text());
}

void ExpositionWriter::sample(std::string_view first, std::string_view more,
                              std::chrono::nanoseconds seconds) {
    line(first, more, Digits(seconds).text());
}

std::string ExpositionWriter::label_text(std::string_view name, std::string_view content) {
    std::string text;
    append_label(text, name, content);
    return text;
}

void ExpositionWriter::append_labels(std::string& out, Labels labels) {
    for (bool first = true; const auto& [name, content] : labels) {
        if (!first) out += ',';
        first = false;
        append_label(out, name, content);
    }
}

void ExpositionWriter::append_label(std::string& out, std::string_view name,
                                    std::string_view content) {
    out += name;
    out += "=\"";
    text::append_label(out, content);
    out += '"';
}

void ExpositionWriter::line(std::string_view first, std::string_view more, std::string_view value) {
    out_ += sample_name_;
    if (!first.empty() || !more.empty()) {
        out_ += '{';
        out_ += first;
        if (!first.empty() && !more.empty()) out_ += ',';
        out_ += more;
        out_ += '}';
    }
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
