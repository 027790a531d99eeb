// RESP on arbitrary bytes: taken in one piece or byte by byte the values must be the same, each
// must make the buffer shorter, and nothing may be kept waiting for beyond the limit.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "wire/resp.hpp"

namespace {

using namespace vitals::wire::resp;

void require(bool condition) {
    if (!condition) std::abort();
}

std::string shown(const Value& value) {
    std::string text = std::to_string(static_cast<int>(value.type)) + value.text + ' ' +
                       std::to_string(value.integer) + '[';
    for (const Value& item : value.items) text += shown(item);
    return text + ']';
}

// The values in the buffer; `?` at the end when what follows is none.
std::vector<std::string> take_all(std::string& buffer) {
    std::vector<std::string> values;
    for (;;) {
        const std::size_t before = buffer.size();
        const auto value = take_value(buffer);
        if (!value) {
            values.emplace_back("?");
            return values;
        }
        if (!*value) {
            require(buffer.size() == before && before <= longest_value);
            return values;
        }
        require(buffer.size() < before);
        (void)info_field((*value)->text, "role");
        (void)info_part((*value)->text, "state");
        (void)(*value)->error_code();
        values.push_back(shown(**value));
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
