// The messages of MongoDB's wire protocol, OP_MSG:
// https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "wire/bson.hpp"

namespace vitals::wire::mongodb {

struct Message {
    std::int32_t answers = 0;  // the number of the message that it answers
    bson::Value document;
};

inline constexpr std::size_t longest_message = bson::longest_document + 64;

// Takes the first message from `buffer`, which holds the received bytes. Nothing while the message
// is incomplete. An error as soon as it can no longer become a message, or is too long.
std::expected<std::optional<Message>, std::string> take_message(std::string& buffer);

// A command in the form of the wire.
std::string command(std::int32_t number, const bson::Writer& document);

}  // namespace vitals::wire::mongodb
