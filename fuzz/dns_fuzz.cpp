// DNS answers on arbitrary bytes. The first two bytes choose the type asked for and whether the
// rest is taken as a whole message or as what follows a proper header and question, so that records
// are reached at once. Records read must be in the form in which expectations are compared.
#include <algorithm>

#include "target.hpp"
#include "wire/dns_message.hpp"

namespace vitals::fuzz {
namespace {

using namespace vitals::wire::dns;

constexpr RecordType types[] = {RecordType::a,   RecordType::ns,   RecordType::cname,
                                RecordType::soa, RecordType::ptr,  RecordType::mx,
                                RecordType::txt, RecordType::aaaa, RecordType::srv};
constexpr std::uint16_t id = 0x1234;

}  // namespace

void run(std::string_view bytes) {
    if (bytes.size() < 2) return;
    const RecordType type = types[static_cast<unsigned char>(bytes[0]) % std::size(types)];
    const std::string_view rest = bytes.substr(2);
    const Question question{"www.example.org", type};
    std::string message;
    if (bytes[1] % 2 == 0) {
        message = query(question, id);
        require(message.size() > 12);
        message[2] = static_cast<char>(0x81);  // an answer
        message[3] = static_cast<char>(0x80);
        message[7] =
            static_cast<char>(static_cast<unsigned char>(bytes[1]) / 2);  // so many records
    }
    message += rest;
    const auto answer = parse_answer(message, question, id);
    if (!answer) return;
    require(!answer->truncated || answer->records.empty());
    require(std::is_sorted(answer->records.begin(), answer->records.end()));
    for (const std::string& record : answer->records) {
        const bool address = type == RecordType::a || type == RecordType::aaaa;
        if (address) require(normalised(type, record) == record);
    }
}

}  // namespace vitals::fuzz
