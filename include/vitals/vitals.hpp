// vitals: a service watches its own health and serves it in every dialect. This header is all that
// most services include; docs/library.md is the guide.
#pragma once

#include "vitals/log.hpp"
#include "vitals/outcome.hpp"
#include "vitals/registry.hpp"
#include "vitals/respond.hpp"
#include "vitals/server.hpp"
#include "vitals/snapshot.hpp"
#include "vitals/state_handler.hpp"
#include "vitals/status.hpp"
