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

extern constinit const Operation get_openapi{.method = "GET",
                                             .path = "/v1/openapi.json",
                                             .id = "getOpenApi",
                                             .summary = "This description.",
                                             .right = Right::none,
                                             .render = render,
                                             .answer = &answer};

}  // namespace vitals::endpoints
