// Metrics as text: Prometheus 0.0.4 and OpenMetrics 1.0. A family is announced once, then its
// samples follow. Appends to a string; knows nothing of components.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "dialects/dialect.hpp"

namespace vitals::dialects {

enum class Exposition { prometheus, openmetrics };

class ExpositionWriter {
  public:
    enum class Type { gauge, counter, info, stateset };
    using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    ExpositionWriter(std::string& out, Exposition format) : out_(out), format_(format) {}

    // `name` is the family's in OpenMetrics: without `_total` or `_info`. The unit, if any, is the
    // end of the name. The texts are from vitals and need no escaping.
    void family(std::string_view name, Type type, std::string_view help,
                std::string_view unit = {});
    // One sample of the last announced family.
    void sample(Labels labels, std::uint64_t value);
    void sample(Labels labels, double value);
    void sample(Labels labels, std::chrono::nanoseconds seconds);  // rounded to a microsecond
    // The same for labels that are in many samples: both are results of label_text(), or empty.
    void sample(std::string_view first, std::string_view more, std::uint64_t value);
    void sample(std::string_view first, std::string_view more, std::chrono::nanoseconds seconds);
    static std::string label_text(std::string_view name, std::string_view content);
    static void append_labels(std::string& out, Labels labels);
    static void append_label(std::string& out, std::string_view name, std::string_view content);
    void end();  // `# EOF` where the format has it

  private:
    void line(std::string_view first, std::string_view more, std::string_view value);

    std::string& out_;
    Exposition format_;
    std::string sample_name_;
};

// process_cpu_seconds_total and so on, with the names of Prometheus' client libraries.
void append_process(std::string& out, const ProcessFigures& process, Exposition format);

// Appends the application's own metrics, in Prometheus' text format: HELP, TYPE and samples of all
// families, except those with names of vitals, of which Prometheus would keep only one.
void append_application(std::string& out, std::string_view text);

}  // namespace vitals::dialects
