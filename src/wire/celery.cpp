#include "celery.hpp"

#include <openssl/evp.h>

#include <boost/json.hpp>

#include "text/json.hpp"

namespace vitals::wire::celery {

namespace json = boost::json;

namespace {

constexpr std::size_t most_workers = 10'000;

std::optional<json::value> parse(std::string_view text) {
    if (text.size() > largest_text) return std::nullopt;
    json::parse_options limits;
    limits.max_depth = 16;
    boost::system::error_code error;
    json::value value = json::parse({text.data(), text.size()}, error, {}, limits);
    if (error) return std::nullopt;
    return value;
}

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains({name.data(), name.size()});
    const json::string* text = value == nullptr ? nullptr : value->if_string();
    return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

std::int64_t number_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains({name.data(), name.size()});
    const std::int64_t* number = value == nullptr ? nullptr : value->if_int64();
    return number == nullptr ? 0 : *number;
}

// Seconds since 1970, before the year 10000.
double time_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains({name.data(), name.size()});
    if (value == nullptr) return 0;
    const double* fraction = value->if_double();
    const double time =
        fraction != nullptr ? *fraction : static_cast<double>(number_of(object, name));
    return time > 0 && time < 253'402'300'800.0 ? time : 0;
}

const json::object* object_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains({name.data(), name.size()});
    return value == nullptr ? nullptr : value->if_object();
}

std::string base64(std::string_view bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::string bytes(text.size() / 4 * 3 + 1, '\0');
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
    if (size < 0) return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && text.size() > padding && text[text.size() - 1 - padding] == '=')
        ++padding;
    if (padding > static_cast<std::size_t>(size)) return std::nullopt;
    bytes.resize(static_cast<std::size_t>(size) - padding);
    return bytes;
}

Reply reply_of(std::string_view node, const json::value& said) {
    Reply reply;
    reply.node = node;
    if (const auto* object = said.if_object()) {
        reply.pong = text_of(*object, "ok") == "pong";
        reply.error = text_of(*object, "error");
    } else if (const auto* queues = said.if_array()) {
        for (const json::value& queue : *queues) {
            if (const auto* about = queue.if_object()) {
                if (auto name = text_of(*about, "name"); !name.empty())
                    reply.queues.push_back(std::move(name));
            }
        }
    }
    return reply;
}

}  // namespace

std::string write_request(const Request& request) {
    std::string body;
    text::JsonWriter json(body);
    json.object().member("method", request.method);
    json.key("arguments").object().end_object().key("destination");
    if (request.destination.empty()) {
        json.null();
    } else {
        json.array();
        for (const std::string& node : request.destination) json.value(node);
        json.end_array();
    }
    json.member("pattern", nullptr).member("matcher", nullptr).member("ticket", request.ticket);
    json.key("reply_to").object().member("exchange", request.reply_exchange);
    json.member("routing_key", request.reply_key).end_object().end_object();
    return body;
}

std::string write_envelope(const Envelope& envelope) {
    std::string whole;
    text::JsonWriter json(whole);
    json.object().member("body", base64(envelope.body));
    json.member("content-encoding", "utf-8").member("content-type", "application/json");
    json.key("headers").object().member("clock", 1).member("expires", envelope.expires);
    json.end_object().key("properties").object().member("delivery_mode", 2);
    json.key("delivery_info").object().member("exchange", envelope.exchange);
    json.member("routing_key", "").end_object().member("priority", 0);
    json.member("body_encoding", "base64").member("delivery_tag", envelope.delivery_tag);
    json.end_object().end_object();
    return whole;
}

std::expected<Opened, std::string> read_envelope(std::string_view text) {
    const auto value = parse(text);
    const json::object* whole = value ? value->if_object() : nullptr;
    if (whole == nullptr) return std::unexpected("is no envelope of kombu");
    Opened opened;
    opened.body = text_of(*whole, "body");
    opened.content_type = text_of(*whole, "content-type");
    const json::object* properties = object_of(*whole, "properties");
    if (properties != nullptr && text_of(*properties, "body_encoding") == "base64") {
        auto body = from_base64(opened.body);
        if (!body) return std::unexpected("holds a body that is no base64");
        opened.body = std::move(*body);
    }
    if (const json::object* headers = object_of(*whole, "headers"))
        opened.ticket = text_of(*headers, "ticket");
    return opened;
}

std::expected<std::vector<Reply>, std::string> read_replies(std::string_view body) {
    const auto value = parse(body);
    const json::object* said = value ? value->if_object() : nullptr;
    if (said == nullptr || said->size() > most_workers)
        return std::unexpected("is no reply of a worker");
    std::vector<Reply> replies;
    for (const auto& [node, what] : *said)
        replies.push_back(reply_of(std::string_view(node.data(), node.size()), what));
    return replies;
}

std::expected<std::vector<WorkerEvent>, std::string> read_events(std::string_view body) {
    const auto value = parse(body);
    if (!value) return std::unexpected("is no event");
    std::vector<WorkerEvent> events;
    const auto take = [&](const json::value& each) {
        const json::object* event = each.if_object();
        if (event == nullptr) return false;
        events.push_back({text_of(*event, "hostname"), text_of(*event, "type"),
                          time_of(*event, "timestamp"), number_of(*event, "pid")});
        return true;
    };
    if (const json::array* several = value->if_array()) {
        if (several->size() > most_workers) return std::unexpected("is no event");
        for (const json::value& each : *several) take(each);
        if (events.empty()) return std::unexpected("is no event");
    } else if (!take(*value)) {
        return std::unexpected("is no event");
    }
    return events;
}

}  // namespace vitals::wire::celery
