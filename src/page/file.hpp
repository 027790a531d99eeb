// Where a page finds its style and its script, below the root.
#pragma once

#include <string>

#include "page/page.hpp"

namespace vitals::page {

std::string address_of_css();  // `page.css?0f3a...`
std::string address_of_js();

}  // namespace vitals::page
