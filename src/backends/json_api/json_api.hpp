// Shared by the APIs of etcd, Elasticsearch, Prometheus, container engines and registries: a
// request over HTTP, an answer in JSON. The kind knows the meaning of an answer.
#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/check_error.hpp"
#include "model/description.hpp"
#include "net/awaitable.hpp"
#include "net/context.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::backends::json_api {

// `etcd://host` as `http://host:2379`, `etcds://host` as `https://host:2379`; http and https keep
// their scheme. The path stays, without its last slash; user and password do not.
std::string base_of(const text::Url& url, std::string_view scheme, std::uint16_t usual_port);

// What is wrong with such a URL: another scheme, parameters.
Verified verify_base(const text::Url& url, std::initializer_list<std::string_view> schemes);

struct Access {
    std::string base;         // http://host:port/prefix
    std::string unix_socket;  // connect there instead
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string user{};
    std::string password{};
    net::TlsOptions tls{};
    std::size_t most_bytes = std::size_t{1} << 20;
};

// From options with the usual names: url, user, password, tls.
template <class Options>
Access access_of(const Options& options, std::string base) {
    Access access{.base = std::move(base)};
    access.user = options.user.empty() ? options.url.user : options.user;
    access.password =
        options.password.configured() ? options.password.reveal() : options.url.password;
    access.tls = options.tls;
    return access;
}

struct Question {
    std::string step;  // the phase
    std::string path;  // behind the base, with its query
    std::string body{};
    std::string content_type = "application/json";  // of the body; with one it is a POST
};

struct Answer {
    int status = 0;
    boost::json::value document;  // null if the body is not JSON
    std::string said;             // the beginning of the body, for `error`
};

// With any status. Throws what net::http() throws.
net::awaitable<Answer> ask(net::Context& context, const Access& access, Question question);

// The value at a JSON pointer; null, empty or nothing if it is missing or of another type. A number
// may be written as a text, and is finite.
const boost::json::value* find(const boost::json::value& document, std::string_view pointer);
std::string text_at(const boost::json::value& document, std::string_view pointer);
std::optional<double> number_at(const boost::json::value& document, std::string_view pointer);
// Without its fraction; a number that is too large becomes the largest exact one.
std::optional<std::int64_t> whole_at(const boost::json::value& document, std::string_view pointer);
std::optional<bool> flag_at(const boost::json::value& document, std::string_view pointer);

// The meaning of an answer for which the kind knows no better one: by its status, or that it is not
// `whose` answer ("etcd's").
CheckError refusal(const Answer& answer, std::string_view whose);

}  // namespace vitals::backends::json_api
