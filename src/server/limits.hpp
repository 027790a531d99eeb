// How much strangers may take of this process.
#pragma once

#include <chrono>
#include <cstddef>

namespace vitals::server {

// Beyond a number of connections or of bytes, the connection that waited longest gives way.
struct Limits {
    std::size_t head = 8 * 1024;
    std::size_t body = 64 * 1024;
    std::chrono::milliseconds head_time{5'000};
    std::chrono::milliseconds body_time{30'000};  // to read a body, once its head is there
    std::chrono::milliseconds idle_time{75'000};  // between requests
    std::chrono::milliseconds send_time{20'000};  // in which a reader takes 16 KiB, or the rest
    std::size_t connections = 10'000;
    std::size_t streams = 5'000;  // of the connections: answers that go on
    // Bytes of memory, all threads together: what connections hold, answers that are kept for who
    // asks next, and answers that slow readers are still sent after newer ones were made.
    std::size_t connection_memory = 40u << 20;
    std::size_t kept_answers = 16u << 20;
    std::size_t outgrown_answers = 16u << 20;
    std::chrono::milliseconds certificates_time{2'000};  // between two looks at their files
};

}  // namespace vitals::server
