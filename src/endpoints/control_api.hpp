// The control API, /v1: one table of operations, from which come routing, rights and the OpenAPI
// document. Stateless; used on any serving thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dialects/dialect.hpp"
#include "endpoints/control.hpp"

namespace vitals::endpoints {

enum class Right : std::uint8_t { none, read, push, control };

// A request for something to be changed.
struct Call {
    const Control& control;
    std::vector<std::string> names;  // the path's parameters, decoded
    std::string path;                // as sent
    std::string who;                 // asks, for the log
    std::string body;
    Reply reply;  // called when there is no answer at once
};

// One operation of the API. Reads render a snapshot as dialects do (Request::rest is the path's
// parameter, Request::path is as sent); the others act.
struct Operation {
    std::string_view method;
    std::string_view path;  // "/v1/components/{name}"; a parameter is one segment
    std::string_view id;
    std::string_view summary;
    Right right = Right::none;
    dialects::Response (*render)(const Snapshot&, const dialects::Request&, const void*) = nullptr;
    std::optional<http::Response> (*act)(Call call) = nullptr;
    std::string_view body_schema;  // of the request; empty: none
    bool body_required = true;
    std::string_view answer_schema;                             // of 200; empty: no content
    std::span<const std::pair<int, std::string_view>> answers;  // code and when
};

std::span<const Operation> operations();

// The operations on a raw path, and its parameters decoded. Empty: not a path of the API.
struct Resource {
    std::vector<const Operation*> operations;
    std::vector<std::string> names;
    bool bad_name = false;  // a parameter's percent-encoding is not valid
};
Resource find_resource(std::string_view raw_path);

// The OpenAPI 3.1 document of /v1.
std::string openapi_document(const std::string& version);

// "GET, HEAD, PUT, OPTIONS", for Allow.
std::string allowed(const Resource& resource);

}  // namespace vitals::endpoints
