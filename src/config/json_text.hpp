// Writes indented JSON in the order of the calls. Only for the schema, which this room makes
// itself.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vitals::config {

class JsonText {
  public:
    JsonText& open(char bracket);   // `{` or `[`
    JsonText& close(char bracket);  // `}` or `]`
    JsonText& key(std::string_view name);
    JsonText& text(std::string_view value);
    JsonText& number(double value);
    JsonText& boolean(bool value);
    // key and value at once
    JsonText& pair(std::string_view name, std::string_view value) { return key(name).text(value); }
    const std::string& written() const { return out_; }

  private:
    void begin_value();
    void new_line();
    std::string out_;
    std::vector<std::size_t> counts_;  // values written at each level
    bool after_key_ = false;
};

}  // namespace vitals::config
