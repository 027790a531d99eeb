// A service that has an Asio of its own, of another release than the one inside vitals, and links
// vitals statically: both loops run, both serve. Prints the release and what was answered.
#include <utility>  // Asio 1.74 forgets it
// clang-format off
#include <boost/asio.hpp>
#include <boost/version.hpp>
// clang-format on
#include <chrono>
#include <iostream>
#include <string>
#include <thread>
#include <vitals/vitals.hpp>

namespace asio = boost::asio;
using asio::ip::tcp;

static std::string ask(asio::io_context& io, unsigned short port) {
    tcp::socket socket(io);
    socket.connect({asio::ip::make_address("127.0.0.1"), port});
    asio::write(socket, asio::buffer(std::string("GET /readyz HTTP/1.1\r\nHost: here\r\n"
                                                 "Connection: close\r\n\r\n")));
    std::string answer;
    boost::system::error_code end;
    asio::read(socket, asio::dynamic_buffer(answer), end);
    return answer.substr(0, answer.find('\r'));
}

int main() {
    asio::io_context io;
    asio::steady_timer timer(io);
    int ticks = 0;
    std::function<void(const boost::system::error_code&)> tick = [&](const auto& error) {
        if (error || ++ticks == 50) return;
        timer.expires_after(std::chrono::milliseconds(2));
        timer.async_wait(tick);
    };
    tick({});
    std::thread loop([&] { io.run(); });

    std::string answer;
    {
        vitals::Registry registry;
        registry.add("throws", []() -> vitals::Outcome { throw std::runtime_error("no luck"); },
                     {.critical = false});
        registry.add("asio", [&] {
            asio::io_context another;  // the host's Asio on a thread of vitals
            bool posted = false;
            asio::post(another, [&] { posted = true; });
            another.run();
            return posted ? vitals::ok() : vitals::failed("nothing was run");
        });
        vitals::Server server(registry, {.address = "127.0.0.1:0"});
        if (!registry.wait_for("asio", vitals::Status::ok, std::chrono::seconds(10))) return 1;
        registry.wait_for("throws", vitals::Status::failed, std::chrono::seconds(10));
        for (int i = 0; i < 100 && answer.find("200") == std::string::npos; ++i) {
            asio::io_context own;
            answer = ask(own, server.port());
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    }
    loop.join();
    std::cout << BOOST_LIB_VERSION << '\n' << answer << '\n' << ticks << '\n';
}
