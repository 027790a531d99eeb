// For tests of the HTTP client: short functions for requests, and a server with prepared answers.
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "check_testing.hpp"
#include "net/http_client.hpp"
#include "net/net_testing.hpp"

namespace vitals::net {

using vitals::testing::Peer;

inline HttpRequest get(std::string url) {
    HttpRequest request;
    request.url = std::move(url);
    return request;
}

inline Work<HttpResponse> fetching(HttpRequest request) {
    return [=](Context& context) { return http(context, request); };
}

inline Ran<HttpResponse> fetch(HttpRequest request, milliseconds limit = std::chrono::seconds(5)) {
    return drive<HttpResponse>(fetching(std::move(request)), limit);
}

inline std::vector<std::string> names(const std::vector<Phase>& phases) {
    std::vector<std::string> made;
    for (const Phase& phase : phases) made.push_back(phase.name);
    return made;
}

// Answers each request with the next of these (the last one repeatedly), and keeps the requests. A
// request is its head and as many bytes as its Content-Length says.
class Server {
  public:
    explicit Server(std::vector<std::string> answers)
        : answers_(std::move(answers)), peer_([this](int descriptor) { serve(descriptor); }) {}
    std::string url(const std::string& path = "/") const {
        return "http://" + peer_.address() + path;
    }
    std::string request(std::size_t index = 0) {
        const std::lock_guard lock(mutex_);
        return requests_.at(index);
    }
    std::size_t requests() {
        const std::lock_guard lock(mutex_);
        return requests_.size();
    }

  private:
    void serve(int descriptor) {
        std::string text;
        std::size_t whole = std::string::npos;
        while (text.size() < whole) {
            char bytes[4096];
            const ssize_t got = ::recv(descriptor, bytes, sizeof bytes, 0);
            if (got <= 0) return;
            text.append(bytes, static_cast<std::size_t>(got));
            const std::size_t head = text.find("\r\n\r\n");
            if (head == std::string::npos) continue;
            whole = head + 4;
            const std::size_t length = text.find("Content-Length: ");
            if (length < head) whole += std::stoul(text.substr(length + 16));
        }
        std::string answer;
        {
            const std::lock_guard lock(mutex_);
            answer = answers_[std::min(requests_.size(), answers_.size() - 1)];
            requests_.push_back(text);
        }
        (void)::send(descriptor, answer.data(), answer.size(), MSG_NOSIGNAL);
    }

    std::vector<std::string> answers_;
    std::vector<std::string> requests_;
    std::mutex mutex_;
    Peer peer_;
};

inline const std::string fine = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

}  // namespace vitals::net
