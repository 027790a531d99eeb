// vitals drill proxy: stands between a client and a backend and applies a fault until it is told to
// end. By default its listeners are for this machine only, because anyone who reaches them reaches
// the backend.
#include "cli/drill_proxy.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <csignal>
#include <fstream>
#include <optional>
#include <sstream>

#include "cli/exit_code.hpp"
#include "cli/screen_text.hpp"
#include "config/address.hpp"
#include "drill/certificates.hpp"
#include "drill/control.hpp"

namespace vitals::cli {
namespace {

namespace asio = boost::asio;
using drill::NamedProxy;

constexpr auto tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t longest_line = 64 * 1024;

struct Problem {
    std::string text;
};

net::Endpoint endpoint_of(std::string_view text, bool listens, bool exposed) {
    Listener parsed;
    if (const auto wrong = config::parse_address(text, parsed); !wrong.empty())
        throw Problem{wrong};
    if (listens && !exposed && !config::is_local(parsed)) {
        throw Problem{
            fmt::format("{} can be reached from other machines, and through it the "
                        "backend: listen on 127.0.0.1, or say --expose",
                        clean(text))};
    }
    if (!listens && parsed.unix_path.empty() && parsed.port == 0) {
        throw Problem{fmt::format("{}: the backend's port is missing", clean(text))};
    }
    return {.host = parsed.host, .port = parsed.port, .unix_path = parsed.unix_path};
}

drill::Behaviour behaviour_of(std::string_view text) {
    auto behaviour = drill::parse_behaviour(text);
    if (!behaviour) throw Problem{behaviour.error()};
    return *behaviour;
}

drill::TlsStart tls_of(std::string_view text) {
    if (text == "tls") return drill::TlsStart::at_once;
    if (text == "tls:http2") return drill::TlsStart::http2;
    if (text == "tls:smtp") return drill::TlsStart::smtp;
    if (text == "tls:mysql") return drill::TlsStart::mysql;
    if (text == "tls:nats") return drill::TlsStart::nats;
    return text == "tls:postgres" ? drill::TlsStart::postgres : drill::TlsStart::never;
}

struct NamedRoute {
    std::string name;
    drill::Route route;
};

constexpr std::string_view route_line =
    "NAME LISTEN TO [udp|tls|tls:http2|tls:postgres|tls:smtp|tls:mysql|tls:nats] [FAULT ...]";

NamedRoute route_of(const std::string& line, bool exposed) {
    std::istringstream words(line);
    NamedRoute made;
    std::string listen;
    std::string to;
    std::string rest;
    words >> made.name >> listen >> to >> std::ws;
    if (to.empty()) throw Problem{fmt::format("expected {}", route_line)};
    std::getline(words, rest);
    const auto first = rest.substr(0, rest.find_first_of(" \t"));
    made.route.tls = tls_of(first);
    made.route.datagrams = first == "udp";
    if (made.route.tls != drill::TlsStart::never || made.route.datagrams) {
        rest.erase(0, first.size());
    }
    made.route.listen = endpoint_of(listen, true, exposed);
    made.route.to = endpoint_of(to, false, exposed);
    if (rest.find_first_not_of(" \t") != std::string::npos) {
        made.route.behaviour = behaviour_of(rest);
    }
    if (const auto wrong = drill::problem_of(made.route); !wrong.empty()) throw Problem{wrong};
    return made;
}

std::vector<NamedRoute> routes_of(const DrillProxy& command) {
    std::vector<NamedRoute> routes;
    if (!command.listen.empty()) {
        drill::Route route{.listen = endpoint_of(command.listen, true, command.exposed),
                           .to = endpoint_of(command.to, false, command.exposed),
                           .behaviour = behaviour_of(command.fault),
                           .datagrams = command.datagrams};
        if (!command.tls.empty()) {
            route.tls = tls_of(command.tls == "at-once" ? "tls" : "tls:" + command.tls);
        }
        if (const auto wrong = drill::problem_of(route); !wrong.empty()) throw Problem{wrong};
        routes.push_back({.name = {}, .route = std::move(route)});
    }
    if (command.routes.empty()) return routes;
    std::ifstream file(command.routes);
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
        const auto begin = line.find_first_not_of(" \t\r");
        if (begin == std::string::npos || line[begin] == '#') continue;
        try {
            routes.push_back(route_of(line, command.exposed));
        } catch (const Problem& problem) {
            throw Problem{fmt::format("{}:{}: {}", command.routes, number, problem.text)};
        }
    }
    if (!file.eof()) throw Problem{fmt::format("{} cannot be read", command.routes)};
    return routes;
}

void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Lines with commands, and their effects.
struct Listening {
    net::Loop& loop;
    std::vector<NamedProxy>& proxies;

