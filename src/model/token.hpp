// A bearer token: a client that shows its secret has its rights.
#pragma once

#include <chrono>
#include <string>

#include "model/secret.hpp"

namespace vitals {

struct Rights {
    bool read = false, push = false, control = false;

    bool operator==(const Rights&) const = default;
};

struct Token {
    std::string name;
    Secret secret;
    std::chrono::milliseconds overlap{};  // how long a replaced secret is still accepted
    Rights allow;
};

}  // namespace vitals
