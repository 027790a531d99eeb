// The connections of one serving thread: which of them are out of time, how much memory they hold,
// and which is closed when there are too many. It knows of a connection only what stands in Member.
// Used on that thread only.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "endpoints/kept_answers.hpp"
#include "server/limits.hpp"
#include "server/poller.hpp"

namespace vitals::server {

// How many connections are still busy; for code that waits until all are gone. Thread-safe.
class Presence {
  public:
    void enter(std::size_t count = 1);
    void leave();
    // False at the deadline.
    bool wait_empty(std::chrono::steady_clock::time_point deadline);

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t count_ = 0;
};

// What a connection waits for. Each phase except `working` and `streaming` has a time limit.
enum class Phase : std::uint8_t {
    idle,       // the first byte of a request
    handshake,  // TLS
    head,       // the rest of a head
    body,       // the rest of a body
    working,    // the answer of an action
    sending,    // the peer to take the answer
    streaming,  // more to say, in a stream
    stalled,    // the peer to take the bytes of a stream
    lingering,  // the peer to stop sending after it was refused
    closed
};
constexpr std::size_t phase_count = 10;

class Connections {
  public:
    class Member : public Poller::Watched {
      public:
        virtual ~Member() = default;
        virtual void expire() = 0;                                // the time of its phase is over
        virtual void answer(const http::Response& response) = 0;  // of the action under way
        virtual void drain() = 0;       // the answer in progress is the last
        virtual void pull() = 0;        // for a stream: there may be more to say
        virtual void end_stream() = 0;  // for a stream: it is over
        virtual void close() noexcept = 0;
        // Bytes of memory that it alone holds.
        virtual std::size_t held() const noexcept = 0;

      protected:
        Phase phase() const noexcept { return phase_; }

      private:
        friend class Connections;
        Phase phase_ = Phase::closed;
        Steady since_{};  // begin of this phase; later while the peer takes bytes
        std::list<std::unique_ptr<Member>>::iterator place_{};
        Poller::Ticket ticket_ = 0;
        std::uint64_t id_ = 0;    // while working
        std::size_t booked_ = 0;  // what it held when it was last asked
    };

    // `threads`: how many share the limits. `connected`: the number of connections on all threads.
    Connections(Poller& poller, const endpoints::KeptAnswers& kept, const Limits& limits,
                unsigned threads, Presence& connected);
    ~Connections();  // closes them

    // Takes a connection whose descriptor is open. It is dropped if no other connection can be
    // closed for it.
    void admit(std::unique_ptr<Member> member, int descriptor, Phase phase);
    // Another connection continues with the descriptor of this one, which is removed.
    void succeed(Member& member, std::unique_ptr<Member> successor, int descriptor, Phase phase);
    // Closes the connection that waited longest, in any phase; one whose answer is being made only
    // if there is no other. False: there is none.
    bool give_way() noexcept;
    void move(Member& member, Phase phase) noexcept;
    // Readers share the bytes of an answer. The bytes of outdated answers that are still being sent
    // are bounded: the reader that began first is closed.
    void await_reader(Member& member) noexcept;
    // Its readiness is handled once more, after that of the others.
    void ring_again(Member& member) noexcept;
    // Its end: it is destroyed after the batch, which may still refer to it. Called before its
    // descriptor is closed.
    void remove(Member& member) noexcept;
    // Asks it again how much memory it holds.
    void book(Member& member) noexcept;

    // While an action makes its answer: the number by which the connection is found, if it still
    // exists.
    std::uint64_t begin_work(Member& member);
    void end_work(Member& member);
    Member* working(std::uint64_t id) noexcept;

    void end_batch() noexcept;
    void expire();      // closes those whose time is over
    void drain_idle();  // no new connections will come
    // Asks the stream that was asked longest ago. False: there is none.
    bool pull_next();
    std::size_t streaming() const noexcept { return list(Phase::streaming).size(); }
    void end_streams();
    // A connection has a time limit: a thread that only has streams need not look at the clock.
    bool any_timed() const noexcept { return count_ > streaming(); }
    bool empty() const noexcept { return count_ == 0; }
    std::size_t size() const noexcept { return count_; }  // any thread
    bool owes_memory() const noexcept;
    void give_memory_back();

  private:
    using Members = std::list<std::unique_ptr<Member>>;
    Members& list(Phase phase) { return members_[static_cast<std::size_t>(phase)]; }
    const Members& list(Phase phase) const { return members_[static_cast<std::size_t>(phase)]; }
    std::size_t memory() const noexcept;

    Poller& poller_;
    const endpoints::KeptAnswers& kept_;
    Presence& connected_;
    // By phase, in the order in which they entered it: the first one expires first.
    std::array<Members, phase_count> members_;
    std::array<std::chrono::milliseconds, phase_count> times_{};
    std::unordered_map<std::uint64_t, Member*> working_;
    std::uint64_t last_id_ = 0;
    std::atomic<std::size_t> count_{0};
    const std::size_t most_;
    const std::size_t most_booked_;
    const std::size_t most_outgrown_;
    std::size_t booked_ = 0;  // bytes that the connections hold
    std::size_t peak_ = 0;    // of memory(), since memory was given back
};

}  // namespace vitals::server
