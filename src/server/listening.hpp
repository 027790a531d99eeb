// Listening sockets: TCP and unix.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/listener.hpp"
#include "server/tls.hpp"
#include "text/address_block.hpp"

namespace vitals::server {

// The peer of a connection, for the log: "uid 1000", "192.0.2.7".
std::string peer_name(int socket);

class ListeningSocket {
  public:
    // Throws std::runtime_error that says which address, why, and what to do.
    explicit ListeningSocket(const Listener& listener);
    ~ListeningSocket();  // close()
    ListeningSocket(const ListeningSocket&) = delete;
    ListeningSocket& operator=(const ListeningSocket&) = delete;

    // Non-blocking. More than one when a host name has several addresses.
    const std::vector<int>& descriptors() const noexcept { return descriptors_; }
    std::uint16_t port() const noexcept { return port_; }
    std::shared_ptr<TlsContext> tls() const noexcept { return tls_; }
    // Whether a peer at that address is a trusted proxy. Every process that may open a unix socket
    // is.
    bool trusts(const sockaddr_storage& peer) const noexcept;
    // Stops listening and removes the file of a unix socket, if it is still the one that this made.
    void close() noexcept;

  private:
    void bind_tcp(const Listener& listener);
    void bind_unix(const std::string& path);

    std::vector<int> descriptors_;
    std::uint16_t port_ = 0;
    std::string unix_path_;
    std::uint64_t device_ = 0, inode_ = 0;  // of the file that this made
    std::shared_ptr<TlsContext> tls_;
    std::vector<text::AddressBlock> trusted_;
};

}  // namespace vitals::server
