// Where messages go. vitals prints nothing by itself: whoever builds an engine hands it a Log.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace vitals {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

// Called from any thread; must not throw. The message is one line without a newline.
using Log = std::function<void(LogLevel, std::string_view message)>;

}  // namespace vitals
