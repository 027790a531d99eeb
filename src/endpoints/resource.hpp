// The operations of /v1 at a path. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "endpoints/operation.hpp"

namespace vitals::endpoints {

// The operations at a raw path, and its decoded parameters. Without operations: the path is not one
// of the API.
struct Resource {
    std::vector<const Operation*> operations;
    std::vector<std::string> names;
    bool bad_name = false;  // a parameter's percent-encoding is not valid

    const Operation* find(std::string_view method) const noexcept;  // or null
    std::string methods() const;  // "GET, HEAD, PUT, OPTIONS", for Allow
};
Resource find_resource(std::string_view raw_path);

}  // namespace vitals::endpoints
