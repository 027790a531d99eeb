// What a kind of check is: described options and a function. A check turns a backend into an
// outcome; it knows neither configuration nor dialects nor other checks. When and how often it
// runs, its deadline, thresholds and the log of its changes are the engine's.
//
//     net::awaitable<Outcome> run(const Options& options, net::Context& context);
//     constexpr Field fields[] = {field<&Options::url>("url", "...", {.required = true})};
//     extern const Kind kind = make_kind<Options, run>("tcp", "connects", fields, {"tcp"});
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/description.hpp"
#include "net/awaitable.hpp"
#include "net/context.hpp"
#include "vitals/outcome.hpp"

namespace vitals::checks {

// One run of a configured check. May be called again after the run before has ended.
using Run = std::function<net::awaitable<Outcome>(net::Context&)>;

// How old the log-in of a connection that is kept between runs may be (reuse.hpp). A check that
// runs as often as is usual logs in each time; one that runs more often does so no more often than
// that.
inline constexpr std::chrono::milliseconds usual_auth_every = std::chrono::seconds(10);

struct Kind {
    Description description;                // name, what a run proves, options
    std::string_view proves;                // a paragraph: what it proves and what it cannot
    std::vector<std::string_view> schemes;  // URLs that are this kind: `vitals check tcp://...`
    std::vector<std::string_view> urls{};   // how they are written, by example
    // Sets the options from a URL of one of the schemes as it stands; what is wrong, or empty.
    std::string (*from_url)(void* options, std::string_view url) = nullptr;
    Run (*bind)(std::shared_ptr<const void> options) = nullptr;  // null: `push`, never run
};

template <class Options, net::awaitable<Outcome> (*run)(const Options&, net::Context&)>
Run bind_run(std::shared_ptr<const void> options) {
    auto typed = std::static_pointer_cast<const Options>(std::move(options));
    return [typed](net::Context& context) { return run(*typed, context); };
}

}  // namespace vitals::checks
