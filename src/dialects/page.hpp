// The dialect `page`, for the server, which serves the whole page below its path: sessions, forms
// and the stream (endpoints/pages.hpp).
#pragma once

#include <chrono>
#include <string>

#include "dialects/dialect.hpp"

namespace vitals::dialects {

struct PageOptions {
    std::string title;
    std::chrono::milliseconds refresh{10'000};
};

extern const Dialect page;

}  // namespace vitals::dialects
