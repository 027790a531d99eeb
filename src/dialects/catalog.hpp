// The dialects, one object per file; dialect.cpp lists them. Not for other rooms: use all().
// All are constant-initialised, so that the catalog may be used at any time.
#pragma once

#include "dialects/dialect.hpp"

namespace vitals::dialects {

extern const Dialect pulp;
extern const Dialect delivery;
extern const Dialect svc_status;
extern const Dialect probe_status;
extern const Dialect token_health;
extern const Dialect healthz;
extern const Dialect kubernetes;
extern const Dialect health_json;
extern const Dialect actuator;
extern const Dialect microprofile;
extern const Dialect metrics;
extern const Dialect consul;
extern const Dialect statuspage;
extern const Dialect badge;
extern const Dialect page;

}  // namespace vitals::dialects
