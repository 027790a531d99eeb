// The service of docs/library.md, whole: a state that is set, a handler that is asked, probes, and
// an orderly end on SIGTERM.
//
//     shop [ADDRESS]
#include <signal.h>

#include <chrono>
#include <iostream>
#include <thread>
#include <vitals/vitals.hpp>

using namespace std::chrono_literals;

class Importer : public vitals::StateHandler {
  public:
    Importer() : StateHandler("importer") { set_state(vitals::degraded("starting")); }

    void import() {
        set_state(vitals::ok("importing").with("rows", std::int64_t{42}));
        // ... and where it goes wrong: set_state(vitals::failed("source unreachable"));
    }
};

int main(int count, char** words) {
    // Before any thread begins: SIGTERM waits until somebody takes it.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    vitals::RegistryOptions options;
    options.service = {"shop", "2.6.0"};
    options.log = [](vitals::LogLevel, std::string_view line) { std::clog << line << '\n'; };
    vitals::Registry registry(options);

    Importer importer;
    registry.add(importer);
    registry.add("database", [] { return vitals::ok(); }, {.interval = 5s, .timeout = 1s});
    vitals::Server server(registry, {.address = count > 1 ? words[1] : "0.0.0.0:8080"});
    std::cout << "ready on port " << server.port() << std::endl;
    importer.import();

    int number = 0;
    sigwait(&signals, &number);
    registry.drain();                 // not ready from here on, still serving
    std::this_thread::sleep_for(2s);  // until the load balancer has seen it
    server.drain(10s);                // accepts no more; answers under way may end
}
