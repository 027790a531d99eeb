// Health inside a service that has Boost.Beast already: one synchronous server, one call to vitals.
//
//     beast_service [PORT [REQUESTS]]
#include <boost/asio.hpp>
#include <boost/beast.hpp>
#include <cstdlib>
#include <iostream>
#include <vitals/vitals.hpp>

namespace asio = boost::asio;
namespace http = boost::beast::http;

int main(int count, char** words) {
    const auto port = static_cast<unsigned short>(count > 1 ? std::atoi(words[1]) : 8080);
    int requests = count > 2 ? std::atoi(words[2]) : -1;

    vitals::Registry registry;
    registry.add("queue", [] { return vitals::degraded("long"); });
    registry.wait_for("queue", vitals::Status::degraded, std::chrono::seconds(5));

    asio::io_context io;
    asio::ip::tcp::acceptor acceptor(io, {asio::ip::make_address("127.0.0.1"), port});
    std::cout << "ready on port " << port << std::endl;
    while (requests-- != 0) {
        asio::ip::tcp::socket socket = acceptor.accept();
        boost::beast::flat_buffer buffer;
        http::request<http::string_body> in;
        boost::system::error_code problem;
        http::read(socket, buffer, in, problem);
        if (problem) continue;
        vitals::Request request;
        request.method = std::string(in.method_string());
        request.target = std::string(in.target());
        for (const auto& field : in)
            request.headers.emplace_back(std::string(field.name_string()),
                                         std::string(field.value()));
        const vitals::Response answer = vitals::respond(registry.snapshot(), request);
        http::response<http::string_body> out(static_cast<http::status>(answer.status),
                                              in.version());
        for (const auto& [name, value] : answer.headers) out.set(name, value);
        out.body() = answer.body;
        out.prepare_payload();
        out.keep_alive(false);
        http::write(socket, out, problem);
    }
}
