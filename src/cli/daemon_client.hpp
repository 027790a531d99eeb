// How commands find a running daemon and ask it: one HTTP exchange each, over TCP, TLS or a unix
// socket.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cli/failure.hpp"
#include "cli/subcommand.hpp"
#include "config/config.hpp"

namespace vitals::cli {

// The address of a daemon.
struct Address {
    std::string url;          // "http://127.0.0.1:8080", without a slash at its end
    std::string unix_socket;  // not empty: connect there; the url's host does not count
    std::string shown() const { return unix_socket.empty() ? url : "unix:" + unix_socket; }
    bool operator==(const Address&) const = default;
};

// `http://HOST:PORT`, `https://HOST:PORT`, `HOST:PORT`, `unix:PATH`. The error says what is wrong.
std::expected<Address, std::string> parse_address(std::string_view text);

// The best listener of a configuration: a control listener before others, a unix socket before TCP,
// plain before TLS. Nothing when no listener has a fixed address.
std::optional<Address> address_of(const config::Config& config);

struct Answer {
    int status = 0;
    std::string body;
    bool not_saved = false;  // accepted, but will not survive a restart
};

class Daemon {
  public:
    // --url, else $VITALS_URL, else the configuration, else http://127.0.0.1:8080. The token comes
    // from --token-file, else $VITALS_TOKEN. `config`: the configuration, if it was already read.
    static std::expected<Daemon, Failure> find(const DaemonOptions& options,
                                               const config::Config* config = nullptr);

    // Asks and waits for the answer. An answer may have any code.
    std::expected<Answer, Failure> ask(
        const std::string& method, const std::string& path, const std::string& body = {},
        std::chrono::milliseconds patience = std::chrono::seconds(5)) const;

    const Address& address() const { return address_; }
    bool has_token() const { return !token_.empty(); }

    // What an unexpected answer means, in words.
    Failure refusal(const Answer& answer) const;

  private:
    Address address_;
    std::string token_;
    std::string ca_;
};

}  // namespace vitals::cli
