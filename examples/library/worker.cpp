// A worker with a state machine that says itself how it is doing.
//
//     worker [PORT [SECONDS]]      then: curl localhost:PORT/readyz?verbose
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vitals/vitals.hpp>

using namespace std::chrono_literals;

class Importer : public vitals::StateHandler {
  public:
    Importer() : StateHandler("importer") { set_state(vitals::degraded("starting")); }

    void run(std::stop_token stop) {
        std::this_thread::sleep_for(50ms);
        for (int batch = 1; !stop.stop_requested(); ++batch) {
            if (batch % 20 == 0)
                set_state(vitals::failed("source unreachable"));
            else
                set_state(vitals::ok("importing").with("batch", std::int64_t{batch}));
            std::this_thread::sleep_for(20ms);
        }
        set_state(vitals::failed("stopped"));
    }
};

int main(int count, char** words) {
    const std::string port = count > 1 ? words[1] : "8080";
    const int seconds = count > 2 ? std::atoi(words[2]) : 3600;

    vitals::RegistryOptions options;
    options.service = {"worker", "1.0"};
    options.log = [](vitals::LogLevel, std::string_view line) { std::clog << line << '\n'; };
    vitals::Registry registry(options);

    Importer importer;
    registry.add(importer);
    registry.add("clock", [] {
        return std::chrono::system_clock::now().time_since_epoch() > 0s
                   ? vitals::ok()
                   : vitals::failed("the clock is before 1970");
    });
    vitals::Server server(registry, {.address = "127.0.0.1:" + port});
    std::jthread work([&](std::stop_token stop) { importer.run(stop); });

    if (!registry.wait_for("importer", vitals::Status::ok, 5s)) return 1;
    std::cout << "ready on port " << server.port() << std::endl;
    std::this_thread::sleep_for(std::chrono::seconds(seconds));

    registry.drain();  // not ready from here on, still serving
    work.request_stop();
    work.join();
    server.drain(1s);
}
