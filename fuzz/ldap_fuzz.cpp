// An LDAP server that sends arbitrary bytes: messages must be the same in one piece and byte by
// byte, and nothing may be waited for beyond the limit.
#include "target.hpp"
#include "wire/ldap.hpp"

namespace vitals::fuzz {
namespace {

using namespace wire::ldap;

std::string shown(const Message& message) {
    require(message.body.size() <= longest_message && message.id >= 0);
    const auto result = read_result(message);
    if (const auto values = read_values(message, "cn")) {
        std::size_t size = 0;
        for (const std::string& value : *values) size += 2 + value.size();
        require(size <= message.body.size());
    }
    return std::to_string(message.id) + message.body + (result ? result->text : "?");
}

}  // namespace

void run(std::string_view bytes) {
    compare_pieces<take_message, shown>(bytes, longest_message + 6);
}

}  // namespace vitals::fuzz
