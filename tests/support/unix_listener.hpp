// A unix socket of a test.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string>

#include <gtest/gtest.h>

namespace vitals::testing {

// A descriptor that is bound to the path and does not listen yet. The caller closes it.
inline int bound_to(const std::string& path) {
    const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return listener;
}

}  // namespace vitals::testing
