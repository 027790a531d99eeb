// A component's past: uptime, bars, response times, changes of state.
#pragma once

#include "page/frame.hpp"

namespace vitals::page {

void write_past(Markup& out, const Look& look, const Seen& seen, const Gathered& gathered);

}  // namespace vitals::page
