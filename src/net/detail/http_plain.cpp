#include "net/detail/http_plain.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "net/detail/http_request.hpp"
#include "wire/http_answer.hpp"

namespace vitals::net {

namespace {

using wire::same_name;

// Head and body.
std::string written(const HttpRequest& request, const HttpUrl& url) {
    std::string whole;
    whole.reserve(512 + request.body.size());
    whole.append(request.method).append(" ").append(target(url)).append(" HTTP/1.1\r\n");
    bool chunked = false;
    for (const auto& [name, value] : headers_of(request, url)) {
        whole.append(name).append(value.empty() ? ":" : ": ").append(value).append("\r\n");
        chunked = chunked || (same_name(name, "Transfer-Encoding") && same_name(value, "chunked"));
    }
    whole += "\r\n";
    if (chunked && !request.body.empty())
        whole += fmt::format("{:x}\r\n{}\r\n", request.body.size(), request.body);
    return chunked ? whole + "0\r\n\r\n" : whole + request.body;
}

CheckError at(const std::string& address, const CheckError& problem) {
    const std::string what = problem.error.empty() ? address : address + ": " + problem.error;
    return {problem.error_class, problem.detail, what};
}

}  // namespace

awaitable<HttpResponse> exchange_plain(Context& context, const HttpRequest& request,
                                       const HttpUrl& url, Connection& connection) {
    context.enter(request.step.empty() ? "wait" : request.step);
    const std::string sent = written(request, url);
    co_await connection.write(sent);
    wire::HttpAnswer answer(request.method == "HEAD", request.max_body);
    bool reading = !request.step.empty();
    // The buffer does not belong to the run, because thousands may wait at once: the bytes in it
    // are used before another run reads.
    thread_local std::array<char, 16384> bytes;
    for (bool complete = false; !complete;) {
        const std::size_t count = co_await connection.read_some(bytes);
        const std::string_view arrived(bytes.data(), count);
        auto taken = count > 0 ? answer.receive(arrived) : answer.end();
        if (answer.begun() && !std::exchange(reading, true)) context.enter("read");
        if (!taken) throw at(connection.peer(), taken.error());
        complete = *taken;
    }
    HttpResponse response;
    response.status = answer.status;
    response.headers = std::move(answer.headers);
    response.trailers = std::move(answer.trailers);
    response.body = std::move(answer.body);
    co_return response;
}

}  // namespace vitals::net
