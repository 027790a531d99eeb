// The messages of Celery's workers: control messages and their replies, events, and the envelope in
// which kombu puts both on Redis. Pure. Sources: kombu's pidbox and virtual transport, Celery's
// control and events, 5.2 to 5.6, as seen on the wire.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vitals::wire::celery {

struct Request {
    std::string_view method;                   // ping, active_queues
    std::span<const std::string> destination;  // nodes; empty: all
    std::string_view ticket;
    std::string_view reply_exchange;  // may be empty: the default exchange
    std::string_view reply_key;
};
// The JSON body of a control message.
std::string write_request(const Request& request);

// A control message as it is published on Redis. It is always complete: a message without
// delivery_tag crashes a worker, and one without content-type makes it ignore all further ones.
// `expires` is in seconds since 1970.
struct Envelope {
    std::string_view body;
    std::string_view exchange;
    std::string_view delivery_tag;
    double expires = 0;
};
std::string write_envelope(const Envelope& envelope);

struct Opened {
    std::string body;
    std::string content_type;
    std::string ticket;  // of the request that is answered; empty on events
};
std::expected<Opened, std::string> read_envelope(std::string_view text);

// The message of one worker.
struct Reply {
    std::string node;
    bool pong = false;
    std::vector<std::string> queues;  // consumed, of active_queues
    std::string error;                // the worker could not do it
};
std::expected<std::vector<Reply>, std::string> read_replies(std::string_view body);

struct WorkerEvent {
    std::string node;
    std::string type;          // worker-heartbeat, worker-online, worker-offline
    double timestamp = 0;      // seconds since 1970 by its clock; 0: not said, or absurd
    std::int64_t process = 0;  // its process id; 0: not said
};
// One event, or a list of them; items of a list that are not events are left out.
std::expected<std::vector<WorkerEvent>, std::string> read_events(std::string_view body);

// The greatest size of a body or an envelope in bytes.
inline constexpr std::size_t largest_text = 1024 * 1024;

}  // namespace vitals::wire::celery
