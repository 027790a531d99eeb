// A MongoDB server that sends arbitrary bytes: messages must be the same in one piece and byte by
// byte, and nothing may be waited for beyond the limit. Also its challenge at a log-in.
#include "target.hpp"
#include "wire/mongodb.hpp"
#include "wire/scram_client.hpp"

namespace vitals::fuzz {
namespace {

using namespace wire;

std::string whole_of(const bson::Value& value) {
    std::string text = std::to_string(static_cast<int>(value.type)) + value.text + ' ' +
                       std::to_string(value.integer) + '[';
    for (const bson::Element& element : value.items)
        text += element.name + ':' + whole_of(element.value);
    return text + ']';
}

std::string shown(const mongodb::Message& message) {
    (void)message.document.is_true("ok");
    (void)message.document.whole("code");
    return std::to_string(message.answers) + whole_of(message.document);
}

}  // namespace

void run(std::string_view bytes) {
    scram::Client client(scram::Hash::sha_256, "user", "secret", "r");
    (void)client.take_challenge(bytes);
    (void)client.accepts(bytes);
    (void)bson::read(bytes);
    compare_pieces<mongodb::take_message, shown>(bytes, mongodb::longest_message);
}

}  // namespace vitals::fuzz
