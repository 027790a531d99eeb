// Events as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "endpoints/stream.hpp"
#include "model/clock.hpp"
#include "model/happenings.hpp"
#include "model/hub.hpp"
#include "model/selector.hpp"

namespace vitals::endpoints {

// One event; without an id if the id is 0. Data of several lines becomes several fields.
void append_event(std::string& out, std::uint64_t id, std::string_view name, std::string_view data);

// The head of every stream of events.
http::Response event_stream_head();

// The data of an event: one line of JSON.
std::string shown(const Happening& happening);

// A selector of the events; an empty one takes all.
struct EventsAsked {
    std::uint64_t after = 0;  // the id of the last one that the client has
    bool resumed = false;     // it has one: later events are sent first
    Selector components;
};

// `happenings` and `hub` outlive it.
std::unique_ptr<Stream> event_stream(const Happenings& happenings, const Hub& hub, Clock& clock,
                                     EventsAsked asked);

}  // namespace vitals::endpoints
