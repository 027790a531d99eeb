// The OpenAPI 3.1 document of /v1, written from the table of operations.
#pragma once

#include <string>

namespace vitals::endpoints {

std::string openapi_document();

}  // namespace vitals::endpoints
