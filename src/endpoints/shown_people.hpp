// What the control API shows of people's actions and of messages: incidents, silences, maintenance.
#pragma once

#include "endpoints/schema.hpp"
#include "model/board.hpp"
#include "text/json.hpp"

namespace vitals::endpoints {

// Everything, for those who may read it.
void write_incident(text::JsonWriter& writer, const IncidentRecord& incident);
extern const NamedSchema incident_schema;

void write_mute(text::JsonWriter& writer, const ShownMute& mute);
extern const NamedSchema mute_schema;

}  // namespace vitals::endpoints
