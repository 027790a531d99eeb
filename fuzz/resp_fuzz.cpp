// RESP on arbitrary bytes: the values must be the same in one piece and byte by byte, each must
// shorten the buffer, and nothing may be waited for beyond the limit.
#include "target.hpp"
#include "wire/resp.hpp"

namespace vitals::fuzz {
namespace {

using namespace wire::resp;

std::string whole_of(const Value& value) {
    std::string text = std::to_string(static_cast<int>(value.type)) + value.text + ' ' +
                       std::to_string(value.integer) + '[';
    for (const Value& item : value.items) text += whole_of(item);
    return text + ']';
}

auto take(std::string& buffer) {
    return take_value(buffer);
}

std::string shown(const Value& value) {
    (void)info_field(value.text, "role");
    (void)info_part(value.text, "state");
    (void)value.error_code();
    return whole_of(value);
}

}  // namespace

void run(std::string_view bytes) {
    compare_pieces<take, shown>(bytes, longest_value);
}

}  // namespace vitals::fuzz
