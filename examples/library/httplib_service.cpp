// Health beside the service's own pages, inside cpp-httplib: whatever the service does not know is
// asked of vitals.
//
//     httplib_service [PORT [SECONDS]]
#include <httplib.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vitals/vitals.hpp>

int main(int count, char** words) {
    const int port = count > 1 ? std::atoi(words[1]) : 8080;
    const int seconds = count > 2 ? std::atoi(words[2]) : 3600;

    vitals::Registry registry;
    registry.add("DatabaseConnection", [] { return vitals::ok(); });

    httplib::Server http;
    http.Get("/hello", [](const httplib::Request&, httplib::Response& out) {
        out.set_content("hello\n", "text/plain");
    });
    http.Get(".*", [&](const httplib::Request& in, httplib::Response& out) {
        vitals::Request request{in.method, in.target, {in.headers.begin(), in.headers.end()}};
        const vitals::Response answer = vitals::respond(registry.snapshot(), request);
        out.status = answer.status;
        std::string type = "text/plain";
        for (const auto& [name, value] : answer.headers) {
            if (name == "Content-Type")
                type = value;
            else
                out.set_header(name, value);
        }
        out.set_content(answer.body, type);
    });

    std::jthread end([&](std::stop_token stop) {
        for (int i = 0; i < seconds * 10 && !stop.stop_requested(); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        http.stop();
    });
    std::cout << "ready on port " << port << std::endl;
    return http.listen("127.0.0.1", port) ? 0 : 1;
}
