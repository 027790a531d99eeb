// The registry's messages in a logger of spdlog.
#include <spdlog/sinks/ostream_sink.h>

#include <iostream>
#include <sstream>
#include <vitals/spdlog.hpp>
#include <vitals/vitals.hpp>

int main() {
    std::ostringstream text;
    auto logger = std::make_shared<spdlog::logger>(
        "shop", std::make_shared<spdlog::sinks::ostream_sink_mt>(text));
    logger->set_pattern("%n %l %v");
    vitals::RegistryOptions options;
    options.log = vitals::spdlog_log(logger);
    vitals::Registry registry(options);
    vitals::StateHandler handler("importer");
    registry.add(handler);
    handler.set_state(vitals::ok("{} braces are no format"));
    handler.set_state(vitals::failed("stopped"));
    std::cout << text.str();
}