    std::string obey(std::string_view line) const {
        auto reply = drill::obey(line, proxies);
        if (reply.quit) loop.stop();
        return std::move(reply.text);
    }

    // Takes the complete lines from the input; false when one is too long.
    bool take_lines(std::string& read, std::string& replies) const {
        for (auto end = read.find('\n'); end != std::string::npos; end = read.find('\n')) {
            replies += obey(std::string_view(read).substr(0, end));
            read.erase(0, end + 1);
        }
        return read.size() <= longest_line;
    }
};

template <class Stream>
net::awaitable<void> converse(Stream stream, Listening listening) {
    std::string read;
    std::array<char, 4096> buffer{};
    for (;;) {
        const auto into = asio::buffer(buffer);
        const auto [error, size] = co_await stream.async_read_some(into, tuple);
        if (error) co_return;
        read.append(buffer.data(), size);
        std::string replies;
        const bool goes_on = listening.take_lines(read, replies);
        const auto from = asio::buffer(replies);
        const auto [broken, sent] = co_await asio::async_write(stream, from, tuple);
        if (!goes_on || broken) co_return;
    }
}

template <class Acceptor>
net::awaitable<void> take_conversations(Acceptor& acceptor, Listening listening) {
    for (;;) {
        auto [error, stream] = co_await acceptor.async_accept(tuple);
        if (error == asio::error::operation_aborted) co_return;
        if (error) continue;
        asio::co_spawn(acceptor.get_executor(), converse(std::move(stream), listening),
                       asio::detached);
    }
}

// The socket for commands: always for this machine only.
class Control {
  public:
    Control(net::Loop& loop, const std::string& address, Listening listening)
        : endpoint_(endpoint_of(address, true, false)),
          unix_(loop.context()),
          tcp_(loop.context()) {
        try {
            if (endpoint_.unix_path.empty()) {
                asio::ip::tcp::resolver resolver(loop.context());
                const auto found = resolver.resolve(endpoint_.host, std::to_string(endpoint_.port));
                open(tcp_, found.begin()->endpoint(), listening);
            } else {
                open(unix_, {endpoint_.unix_path}, listening);
            }
        } catch (const boost::system::system_error& error) {
            throw Problem{fmt::format("cannot listen on {}: {}", address, error.code().message())};
        }
    }
    ~Control() {
        if (unix_.is_open()) ::unlink(endpoint_.unix_path.c_str());
    }
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;

  private:
    template <class Acceptor>
    void open(Acceptor& acceptor, const typename Acceptor::endpoint_type& at, Listening listening) {
        acceptor.open(at.protocol());
        acceptor.set_option(asio::socket_base::reuse_address(true));
        acceptor.bind(at);
        acceptor.listen();
        asio::co_spawn(acceptor.get_executor(), take_conversations(acceptor, listening),
                       asio::detached);
    }

    net::Endpoint endpoint_;
    asio::local::stream_protocol::acceptor unix_;
    asio::ip::tcp::acceptor tcp_;
};

// Standard input: commands. If it is a pipe or a terminal, its end ends the program.
class Input {
  public:
    Input(net::Loop& loop, Listening listening) : descriptor_(loop.context()) {
        struct stat status{};
        if (::fstat(STDIN_FILENO, &status) != 0) return;
        if (S_ISREG(status.st_mode)) {
            read_file(listening);
        } else if (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) ||
                   ::isatty(STDIN_FILENO) == 1) {
            flags_ = ::fcntl(STDIN_FILENO, F_GETFL);
            descriptor_.assign(::dup(STDIN_FILENO));
            asio::co_spawn(loop.context(), read(descriptor_, listening), asio::detached);
        }
    }
    ~Input() {
        // A terminal is shared with others, which do not expect it to be non-blocking.
        if (flags_) ::fcntl(STDIN_FILENO, F_SETFL, *flags_);
    }
    Input(const Input&) = delete;
    Input& operator=(const Input&) = delete;

  private:
    static void read_file(Listening listening) {
        std::string text;
        std::array<char, 4096> buffer{};
        for (auto size = ::read(STDIN_FILENO, buffer.data(), buffer.size()); size > 0;
             size = ::read(STDIN_FILENO, buffer.data(), buffer.size())) {
            text.append(buffer.data(), static_cast<std::size_t>(size));
        }
        std::string replies;
        listening.take_lines(text += '\n', replies);
        print(replies);
    }

