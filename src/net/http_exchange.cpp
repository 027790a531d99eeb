#include "net/http_exchange.hpp"

#include <fmt/format.h>

#include <utility>

#include "net/environment_state.hpp"
#include "net/failure.hpp"
#include "wire/http_answer.hpp"

namespace vitals::net {

namespace {

using wire::same_name;

constexpr std::size_t most_header_bytes = 256 * 1024;

std::string_view trimmed(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

void add_header(HttpExchange& exchange, const std::string& line) {
    curl_slist* longer = curl_slist_append(exchange.headers, line.c_str());
    if (longer == nullptr) throw CheckError(ErrorClass::local, "no memory for HTTP");
    exchange.headers = longer;
}

// Called by curl.

CURLcode equip_tls(CURL*, void* context, void* data) {
    auto& exchange = *static_cast<HttpExchange*>(data);
    exchange.context.enter("tls");
    auto* made = static_cast<SSL_CTX*>(context);
    exchange.tls->equip(made);
    expect(made, exchange.tls_name, exchange.verdict);
    return CURLE_OK;
}

// Connection and handshake stand, the request is about to go out.
int before_request(void* data, char*, char*, int, int) {
    auto& exchange = *static_cast<HttpExchange*>(data);
    exchange.context.enter(exchange.request.step.empty() ? "wait" : exchange.request.step);
    const curl_tlssessioninfo* session = nullptr;
    if (exchange.tls &&
        curl_easy_getinfo(exchange.easy, CURLINFO_TLS_SSL_PTR, &session) == CURLE_OK &&
        session != nullptr && session->internals != nullptr) {
        note_session(static_cast<const SSL*>(session->internals), exchange.verdict);
    }
    return CURL_PREREQFUNC_OK;
}

std::size_t take_header(char* bytes, std::size_t, std::size_t size, void* data) {
    auto& exchange = *static_cast<HttpExchange*>(data);
    if (exchange.request.step.empty()) exchange.context.enter("read");
    exchange.header_bytes += size;
    if (exchange.header_bytes > most_header_bytes) {
        exchange.refusal = "header larger than " + format_size(Size{most_header_bytes});
        return 0;
    }
    const std::string_view line(bytes, size);
    auto& response = exchange.response;
    if (!exchange.head_complete && line.starts_with("HTTP/")) {
        response.headers.clear();  // of an informational response before it
        return size;
    }
    if (trimmed(line).empty()) {
        long status = 0;
        curl_easy_getinfo(exchange.easy, CURLINFO_RESPONSE_CODE, &status);
        exchange.head_complete = status >= 200;
        return size;
    }
    auto& list = exchange.head_complete ? response.trailers : response.headers;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return size;
    list.emplace_back(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
    return size;
}

std::size_t take_body(char* bytes, std::size_t, std::size_t size, void* data) {
    auto& exchange = *static_cast<HttpExchange*>(data);
    if (exchange.response.body.size() + size > exchange.request.max_body) {
        exchange.refusal = "answer larger than " + format_size(Size{exchange.request.max_body});
        return 0;
    }
    exchange.response.body.append(bytes, size);
    return size;
}

// Setting up.

void refuse_line_breaks(const std::string& text, const char* what) {
    if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
        throw CheckError(ErrorClass::local, fmt::format("{} holds a line break", what));
}

void set_method(CURL* easy, const HttpRequest& request) {
    const bool body = has_body(request);
    if (body) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         static_cast<curl_off_t>(request.body.size()));
    }
    if (request.method == "HEAD" && !body)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else if (request.method != (body ? "POST" : "GET"))
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void set_headers(HttpExchange& exchange) {
    bool typed = false;
    for (const auto& [name, value] : exchange.request.headers) {
        typed = typed || same_name(name, "content-type");
        // Curl's own notation for a header without a value.
        add_header(exchange, value.empty() ? name + ";" : name + ": " + value);
    }
    // No default of curl's that says something about a body which it does not know.
    if (has_body(exchange.request)) {
        if (!typed) add_header(exchange, "Content-Type:");
        add_header(exchange, "Expect:");
    }
    curl_easy_setopt(exchange.easy, CURLOPT_HTTPHEADER, exchange.headers);
}

void set_tls(HttpExchange& exchange) {
    CURL* easy = exchange.easy;
    const TlsOptions& options = exchange.request.tls;
    exchange.tls_name = options.server_name.empty() ? exchange.url.host : options.server_name;
    exchange.tls = exchange.context.environment().state().tls->get(options);
    // Trust, identity and the verification of chain and name are ours; see equip_tls.
    curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, options.verify ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, equip_tls);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, &exchange);
}

long http_version(const HttpExchange& exchange) {
    if (exchange.request.http2_prior_knowledge) return CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
    return exchange.url.tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1;
}

int system_error(const HttpExchange& exchange) {
    long error = 0;
    curl_easy_getinfo(exchange.easy, CURLINFO_OS_ERRNO, &error);
    return static_cast<int>(error);
}

}  // namespace

