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

// Who is at the other end of a connection, for the log: "uid 1000", "192.0.2.7".
std::string peer_name(int socket);

class ListeningSocket {
  public:
    // Throws std::runtime_error: which address, why, what to do.
    explicit ListeningSocket(const Listener& listener);
    ~ListeningSocket();  // close()
    ListeningSocket(const ListeningSocket&) = delete;
    ListeningSocket& operator=(const ListeningSocket&) = delete;

    // Non-blocking. More than one when a host name has several addresses.
    const std::vector<int>& descriptors() const noexcept { return descriptors_; }
    std::uint16_t port() const noexcept { return port_; }
    std::shared_ptr<TlsContext> tls() const noexcept { return tls_; }
    // Whether whoever connects from there is a proxy that is believed. Whoever may open a unix
    // socket is.
    bool trusts(const sockaddr_storage& peer) const noexcept;
    // Stops listening and removes a unix socket's file, if it is still ours.
    void close() noexcept;

  private:
    void bind_tcp(const Listener& listener);
    void bind_unix(const std::string& path);

    std::vector<int> descriptors_;
    std::uint16_t port_ = 0;
    std::string unix_path_;
    std::uint64_t device_ = 0, inode_ = 0;  // of the file we made
    std::shared_ptr<TlsContext> tls_;
    std::vector<text::AddressBlock> trusted_;
};

}  // namespace vitals::server
