// What is left of the budgets of objectives, and what an incident took from them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "page/look.hpp"
#include "page/markup.hpp"

namespace vitals::page {

// The budgets of a component, as boxes beside its uptime. An objective is shown only if the page
// shows all of its components.
void write_budgets(Markup& out, const Look& look, std::string_view component);

// The components of an incident that an objective counts, ascending: the cost needs their past.
std::vector<std::string> costly(const Facts& facts, const IncidentRecord& incident);
// It exists even if it is empty, so that the stream can fill it.
Markup cost_part(const Look& look, const IncidentRecord& incident, const Gathered& gathered);

}  // namespace vitals::page
