// What can go wrong between a check and its backend, and how a person writes it down. Pure.
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

// How the way to the backend behaves. Members that the fault has no use for keep what they are.
struct Behaviour {
    Fault fault = Fault::none;
    std::uint64_t after = 0;  // bytes of the answer that pass unharmed before it begins
    std::uint64_t rate = 1;   // drip: bytes a second
    std::chrono::milliseconds delay{1000};  // delay: how much later each piece arrives
    std::uint64_t size = 100ULL << 20;      // flood: bytes; 0: without end
    // another-protocol: `ssh`, `http`, `smtp`, `redis`. Where `text` is not empty it is said
    // instead.
    std::string protocol = "ssh";
    std::string text;  // flood: what it begins with; another-protocol: what is said
};

struct FaultWord {
    Fault fault;
    std::string_view name;      // "hang-after"
    std::string_view value;     // what the number behind it means, "" when it takes none
    std::string_view sentence;  // what the client sees
};
std::span<const FaultWord> fault_words();
std::string_view name_of(Fault fault);

// NAME [VALUE] [KEY=VALUE ...], such as `hang-after 100` or `flood 1MiB after=20`; the keys are
// after, rate, delay, size, protocol and, as the last one, text with everything behind it (\r \n \t
// \\ \xNN). The error says what is expected instead.
std::expected<Behaviour, std::string> parse_behaviour(std::string_view text);
// What parse_behaviour() reads, without what is as usual.
std::string to_text(const Behaviour& behaviour);

// The faults that a client meets when it connects: on connections that were there before they
// could not be seen.
bool at_start(const Behaviour& behaviour);
// The faults that are a certificate.
bool is_certificate(Fault fault);
// The faults that datagrams can suffer, which belong to no connection.
bool is_for_datagrams(Fault fault);
// What another protocol's server says; whether it does so before it is spoken to.
std::string greeting(const Behaviour& behaviour);
bool speaks_first(const Behaviour& behaviour);

}  // namespace vitals::drill
