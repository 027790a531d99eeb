// The address of a listener, from its text: host:port, [::1]:port, unix:PATH. Pure.
#pragma once

#include <string>
#include <string_view>

#include "config/config.hpp"

namespace vitals::config {

// Sets host and port, or unix_path; what is wrong with the text, or empty.
std::string parse_address(std::string_view text, Listener& listener);

// Whether both cannot be bound at the same time.
bool same_address(const Listener& a, const Listener& b);

// Only processes of this machine can connect.
bool is_local(const Listener& listener);

}  // namespace vitals::config