void refuse_line_breaks(const HttpRequest& request) {
    refuse_line_breaks(request.method, "method");
    for (const auto& [name, value] : request.headers) {
        refuse_line_breaks(name, "header name");
        refuse_line_breaks(value, "header value");
    }
}

bool has_body(const HttpRequest& request) {
    return !request.body.empty() || request.method == "POST" || request.method == "PUT" ||
           request.method == "PATCH";
}

void set_up(HttpExchange& exchange) {
    CURL* easy = exchange.easy;
    const HttpRequest& request = exchange.request;
    refuse_line_breaks(request);
    curl_easy_setopt(easy, CURLOPT_URL, exchange.url.text.c_str());
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, request.path_as_is ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "vitals");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, http_version(exchange));
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange.error.data());
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, &exchange);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
    if (!request.user.empty() || !request.password.empty()) {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
        curl_easy_setopt(easy, CURLOPT_USERNAME, request.user.c_str());
        curl_easy_setopt(easy, CURLOPT_PASSWORD, request.password.c_str());
    }
    set_method(easy, request);
    set_headers(exchange);
    if (exchange.url.tls) set_tls(exchange);
}

CheckError failure(const HttpExchange& exchange) {
    const std::string_view said = exchange.error.data();
    const std::string why = fmt::format("{}: {}", exchange.address,
                                        said.empty() ? curl_easy_strerror(exchange.result) : said);
    const auto protocol = [&why](std::string detail) {
        return CheckError(ErrorClass::protocol, std::move(detail), why);
    };
    const auto says = [said](std::string_view part) { return said.find(part) != said.npos; };
    if (!exchange.refusal.empty())
        return CheckError(ErrorClass::protocol, exchange.refusal, exchange.address);
    if (exchange.verdict.error != X509_V_OK)
        return handshake_failure(exchange.verdict, *exchange.tls, 0, 0, exchange.address);
    switch (exchange.result) {
        case CURLE_COULDNT_CONNECT:
            return connect_failure(system_error(exchange), exchange.address);
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
            return CheckError(ErrorClass::tls, "handshake failed", why);
        case CURLE_GOT_NOTHING:
            return protocol("closed without an answer");
        case CURLE_PARTIAL_FILE:
            return protocol("answer cut short");
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_WEIRD_SERVER_REPLY:
            return protocol("not HTTP");
        case CURLE_HTTP2:
        case CURLE_HTTP2_STREAM:
            return protocol("HTTP/2 error");
        // This is how it says that a header line exceeds its own limit.
        case CURLE_OUT_OF_MEMORY:
            return protocol("header too large");
        case CURLE_URL_MALFORMAT:
            return CheckError(ErrorClass::local, "not a usable URL", why);
        case CURLE_RECV_ERROR:
        case CURLE_SEND_ERROR:
            if (says("alert"))
                return CheckError(ErrorClass::tls, "client certificate refused", why);
            if (says("reset") || says("pipe")) return protocol("connection reset");
            return protocol("malformed answer");
        default:
            return protocol("exchange failed");
    }
}

}  // namespace vitals::net
