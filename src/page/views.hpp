// The views beside the overview. Each gets the look and the gathered data, and returns a whole
// answer; those with a stream also have their parts here.
#pragma once

#include "page/bars.hpp"
#include "page/frame.hpp"

namespace vitals::page {

http::Response component_page(const Look& look, const Gathered& gathered);
Parts component_parts(const Look& look, const Gathered& gathered);

http::Response incident_page(const Look& look, const Gathered& gathered);
Parts incident_parts(const Look& look, const Gathered& gathered);

http::Response incidents_page(const Look& look, const Gathered& gathered);
http::Response workers_page(const Look& look);
// The nodes of the fleet, as this one knows them. Nothing of it where the endpoint does not show
// the component `fleet`.
bool shows_fleet(const Look& look);
http::Response fleet_page(const Look& look);
Parts fleet_parts(const Look& look);
// Who checks this component for all, and what each found; empty where nobody does.
Markup votes_part(const Look& look, std::string_view component);
http::Response events_page(const Look& look, const Gathered& gathered);
http::Response public_page(const Look& look, const Gathered& gathered);
Parts public_parts(const Look& look, const Gathered& gathered);
http::Response login_page(const Look& look, std::string_view problem);
http::Response feed(const Look& look, const Gathered& gathered);
http::Response not_found(const Look& look);

// Parts as the stream names them.
void add_part(Parts& parts, std::string_view id, Markup&& markup);

}  // namespace vitals::page
