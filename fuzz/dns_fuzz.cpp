// DNS answers on arbitrary bytes. The first two bytes choose the type asked for and whether the
// rest is taken as a whole message or as what follows a proper header and question, so that records
// are reached at once. Records read must be in the form in which expectations are compared.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "wire/dns_message.hpp"

namespace {

using namespace vitals::wire::dns;

void require(bool condition) {
    if (!condition) std::abort();
}

constexpr RecordType types[] = {RecordType::a,   RecordType::ns,   RecordType::cname,
                                RecordType::soa, RecordType::ptr,  RecordType::mx,
                                RecordType::txt, RecordType::aaaa, RecordType::srv};
constexpr std::uint16_t id = 0x1234;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const RecordType type = types[data[0] % std::size(types)];
    const std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
    const Question question{"www.example.org", type};
    std::string message;
    if (data[1] % 2 == 0) {
        message = query(question, id);
        require(message.size() > 12);
        message[2] = static_cast<char>(0x81);  // an answer
        message[3] = static_cast<char>(0x80);
        message[7] = static_cast<char>(data[1] / 2);  // so many records
    }
    message += rest;
    const auto answer = parse_answer(message, question, id);
    if (!answer) return 0;
    require(!answer->truncated || answer->records.empty());
    require(std::is_sorted(answer->records.begin(), answer->records.end()));
    for (const std::string& record : answer->records) {
        const bool address = type == RecordType::a || type == RecordType::aaaa;
        if (address) require(normalised(type, record) == record);
    }
    return 0;
}
