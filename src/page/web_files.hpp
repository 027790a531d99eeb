// The files of web/ as the build embedded them.
#pragma once

#include <string_view>

namespace vitals::page {

extern const std::string_view page_css;
extern const std::string_view page_js;

}  // namespace vitals::page
