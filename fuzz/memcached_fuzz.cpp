// Answers of memcached, of arbitrary bytes: taken in one piece or byte by byte they must be the
// same, each must make the buffer shorter, and nothing may be kept waiting for beyond the limit.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "wire/memcached.hpp"

namespace {

using namespace vitals::wire::memcached;

void require(bool condition) {
    if (!condition) std::abort();
}

// The values in the buffer; `?` at the end when what follows is none.
std::vector<std::string> take_all(std::string& buffer) {
    std::vector<std::string> values;
    for (;;) {
        const std::size_t before = buffer.size();
        const auto value = take_reply(buffer);
        if (!value) {
            values.emplace_back("?");
            return values;
        }
        if (!*value) {
            require(buffer.size() == before && before <= 2 * longest_line + longest_data);
            return values;
        }
        require(buffer.size() < before);
        values.push_back((*value)->line + " " + (*value)->value.value_or("none"));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string whole(reinterpret_cast<const char*>(data), size);
    std::string buffer = whole;
    const auto at_once = take_all(buffer);
    buffer.clear();
    std::vector<std::string> piecemeal;
    for (const char byte : whole) {
        buffer += byte;
        for (std::string& value : take_all(buffer)) piecemeal.push_back(std::move(value));
        if (!piecemeal.empty() && piecemeal.back() == "?") break;
    }
    require(piecemeal == at_once);
    return 0;
}
