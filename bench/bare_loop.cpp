// The baseline for the server: an Asio loop that parses nothing. For every blank line it writes the
// bytes of a file, as they are.
//
//     bench_bare_loop PORT FILE
#include <array>
#include <boost/asio.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

class Session : public std::enable_shared_from_this<Session> {
  public:
    Session(tcp::socket socket, const std::string& answer)
        : socket_(std::move(socket)), answer_(answer) {}

    void read() {
        socket_.async_read_some(asio::buffer(buffer_),
                                [self = shared_from_this()](auto error, std::size_t length) {
                                    if (!error) self->answer(length);
                                });
    }

  private:
    auto then_read() {
        return [self = shared_from_this()](auto error, std::size_t) {
            if (!error) self->read();
        };
    }

    void answer(std::size_t length) {
        const std::string_view bytes(buffer_.data(), length);
        std::size_t requests = 0;
        for (std::size_t at = 0; (at = bytes.find("\r\n\r\n", at)) != std::string_view::npos;
             at += 4)
            ++requests;
        if (requests == 0) return read();
        std::array<asio::const_buffer, 16> out;
        for (auto& one : out) one = asio::const_buffer();
        for (std::size_t i = 0; i < std::min(requests, out.size()); ++i)
            out[i] = asio::buffer(answer_);
        if (requests == 1)
            asio::async_write(socket_, asio::buffer(answer_), then_read());
        else
            asio::async_write(socket_, out, then_read());
    }

    tcp::socket socket_;
    const std::string& answer_;
    std::array<char, 4096> buffer_{};
};

void accept(tcp::acceptor& acceptor, const std::string& answer) {
    acceptor.async_accept([&](auto error, tcp::socket socket) {
        if (!error) {
            socket.set_option(tcp::no_delay(true));
            std::make_shared<Session>(std::move(socket), answer)->read();
        }
        accept(acceptor, answer);
    });
}

}  // namespace

int main(int count, char** words) {
    if (count != 3) {
        std::fprintf(stderr, "usage: bench_bare_loop PORT FILE\n");
        return 64;
    }
    std::ifstream file(words[2], std::ios::binary);
    const std::string answer{std::istreambuf_iterator<char>(file), {}};
    asio::io_context loop(1);
    tcp::acceptor acceptor(loop, {asio::ip::make_address("127.0.0.1"),
                                  static_cast<std::uint16_t>(std::atoi(words[1]))});
    accept(acceptor, answer);
    loop.run();
}
