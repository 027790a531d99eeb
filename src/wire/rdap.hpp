// The registries' reports of a domain: RFC 9083 (RDAP's answers), RFC 9224 (which server knows
// which domain). Only what a probe of a registration reads. Pure.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vitals/snapshot.hpp"

namespace vitals::wire::rdap {

inline constexpr std::size_t longest_answer = std::size_t{1} << 20;
inline constexpr std::size_t longest_bootstrap = std::size_t{2} << 20;

struct Registration {
    std::optional<System> ends;         // nothing: the registry does not report it
    std::vector<std::string> statuses;  // in the words of RFC 8056: "client hold"
};
// The registration of that domain, from an answer with status 200; otherwise an error.
std::expected<Registration, std::string> read_domain(std::string_view body,
                                                     std::string_view domain);

// The address, with a slash at its end, of the server for that domain; of several one with https.
// Nothing: none is listed. An error if this is not such a file.
std::expected<std::optional<std::string>, std::string> server_of(std::string_view bootstrap,
                                                                 std::string_view domain);

}  // namespace vitals::wire::rdap
