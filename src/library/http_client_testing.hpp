// For tests of the library: one request on its own connection, as a probe makes it.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>

namespace vitals {

// The answer of 127.0.0.1:port, head and body; empty when there is none.
inline std::string ask_over_http(std::uint16_t port, const std::string& request_line) {
    const int socket_made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string answer;
    if (::connect(socket_made, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        const std::string request =
            request_line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        (void)!::send(socket_made, request.data(), request.size(), MSG_NOSIGNAL);
        char part[4096];
        for (ssize_t count = 0; (count = ::recv(socket_made, part, sizeof part, 0)) > 0;)
            answer.append(part, static_cast<std::size_t>(count));
    }
    ::close(socket_made);
    return answer;
}

}  // namespace vitals
