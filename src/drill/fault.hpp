// The faults between a check and its backend, and their notation. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace vitals::drill {

enum class Fault : std::uint8_t {
    none,
    refuse,
    hang,
    hang_after,
    reset,
    half_close,
    drip,
    truncate,
    garble,
    another_protocol,
    flood,
    delay,
    wrong_name,
    expired,
    untrusted,
};

// The behaviour of the connection to the backend. A fault ignores members that it does not need.
struct Behaviour {
    Fault fault = Fault::none;
    std::uint64_t after = 0;  // bytes of the answer that pass unharmed before it begins
    std::uint64_t rate = 1;   // drip: bytes a second
    std::chrono::milliseconds delay{1000};  // delay: how much later each piece arrives
    std::uint64_t size = 100ULL << 20;      // flood: bytes; 0: without end
    // another-protocol: `ssh`, `http`, `smtp`, `redis`. If `text` is not empty, it is sent instead.
    std::string protocol = "ssh";
    std::string text;  // flood: its begin; another-protocol: the text
};

struct FaultWord {
    Fault fault;
    std::string_view name;      // "hang-after"
    std::string_view value;     // meaning of the number after it, "" when it takes none
    std::string_view sentence;  // what the client sees
};
std::span<const FaultWord> fault_words();
std::string_view name_of(Fault fault);

// NAME [VALUE] [KEY=VALUE ...], such as `hang-after 100` or `flood 1MiB after=20`; the keys are
// after, rate, delay, size, protocol and, as the last one, text with everything after it (\r \n \t
// \\ \xNN). The error says what is expected.
std::expected<Behaviour, std::string> parse_behaviour(std::string_view text);
// The notation that parse_behaviour() reads, without default values.
std::string to_text(const Behaviour& behaviour);

// The faults that a client meets when it connects: they are invisible on open connections.
bool at_start(const Behaviour& behaviour);
// The faults that are a certificate.
bool is_certificate(Fault fault);
// The faults of datagrams, which do not need a connection.
bool is_for_datagrams(Fault fault);
// The text of a server of another protocol; whether it speaks first.
std::string greeting(const Behaviour& behaviour);
bool speaks_first(const Behaviour& behaviour);

}  // namespace vitals::drill
