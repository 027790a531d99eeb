// An operation of the control API, /v1. Routing, rights and the OpenAPI document come from this one
// description. Each operation has its own file in operations/ and one line in
// operations/catalog.cpp. Operations are stateless and used on any serving thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dialects/dialect.hpp"
#include "endpoints/control.hpp"
#include "endpoints/schema.hpp"
#include "endpoints/stream.hpp"
#include "http/response.hpp"
#include "model/clock.hpp"
#include "model/hub.hpp"

namespace vitals::endpoints {

// The right that a token needs. A control listener asks for none.
enum class Right : std::uint8_t { none, read, push, control };

// A request for a change, or for a part of the history.
struct Call {
    const Control& control;
    std::vector<std::string> names;  // the path's parameters, decoded
    std::string path;                // as sent
    http::Pairs query;               // decoded
    std::string who;                 // asks, for the log
    std::string by;                  // the same as an author: the token's name, or the peer
    const Hub& hub;
    Clock& clock;
    std::string body;
    Reply reply;  // called when there is no answer at once
};

// A request for a stream.
struct StreamCall {
    const Control& control;
    const Hub& hub;
    Clock& clock;
    std::string path;           // as sent
    http::Pairs query;          // decoded
    std::string last_event_id;  // the field of that name, or empty
};

// What an operation does with the session of a browser; the responder does it.
enum class SessionUse : std::uint8_t { none, begins, ends };

// A parameter of the path, one segment.
struct PathParameter {
    std::string_view name, sentence;
    int longest = 128;  // characters, as described; what it names decides
};

// A parameter of the query; an optional text.
struct QueryParameter {
    std::string_view name, sentence;
};

// A code of an answer, and when it is used.
struct AnswerCase {
    int status = 0;
    std::string_view when;
    const NamedSchema* content = nullptr;  // null: none, or problem details
};

struct Operation {
    std::string_view method;
    std::string_view path;  // "/v1/components/{name}"
    std::string_view id;
    std::string_view summary;
    std::span<const PathParameter> parameters{};  // in the order of the path
    std::span<const QueryParameter> query{};
    Right right = Right::none;
    // One of the three. A read of the present renders a snapshot as dialects do (Request::rest is
    // the path's parameter, Request::path is as sent), and its answer is kept. A change, and a read
    // of the past, answers at once or calls the reply later. A stream continues
    // (text/event-stream).
    dialects::Response (*render)(const Snapshot&, const dialects::Request&) = nullptr;
    std::optional<http::Response> (*run)(Call call) = nullptr;
    Streamed (*open)(const StreamCall& call) = nullptr;
    SessionUse sessions = SessionUse::none;
    const NamedSchema* body = nullptr;  // of the request
    bool body_required = true;
    const NamedSchema* answer = nullptr;    // of 200; null: no content
    std::span<const AnswerCase> answers{};  // the others
};

// `rest` has everything that the other arguments do not say.
constexpr Operation make_operation(std::string_view method, std::string_view path,
                                   std::string_view id, std::string_view summary, Operation rest) {
    rest.method = method;
    rest.path = path;
    rest.id = id;
    rest.summary = summary;
    return rest;
}

// In the order of the document.
std::span<const Operation* const> operations();

inline constexpr PathParameter component_parameter[] = {
    {"name", "The component's name as one segment, percent-encoded: `databases%2Fdefault`."}};

}  // namespace vitals::endpoints
