// vitals: a service checks its own health and serves it in every dialect. Most services include
// only this header; docs/library.md is the guide.
#pragma once

#include "vitals/log.hpp"
#include "vitals/outcome.hpp"
#include "vitals/registry.hpp"
#include "vitals/respond.hpp"
#include "vitals/server.hpp"
#include "vitals/snapshot.hpp"
#include "vitals/state_handler.hpp"
#include "vitals/status.hpp"
