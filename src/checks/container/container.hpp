// container: one container, or all with a label, as Docker or Podman report them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::container {

struct Options {
    text::Url url{"unix:/var/run/docker.sock"};
    std::string name;
    std::string label;
    std::int64_t count = 1;  // of those with the label
    std::string health = "if_present";
    std::int64_t restarts_above = 0;
    std::optional<std::chrono::milliseconds> starting_above;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::container
