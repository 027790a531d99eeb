#include "net/http_plain.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <memory>
#include <utility>

#include "net/connect.hpp"
#include "net/http_exchange.hpp"
#include "wire/http_answer.hpp"

namespace vitals::net {

namespace {

using wire::same_name;

std::string basic(const HttpRequest& request) {
    const std::string plain = request.user + ":" + request.password;
    std::string encoded((plain.size() + 2) / 3 * 4 + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                     reinterpret_cast<const unsigned char*>(plain.data()),
                                     static_cast<int>(plain.size()));
    encoded.resize(static_cast<std::size_t>(size));
    return "Basic " + encoded;
}

// As it stands in Host: the port where it is not the usual one, an address without its zone.
std::string authority(const HttpUrl& url) {
    const bool usual = url.port == (url.tls ? 443 : 80);
    const std::string host = url.host.substr(0, url.host.find('%'));
    const bool bracketed = host.find(':') != std::string::npos;
    std::string made = bracketed ? "[" + host + "]" : host;
    if (!usual) made += ":" + std::to_string(url.port);
    return made;
}

// Path and query.
std::string_view target(const HttpUrl& url) {
    const std::string_view text = url.text;
    const std::size_t path = text.find('/', text.find("://") + 3);
    return path == text.npos ? "/" : text.substr(path);
}

void add(std::string& head, std::string_view name, std::string_view value) {
    head.append(name).append(value.empty() ? ":" : ": ").append(value).append("\r\n");
}

// Head and body. What the request says of a header replaces what would be said by default.
std::string written(const HttpRequest& request, const HttpUrl& url) {
    const auto given = [&request](std::string_view name) -> const std::string* {
        for (const auto& header : request.headers)
            if (same_name(header.first, name)) return &header.second;
        return nullptr;
    };
    std::string whole;
    whole.reserve(512 + request.body.size());
    whole.append(request.method).append(" ").append(target(url)).append(" HTTP/1.1\r\n");
    const std::string* host = given("Host");
    add(whole, "Host", host != nullptr ? *host : authority(url));
    const bool known = !request.user.empty() || !request.password.empty();
    if (known && given("Authorization") == nullptr) add(whole, "Authorization", basic(request));
    if (given("User-Agent") == nullptr) add(whole, "User-Agent", "vitals");
    if (given("Accept") == nullptr) add(whole, "Accept", "*/*");
    for (const auto& [name, value] : request.headers)
        if (!same_name(name, "Host")) add(whole, name, value);
    const std::string* coding = given("Transfer-Encoding");
    const bool chunked = coding != nullptr && same_name(*coding, "chunked");
    if (has_body(request) && coding == nullptr && given("Content-Length") == nullptr)
        add(whole, "Content-Length", std::to_string(request.body.size()));
    whole += "\r\n";
    if (chunked && !request.body.empty())
        whole += fmt::format("{:x}\r\n{}\r\n", request.body.size(), request.body);
    return chunked ? whole + "0\r\n\r\n" : whole + request.body;
}

CheckError at(const std::string& address, const CheckError& problem) {
    const std::string what = problem.error.empty() ? address : address + ": " + problem.error;
    return {problem.error_class, problem.detail, what};
}

awaitable<std::unique_ptr<Connection>> connection_to(Context& context, const HttpRequest& request,
                                                     const HttpUrl& url) {
    Endpoint endpoint{url.host, url.port, request.unix_socket};
    auto connection = co_await dial_to_ask(context, std::move(endpoint));
    if (url.tls) {
        context.enter("tls");
        co_await connection->start_tls(request.tls, url.host);
    }
    co_return connection;
}

}  // namespace

awaitable<HttpResponse> exchange_plain(Context& context, const HttpRequest& request,
                                       const HttpUrl& url) {
    refuse_line_breaks(request);
    auto connection = co_await connection_to(context, request, url);
    context.enter(request.step.empty() ? "wait" : request.step);
    const std::string sent = written(request, url);
    co_await connection->write(sent);
    wire::HttpAnswer answer(request.method == "HEAD", request.max_body);
    bool reading = !request.step.empty();
    // Not the run's own, for thousands may be waiting at once: what has been read into it is taken
    // before anybody else reads.
    thread_local std::array<char, 16384> bytes;
    for (bool complete = false; !complete;) {
        const std::size_t count = co_await connection->read_some(bytes);
        const std::string_view arrived(bytes.data(), count);
        auto taken = count > 0 ? answer.receive(arrived) : answer.end();
        if (answer.begun() && !std::exchange(reading, true)) context.enter("read");
        if (!taken) throw at(connection->peer(), taken.error());
        complete = *taken;
    }
    HttpResponse response;
    response.status = answer.status;
    response.headers = std::move(answer.headers);
    response.trailers = std::move(answer.trailers);
    response.body = std::move(answer.body);
    response.effective_url = url.text;
    response.certificate = connection->certificate();
    co_return response;
}

}  // namespace vitals::net