    static net::awaitable<void> read(asio::posix::stream_descriptor& from, Listening listening) {
        std::string text;
        std::array<char, 4096> buffer{};
        for (;;) {
            const auto into = asio::buffer(buffer);
            const auto [error, size] = co_await from.async_read_some(into, tuple);
            // Reading a terminal from the background gives an error, which is not its end.
            if (error == asio::error::eof) listening.loop.stop();
            if (error) co_return;
            text.append(buffer.data(), size);
            std::string replies;
            if (!listening.take_lines(text, replies)) text.clear();
            print(replies);
        }
    }

    asio::posix::stream_descriptor descriptor_;
    std::optional<int> flags_;
};

void write_authority(const drill::Authority& authority, const std::string& path) {
    if (path.empty()) return;
    std::ofstream file(path);
    file << authority.certificate();
    file.close();
    if (!file) throw Problem{fmt::format("{} cannot be written", path)};
}

void run_proxies(const DrillProxy& command) {
    auto routes = routes_of(command);
    if (routes.empty()) throw Problem{"no proxy: give --listen and --to, or --routes"};
    raise_descriptor_limit();
    std::signal(SIGTTIN, SIG_IGN);
    drill::Authority authority;
    write_authority(authority, command.ca);
    net::Loop loop;
    std::vector<NamedProxy> proxies;
    for (auto& [name, route] : routes) {
        proxies.push_back(
            {.name = name,
             .proxy = std::make_unique<drill::Proxy>(loop, authority, std::move(route))});
    }
    const Listening listening{.loop = loop, .proxies = proxies};
    std::optional<Control> control;
    if (!command.control.empty()) control.emplace(loop, command.control, listening);
    loop.on_signals({SIGTERM, SIGINT}, [&loop](int) { loop.stop(); });
    std::string text;
    for (const auto& proxy : proxies) text += drill::describe(proxy) + '\n';
    print(text + "ready\n");
    const Input input(loop, listening);
    loop.run();
}

}  // namespace

int run_drill_proxy(const DrillProxy& command) {
    try {
        run_proxies(command);
        return exit_code::ok;
    } catch (const Problem& problem) {
        print_error("vitals drill: " + problem.text + '\n');
        return exit_code::usage;
    } catch (const std::runtime_error& error) {
        print_error(std::string("vitals drill: ") + error.what() + '\n');
        return exit_code::unreachable;
    }
}

std::string faults_in_words() {
    constexpr std::size_t left = 30;
    std::string text = "\nFaults:\n";
    for (const auto& word : drill::fault_words()) {
        auto line = "  " + std::string(word.name);
        if (!word.value.empty()) line += " [" + std::string(word.value) + ']';
        for (const auto& part : wrap(std::string(word.sentence), 80 - left)) {
            line.resize(left, ' ');
            text += line + part + '\n';
            line.clear();
        }
    }
    return text;
}

void declare_drill_proxy(Arguments& to, DrillProxy& command) {
    to.option("--listen", command.listen, "ADDRESS",
              "The address on which it listens: HOST:PORT or unix:PATH.");
    to.option("--to", command.to, "ADDRESS", "The address of the backend.");
    to.together("--listen", "--to");
    to.option("--fault", command.fault, "FAULT",
              "The fault: a name, or a name and its value in quotes; default none.",
              [](const std::string& given) {
                  const auto read = drill::parse_behaviour(given);
                  return read ? std::string() : read.error();
              });
    to.choice("--tls", command.tls, "at-once|http2|postgres|smtp|mysql|nats",
              "Ends the client's TLS itself, with a certificate of localhost by an authority of "
              "its own, and speaks to the backend in the clear; smtp is STARTTLS.");
    to.flag("--udp", command.datagrams,
            "Forwards datagrams, not connections; the fault applies to each answer.");
    to.either("--udp", "--tls");
    to.option(
        "--ca", command.ca, "FILE",
        "The file to which the certificate of that authority is written, for the client to trust.");
    to.option("--routes", command.routes, "FILE",
              "A file of proxies, instead of --listen or in addition to it.");
    to.option("--control", command.control, "ADDRESS",
              "Also takes commands there: unix:PATH, or HOST:PORT of this machine.");
    to.flag("--expose", command.exposed, "Allows --listen on addresses that other machines reach.");
}

}  // namespace vitals::cli
