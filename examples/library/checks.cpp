// The kinds of checks inside a service: by URL, and by name with the options of the configuration
// file. Links vitals::checks instead of vitals::vitals.
//
//     checks [URL...]
#include <chrono>
#include <iostream>
#include <string>
#include <vitals/vitals.hpp>

int main(int count, char** words) {
    vitals::Registry registry;
    registry.add_check("disk", "disk", {{"path", "/"}, {"failed_above", "100%"}},
                       {.critical = false, .tags = {"machine"}});
    registry.add_check("passwords", "file:///etc/passwd");
    for (int i = 1; i < count; ++i)
        registry.add_check("asked/" + std::to_string(i), words[i], {.failures = 3});

    registry.wait_for("passwords", vitals::Status::ok, std::chrono::seconds(5));
    registry.wait_for("disk", vitals::Status::ok, std::chrono::seconds(5));
    std::cout << vitals::respond(registry.snapshot(), {.target = "/svc_status"}).body << '\n';
    return registry.is_in_state("passwords", vitals::Status::ok) ? 0 : 1;
}
