// Keys of a JSON object that are made from names. Most readers keep the last of two members with
// one key, so one could hide a failure of another.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace vitals::dialects {

class Keys {
  public:
    // `taken`: further members of the object.
    Keys(std::initializer_list<std::string_view> taken = {}) : taken_(taken.begin(), taken.end()) {}

    // The key itself, or with ` (2)`, ` (3)`, ... after it if it is taken.
    std::string unique(std::string_view wanted) {
        std::string key(wanted);
        for (int count = 2; !taken_.insert(key).second; ++count)
            key = fmt::format("{} ({})", wanted, count);
        return key;
    }

  private:
    std::set<std::string, std::less<>> taken_;
};

}  // namespace vitals::dialects
