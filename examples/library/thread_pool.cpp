// A pool of threads watched for hangs: each proves that it is alive by a beat between two tasks.
//
//     thread_pool
#include <atomic>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>
#include <vitals/vitals.hpp>

using namespace std::chrono_literals;

int main() {
    vitals::Registry registry;
    std::vector<std::unique_ptr<vitals::StateHandler>> hearts;
    std::atomic<bool> stop{false};
    std::atomic<bool> stuck{true};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        hearts.push_back(std::make_unique<vitals::StateHandler>("pool/" + std::to_string(i)));
        hearts.back()->set_state(vitals::ok("working"));
        registry.add(*hearts.back(), {.ttl = 200ms});
        threads.emplace_back([&, i] {
            while (!stop) {
                while (i == 2 && stuck) std::this_thread::sleep_for(1ms);  // a task that hangs
                std::this_thread::sleep_for(5ms);
                hearts[static_cast<std::size_t>(i)]->beat();
            }
        });
    }

    const bool found = registry.wait_for("pool/2", vitals::Status::failed, 5s);
    std::cout << (found ? "pool/2 hangs\n" : "nobody noticed\n");
    const bool others = registry.is_in_state("pool/1", vitals::Status::ok);
    stuck = false;
    const bool recovered = registry.wait_for("pool/2", vitals::Status::ok, 5s);
    std::cout << (recovered ? "pool/2 works again\n" : "pool/2 is lost\n");
    stop = true;
    for (std::thread& thread : threads) thread.join();
    return found && others && recovered ? 0 : 1;
}
