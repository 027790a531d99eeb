// Lists of events, newest first.
#pragma once

#include <span>

#include "page/frame.hpp"

namespace vitals::page {

// Whether the viewer may know of it.
bool may_see(const Look& look, const Happening& happening);
// One entry, without what the viewer may not read.
void write_happening(Markup& out, const Look& look, const Happening& happening, Moment moment);
// One incident as an entry: its title, its state and its duration.
void write_incident(Markup& out, const Look& look, const IncidentRecord& incident);
// Whether the viewer may see it: one of its roots or members belongs to the page.
bool may_see(const Look& look, const IncidentRecord& incident);
// The title of an incident, and its error for viewers who may read it.
std::string title_of(const Look& look, const IncidentRecord& incident);
Shape shape_of(Status status) noexcept;

}  // namespace vitals::page
