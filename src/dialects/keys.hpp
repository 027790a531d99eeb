// Keys of a JSON object that are made of names. Of two members with one key most readers keep the
// last, so that one could hide another's trouble.
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
    // `taken`: members that the object has beside.
    Keys(std::initializer_list<std::string_view> taken = {}) : taken_(taken.begin(), taken.end()) {}

    // The key itself, or with ` (2)`, ` (3)`, ... behind it if it is taken.
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
