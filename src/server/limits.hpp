// How much of this process unknown clients may use.
#pragma once

#include <chrono>
#include <cstddef>

namespace vitals::server {

// Above a number of connections or of bytes, the connection that waited longest is closed.
struct Limits {
    std::size_t head = 8 * 1024;
    std::size_t body = 64 * 1024;
    std::chrono::milliseconds head_time{5'000};
    std::chrono::milliseconds body_time{30'000};  // to read a body, once its head is there
    std::chrono::milliseconds idle_time{75'000};  // between requests
    std::chrono::milliseconds send_time{20'000};  // in which a reader must take 16 KiB, or the rest
    std::size_t connections = 10'000;
    std::size_t streams = 5'000;  // of the connections: streams
    // Bytes of memory, for all threads together: what connections hold, kept answers, and outdated
    // answers that slow readers are still sent.
    std::size_t connection_memory = 40u << 20;
    std::size_t kept_answers = 16u << 20;
    std::size_t outgrown_answers = 16u << 20;
    std::chrono::milliseconds certificates_time{2'000};  // between two looks at their files
};

}  // namespace vitals::server
