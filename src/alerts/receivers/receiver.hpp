// A receiver of alerts: described options, and the way of an alert to it. A new receiver is a
// folder here and a line in catalog.cpp.
//
// Most speak HTTP: a pure function makes a request of an alert, and sender.hpp does the rest for
// all of them (deadline, TLS, the meaning of an answer). A receiver whose answers mean more than
// their code has a function that judges them. Others (exec, email) have their own coroutine.
//
//     HttpRequest request(const Envelope& envelope, const Options& options);
//     constexpr Field fields[] = {...};
//     const Receiver ntfy = make_receiver<Options, fields, request>("ntfy", "...", {});
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "alerts/alert.hpp"
#include "alerts/words.hpp"
#include "model/description.hpp"
#include "net/tls.hpp"

namespace vitals::alerts::receivers {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// What one attempt must tell.
struct Envelope {
    Alert alert;       // what the receiver may be told
    Words words;       // the same in words
    std::string zone;  // the zone of the times in the words
    System now{};      // of this attempt
    std::string to;    // one of the addresses in the options; empty if there are none
    // What this process told first of this incident, for a receiver that keeps a copy of the state;
    // else null.
    const Alert* first = nullptr;
};

struct HttpRequest {
    std::string method = "POST";
    std::string url;  // may hold a secret
    Pairs headers;
    std::string body;
};

struct HttpAnswer {
    int status = 0;
    Pairs headers;
    std::string body;  // the first 4 KiB
    const std::string* header(std::string_view name) const;
};

// The phase of an attempt (net::Context) from which on the message may have arrived, whatever
// happens. For HTTP it is a phase of the client (sender.cpp).
inline constexpr std::string_view committed_phase = "message";

// In addition to the name, the sentence and the options.
struct Traits {
    std::string_view about{};   // a paragraph: what arrives, limits, who removes duplicates
    bool keeps_state = false;   // keeps an open incident: its resolve passes a silence
    bool copies_state = false;  // is told of open incidents repeatedly, and otherwise forgets them
    std::chrono::milliseconds deadline = std::chrono::seconds(15);
};

struct Transport;

struct Receiver : Traits {
    Description description;
    // The addresses of one receiver: each is told separately, so a wrong one does not stop the
    // others. Null: there is one, without a name.
    std::vector<std::string> (*addresses)(const ObjectRef& options) = nullptr;

    // One of these two.
    HttpRequest (*request)(const Envelope& envelope, const AnyOptions& options) = nullptr;
    const Transport* transport = nullptr;  // transport.hpp
    // For a request: what its answer means; null: what its code says (http_fate.hpp).
    Attempt (*judge)(const HttpAnswer& answer, System now) = nullptr;
    net::TlsOptions (*tls)(const AnyOptions& options) = nullptr;
    // For a receiver that copies the state: sent every minute, so that it notices the silence of
    // vitals.
    HttpRequest (*alive)(const Envelope& envelope, const AnyOptions& options) = nullptr;
    // For a receiver that keeps open incidents: a person has acknowledged this one.
    HttpRequest (*acknowledge)(const Envelope& envelope, const AnyOptions& options) = nullptr;
};

// `request` is a pure function (const Envelope&, const Options&) -> HttpRequest; null: the receiver
// has its own transport. `verify` judges the options together.
template <class Options, const auto& fields, auto request, auto verify = nullptr>
constexpr Receiver make_receiver(std::string_view name, std::string_view sentence, Traits traits,
                                 Receiver rest = {}) {
    static_cast<Traits&>(rest) = traits;
    rest.description = describe<Options, verify>(name, sentence, fields);
    if constexpr (!std::is_null_pointer_v<decltype(request)>)
        rest.request = [](const Envelope& envelope, const AnyOptions& options) {
            return request(envelope, options.as<Options>());
        };
    if constexpr (requires(const Options& options) { options.tls.verify; })
        rest.tls = [](const AnyOptions& options) { return options.as<Options>().tls; };
    return rest;
}

// In the order of the documentation.
std::span<const Receiver* const> all();
const Receiver* find(std::string_view name);  // null: there is none of that name

// A receiver of a configuration, ready for use.
struct Configured {
    std::string name;  // the policy's: `mail`, or `mail/a@example.org`
    const Receiver* receiver = nullptr;
    AnyOptions options;
    std::string address;  // as of Envelope::to
    std::string zone = "UTC";
    Disclose disclose = Disclose::full;
};

}  // namespace vitals::alerts::receivers
