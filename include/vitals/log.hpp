// Where messages go. vitals prints nothing by itself: the program that builds an engine passes a
// Log to it.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace vitals {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

// Any thread may call it; it must not throw. The message is one line without a newline.
using Log = std::function<void(LogLevel, std::string_view message)>;

}  // namespace vitals
