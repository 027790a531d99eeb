#include "alerts/receivers/watchdog.hpp"

#include <memory>
#include <utility>

namespace vitals::alerts::receivers {

namespace {

struct Options {
    Secret url;
};

constexpr Field fields[] = {field<&Options::url>("url", "The URL to request.", {.required = true})};

HttpRequest request(const Envelope&, const Options& options) {
    HttpRequest request;
    request.method = "GET";
    request.url = options.url.reveal();
    return request;
}

constexpr Receiver kind =
    make_receiver<Options, fields, request>("watchdog", "A URL that vitals requests.", {});

}  // namespace

Configured watchdog(Secret url) {
    auto options = std::make_shared<Options>();
    options->url = std::move(url);
    return {.name = std::string(watchdog_name),
            .receiver = &kind,
            .options = AnyOptions(std::move(options))};
}

}  // namespace vitals::alerts::receivers
