#include "endpoints/resource.hpp"

#include <algorithm>

#include "http/request.hpp"

namespace vitals::endpoints {
namespace {

std::string_view remove_segment(std::string_view& path) {
    std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(segment.size() + 1, path.size()));
    return segment;
}

// Matches a raw path with a template, segment by segment, and returns the raw segments of the
// parameters.
bool matches(std::string_view path, std::string_view pattern,
             std::vector<std::string_view>& parameters) {
    parameters.clear();
    if (std::count(path.begin(), path.end(), '/') !=
        std::count(pattern.begin(), pattern.end(), '/'))
        return false;
    while (!pattern.empty()) {
        std::string_view wanted = remove_segment(pattern), segment = remove_segment(path);
        if (wanted.starts_with('{') && !segment.empty())
            parameters.push_back(segment);
        else if (wanted != segment)
            return false;
    }
    return true;
}

}  // namespace

const Operation* Resource::find(std::string_view method) const noexcept {
    for (const Operation* operation : operations)
        if (operation->method == method) return operation;
    return nullptr;
}

std::string Resource::methods() const {
    std::string methods;
    for (const Operation* operation : operations) {
        methods.append(operation->method).append(", ");
        if (operation->method == "GET") methods += "HEAD, ";
    }
    return methods + "OPTIONS";
}

Resource find_resource(std::string_view raw_path) {
    Resource resource;
    std::vector<std::string_view> parameters;
    for (const Operation* operation : operations()) {
        if (!matches(raw_path, operation->path, parameters)) continue;
        resource.operations.push_back(operation);
        if (!resource.names.empty()) continue;
        for (std::string_view segment : parameters) {
            auto name = http::percent_decode(segment);
            resource.bad_name |= !name;
            resource.names.push_back(name.value_or(""));
        }
    }
    return resource;
}

}  // namespace vitals::endpoints
