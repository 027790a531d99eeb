// What a configuration has already, and which of it no longer exists. Reads texts and settings, and
// asks whether a path exists; never a verdict.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "discover/machine.hpp"
#include "discover/proposal.hpp"

namespace vitals::discover {

// The target of a component: `port 6379`, `unit backup.timer`, `disk /var`. Two components with the
// same target check the same, whatever their names.
std::string target_of(const config::ComponentConfig& component, const config::Catalog& catalog);

// The components that stand in a file as comments, as init writes those that did not pass.
std::vector<config::ComponentConfig> commented_out(std::string_view text,
                                                   const config::Catalog& catalog);

// A candidate as a component of that name, or what is wrong with it.
std::expected<config::ComponentConfig, std::string> component_of(const std::string& name,
                                                                 const Candidate& candidate,
                                                                 bool critical,
                                                                 const config::Catalog& catalog);

// Why the target of a component is no longer on this machine; empty if it is, or if that is unknown
// (another host's port).
std::string why_gone(const config::ComponentConfig& component, const Machine& machine,
                     const config::Catalog& catalog);

}  // namespace vitals::discover
