// A kind of check: described options and a function. A check turns a backend into an outcome; it
// knows neither configuration nor dialects nor other checks. The engine decides when and how often
// it runs, its deadline, thresholds and the log of its changes.
//
//     Verified verify_url(const text::Url& url);
//     net::awaitable<Outcome> run(const Options& options, net::Context& context);
//     constexpr Field fields[] = {
//         field<&Options::url, verify_url>("url", "...", {.required = true})};
//     const Kind kind = make_kind<Options, fields, run>(
//         "tcp", "Connects.", {.proves = "...", .schemes = {"tcp"}});
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "model/description.hpp"
#include "net/awaitable.hpp"
#include "net/context.hpp"
#include "vitals/outcome.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::checks {

// One run of a configured check. May be called again after the former run has ended.
using Run = std::function<net::awaitable<Outcome>(net::Context&)>;

// How old the authentication of a connection that is kept between runs may be (reuse.hpp). A check
// with the usual interval authenticates in each run; a check that runs more often authenticates no
// more often than that.
inline constexpr std::chrono::milliseconds usual_auth_every = std::chrono::seconds(10);

// What a kind says of itself, for people and for dialects.
struct About {
    std::string_view proves;                // a paragraph: what it proves and what it cannot
    std::vector<std::string_view> schemes;  // URLs that are this kind: `vitals check tcp://...`
    std::vector<std::string_view> urls{};   // how they are written, by example
    Category category = Category::component;
};

struct Kind : About {
    Description description;  // name, what a run proves, options
    // Sets the options from a URL of one of the schemes; returns what is wrong with it. Null: the
    // kind takes none.
    Verified (*from_url)(const ObjectRef& options, std::string_view url) = nullptr;
    // A run with these options, which were verified. If a configured secret has no value, it is
    // `unknown`. Null: `push`, never runs.
    Run (*bind)(const AnyOptions& options) = nullptr;
};

namespace detail {

inline net::awaitable<Outcome> without(std::string why) {
    co_return unknown("a secret is not available", std::move(why));
}

// Runs only while all secrets have values.
inline Run guarded(Run run, NamedSecrets secrets) {
    if (secrets.empty()) return run;
    return [run = std::move(run), secrets = std::move(secrets)](net::Context& context) {
        for (const auto& [name, secret] : secrets) {
            if (secret.available()) continue;
            const std::string why = secret.why_unavailable();
            return without(why.empty() ? name : name + ": " + why);
        }
        return run(context);
    };
}

// Sets the option `url` to it.
template <class Options>
Verified set_url(Options& options, std::string_view url, std::span<const Field> fields) {
    options.url = url;
    for (const Field& field : fields)
        if (field.name == "url" && field.verify != nullptr) return field.verify(ObjectRef(options));
    return {};
}

template <class Options, auto make_run>
Run bind(const AnyOptions& options) {
    const std::shared_ptr<const Options> typed = options.shared<Options>();
    if constexpr (std::is_invocable_r_v<Run, decltype(make_run), std::shared_ptr<const Options>>)
        return make_run(typed);
    else
        return [typed](net::Context& context) { return make_run(*typed, context); };
}

}  // namespace detail

// `fields` is the table of the options. `run` is a coroutine of (const Options&, net::Context&), or
// makes a Run of a std::shared_ptr<const Options> if something is made of the options once.
// `verify` judges the options together. `from_url` takes (Options&, std::string_view); without it,
// a URL is the option `url`.
template <class Options, const auto& fields, auto run, auto verify = nullptr,
          auto from_url = nullptr>
Kind make_kind(std::string_view name, std::string_view sentence, About about) {
    Kind kind{std::move(about), describe<Options, verify>(name, sentence, fields)};
    if constexpr (!std::is_null_pointer_v<decltype(from_url)>)
        kind.from_url = [](const ObjectRef& options, std::string_view url) -> Verified {
            return from_url(options.as<Options>(), url);
        };
    else if constexpr (requires(Options options) { options.url.scheme; })
        kind.from_url = [](const ObjectRef& options, std::string_view url) -> Verified {
            return detail::set_url(options.as<Options>(), url, fields);
        };
    if constexpr (!std::is_null_pointer_v<decltype(run)>)
        kind.bind = [](const AnyOptions& options) {
            return detail::guarded(detail::bind<Options, run>(options),
                                   secrets_of(fields, options.ref()));
        };
    return kind;
}

}  // namespace vitals::checks
