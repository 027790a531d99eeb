// Figures of this process from /proc.
#pragma once

#include "dialects/dialect.hpp"

namespace vitals::endpoints {

// Figures that cannot be read stay zero.
dialects::ProcessFigures read_process_figures();

}  // namespace vitals::endpoints
