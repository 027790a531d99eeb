// GET /v1/openapi.json
#include "endpoints/openapi.hpp"

#include "endpoints/operation.hpp"

namespace vitals::endpoints {
namespace {

dialects::Response render(const Snapshot&, const dialects::Request&) {
    dialects::Response response;
    response.content_type = "application/json";
    response.body = openapi_document();
    return response;
}

constexpr NamedSchema answer{"OpenApi", [] { return std::string(R"({"type":"object"})"); }};

}  // namespace

extern constinit const Operation get_openapi =
    make_operation("GET", "/v1/openapi.json", "getOpenApi", "This description.",
                   {.right = Right::none, .render = render, .answer = &answer});

}  // namespace vitals::endpoints
