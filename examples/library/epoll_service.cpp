// Health driven by a loop that the service has already: one more descriptor to wait for.
//
//     epoll_service [PORT [SECONDS]]
#include <sys/epoll.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vitals/vitals.hpp>

int main(int count, char** words) {
    const std::string port = count > 1 ? words[1] : "8080";
    const auto end = std::chrono::steady_clock::now() +
                     std::chrono::seconds(count > 2 ? std::atoi(words[2]) : 3600);

    vitals::Registry registry;
    registry.add("DatabaseConnection", [] { return vitals::ok(); });
    vitals::Server server(registry, {.address = "127.0.0.1:" + port, .own_thread = false});

    const int loop = epoll_create1(EPOLL_CLOEXEC);
    epoll_event interest{};
    interest.events = EPOLLIN;
    interest.data.fd = server.descriptor();
    epoll_ctl(loop, EPOLL_CTL_ADD, server.descriptor(), &interest);
    std::cout << "ready on port " << server.port() << std::endl;
    while (std::chrono::steady_clock::now() < end) {
        epoll_event event{};
        epoll_wait(loop, &event, 1, 100);  // the service's own descriptors would be here, too
        server.poll();
    }
    close(loop);
}
