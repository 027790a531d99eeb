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
http::Response events_page(const Look& look, const Gathered& gathered);
http::Response public_page(const Look& look, const Needs& needs, const Gathered& gathered);
Parts public_parts(const Look& look, const Needs& needs, const Gathered& gathered);
http::Response login_page(const Look& look, std::string_view problem);
http::Response feed(const Look& look, const Gathered& gathered);
http::Response not_found(const Look& look);

// Parts as the stream names them.
void add_part(Parts& parts, std::string_view id, Markup&& markup);

}  // namespace vitals::page
