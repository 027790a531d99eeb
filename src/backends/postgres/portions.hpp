// libpq allocates as much as a message announces, and then reads while there is something to read:
// a peer that announces 1 GiB and sends fast would fill the memory. So libpq gets one end of a pair
// of sockets instead of its own socket, and receives the bytes in counted portions. This class
// knows nothing of PostgreSQL's messages, and never waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

struct pg_conn;

namespace vitals::backends::postgres {

class Portions {
  public:
    Portions() = default;
    ~Portions() { drop(); }
    Portions(const Portions&) = delete;
    Portions& operator=(const Portions&) = delete;

    // Stands before the connection's socket, once that is connected; again when libpq has taken
    // another one. Throws CheckError when no descriptors are left.
    void stand_before(pg_conn* connection);
    // Returns libpq's socket, for its last words.
    void step_aside(pg_conn* connection);
    bool stands() const { return socket_ >= 0; }

    // The socket itself, for waiting.
    int socket() const { return socket_; }
    // Whether libpq can continue to read without more bytes from the peer.
    bool something_left(pg_conn* connection) const;
    // Gives libpq the received bytes, at most one portion.
    void hand_in();
    // Forwards what libpq has written. False: the socket takes no more now.
    bool hand_out();

    std::uint64_t received() const { return received_; }  // bytes, of all sockets

  private:
    bool is_before(int descriptor) const;
    void drop();

    int socket_ = -1;
    int ours_ = -1;             // libpq has the other end
    std::uint64_t theirs_ = 0;  // the other end's inode
    bool ended_ = false;
    std::string unsent_;
    std::uint64_t received_ = 0;
};

}  // namespace vitals::backends::postgres
