// libpq makes room for as much as a message announces, and then reads for as long as something is
// there: a peer that announces 1 GiB and sends as fast as it is read has it kept whole. So libpq
// gets one end of a pair of sockets in place of its own socket, and what came is handed to it in
// portions, counted. It knows nothing of PostgreSQL's messages, and never waits.
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

    // Puts itself before the connection's socket, once that is connected; again when libpq has
    // taken another. Throws CheckError when no descriptors are left.
    void stand_before(pg_conn* connection);
    // libpq has its socket back, for its last words.
    void step_aside(pg_conn* connection);
    bool stands() const { return socket_ >= 0; }

    // The socket itself, which is waited for.
    int socket() const { return socket_; }
    // Whether libpq can read on without more from the peer.
    bool something_left(pg_conn* connection) const;
    // Hands libpq what has come, a portion at most.
    void hand_in();
    // Passes on what libpq has written. False: the socket takes no more now.
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
