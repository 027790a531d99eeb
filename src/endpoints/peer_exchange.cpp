#include "endpoints/peer_exchange.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>

#include "endpoints/json_body.hpp"
#include "text/json.hpp"
#include "text/utf8.hpp"

namespace vitals::endpoints {

namespace {

namespace json = boost::json;
using text::JsonWriter;

constexpr std::size_t longest_text = 512;
constexpr std::size_t most_held = 1'000;
constexpr std::size_t longest_name = 64, longest_reason = 256;  // bytes
constexpr std::int64_t latest_ms = 9'000'000'000'000;           // in the year 2255

// A missing text is empty; a value that is not a text, or too long, makes the whole invalid.
bool read_text(const json::object& from, std::string_view name, std::string& into) {
    const json::value* value = from.if_contains(name);
    if (value == nullptr) return true;
    if (!value->is_string() || value->get_string().size() > longest_text) return false;
    into = as_view(value->get_string());
    return true;
}

bool read_number(const json::object& from, std::string_view name, std::int64_t& into) {
    constexpr std::int64_t most = 1'000'000'000;
    const json::value* value = from.if_contains(name);
    if (value == nullptr) return true;
    if (!value->is_int64() || value->get_int64() < 0 || value->get_int64() > most) return false;
    into = value->get_int64();
    return true;
}

bool read_bool(const json::object& from, std::string_view name, bool& into) {
    const json::value* value = from.if_contains(name);
    if (value == nullptr) return true;
    if (!value->is_bool()) return false;
    into = value->get_bool();
    return true;
}

bool read_told(const json::value& value, PeerExchange::Told& told) {
    if (!value.is_object()) return false;
    const json::object& from = value.get_object();
    std::string level = "ok";
    if (!read_text(from, "key", told.key) || !read_text(from, "component", told.component) ||
        !read_bool(from, "open", told.open) || !read_text(from, "receiver", told.receiver) ||
        !read_text(from, "state", told.state) || !read_number(from, "serial", told.serial) ||
        !read_text(from, "level", level))
        return false;
    const auto status = parse_status(level);
    if (!status || told.key.empty()) return false;
    told.level = *status;
    return true;
}

bool read_acknowledged(const json::value& value, PeerExchange& into) {
    if (!value.is_object()) return false;
    const json::object& from = value.get_object();
    std::string key;
    Acknowledgement read;
    const json::value* at = from.if_contains("at_ms");
    if (!read_text(from, "key", key) || !read_text(from, "by", read.by) ||
        !read_text(from, "reason", read.reason) || key.empty() || read.by.size() > longest_name ||
        read.reason.size() > longest_reason || at == nullptr || !at->is_int64() ||
        at->get_int64() < 0 || at->get_int64() > latest_ms)
        return false;
    read.at = System(std::chrono::milliseconds(at->get_int64()));
    into.acknowledged.insert_or_assign(std::move(key), std::move(read));
    return true;
}

bool read_claim(const json::value& value, std::optional<PeerExchange::Claim>& into) {
    if (value.is_null()) return true;
    if (!value.is_object()) return false;
    const json::object& from = value.get_object();
    PeerExchange::Claim& claim = into.emplace();
    return read_text(from, "key", claim.key) && read_text(from, "receiver", claim.receiver) &&
           read_text(from, "state", claim.state) && read_number(from, "serial", claim.serial) &&
           !claim.key.empty() && !claim.receiver.empty();
}

}  // namespace

std::string to_json(const PeerExchange& exchange) {
    std::string out;
    JsonWriter writer(out);
    writer.object().member("rank", exchange.rank).key("told").array();
    for (const PeerExchange::Told& told : exchange.told) {
        writer.object().member("key", told.key).member("component", told.component);
        writer.member("open", told.open);
        if (!told.receiver.empty())
            writer.member("receiver", told.receiver)
                .member("state", told.state)
                .member("level", to_string(told.level))
                .member("serial", told.serial);
        writer.end_object();
    }
    writer.end_array().key("acknowledged").array();
    std::size_t sent = 0;
    for (const auto& [key, each] : exchange.acknowledged) {
        if (++sent > most_acknowledged) break;
        const auto at = std::chrono::floor<std::chrono::milliseconds>(each.at.time_since_epoch());
        writer.object()
            .member("key", key)
            .member("by", text::cut_utf8(each.by, longest_name))
            .member("reason", text::cut_utf8(each.reason, longest_reason))
            .member("at_ms", std::max<std::int64_t>(at.count(), 0))
            .end_object();
    }
    writer.end_array().key("holds").array();
    for (const std::string& each : exchange.holds) writer.value(each);
    writer.end_array();
    if (const auto& claim = exchange.claim)
        writer.key("claim")
            .object()
            .member("key", claim->key)
            .member("receiver", claim->receiver)
            .member("state", claim->state)
            .member("serial", claim->serial)
            .end_object();
    writer.member("granted", exchange.granted).end_object();
    return out;
}

std::expected<PeerExchange, std::string> read_peer_exchange(std::string_view text) {
    auto object = parse_object(text);
    if (!object) return std::unexpected(std::move(object.error().detail));
    PeerExchange exchange;
    if (!read_number(*object, "rank", exchange.rank) || exchange.rank == 0)
        return std::unexpected("`rank` must be a number from 1 on");
    if (const json::value* told = object->if_contains("told")) {
        if (!told->is_array() || told->get_array().size() > most_told)
            return std::unexpected("`told` must be a list of at most 200");
        for (const json::value& each : told->get_array())
            if (!read_told(each, exchange.told.emplace_back()))
                return std::unexpected("an item of `told` is not as expected");
    }
    if (const json::value* acknowledged = object->if_contains("acknowledged")) {
        if (!acknowledged->is_array() || acknowledged->get_array().size() > most_acknowledged)
            return std::unexpected("`acknowledged` must be a list of at most 50");
        for (const json::value& each : acknowledged->get_array())
            if (!read_acknowledged(each, exchange))
                return std::unexpected("an item of `acknowledged` is not as expected");
    }
    if (const json::value* holds = object->if_contains("holds")) {
        if (!holds->is_array() || holds->get_array().size() > most_held)
            return std::unexpected("`holds` must be a list of at most 1000");
        for (const json::value& each : holds->get_array()) {
            if (!each.is_string()) return std::unexpected("an item of `holds` must be a text");
            exchange.holds.emplace_back(as_view(each.get_string()));
        }
    }
    if (const json::value* claim = object->if_contains("claim"))
        if (!read_claim(*claim, exchange.claim))
            return std::unexpected("`claim` must have a key, a receiver, a state and a serial");
    if (!read_bool(*object, "granted", exchange.granted))
        return std::unexpected("`granted` must be true or false");
    return exchange;
}

}  // namespace vitals::endpoints
