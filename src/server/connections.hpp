// The connections of one serving thread: whose time is over, whose memory is how much, and who
// gives way when there are too many. Knows of a connection only what stands in Member. Used on that
// thread only.
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

// How many are still busy; for who waits until all have gone. Thread-safe.
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

// What a connection waits for. Each phase but `working` and `streaming` has its time.
enum class Phase : std::uint8_t {
    idle,       // the first byte of a request
    handshake,  // TLS
    head,       // the rest of a head
    body,       // the rest of a body
    working,    // the answer of an action
    sending,    // the peer to take the answer
    streaming,  // more to say, in an answer that goes on
    stalled,    // the peer to take what such an answer has said
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
        virtual void drain() = 0;       // the answer under way is the last
        virtual void pull() = 0;        // of an answer that goes on: there may be more to say
        virtual void end_stream() = 0;  // of such an answer: it is over
        virtual void close() noexcept = 0;
        // Bytes of memory that it holds, alone.
        virtual std::size_t held() const noexcept = 0;

      protected:
        Phase phase() const noexcept { return phase_; }

      private:
        friend class Connections;
        Phase phase_ = Phase::closed;
        Steady since_{};  // in this phase; later while the peer takes what is sent
        std::list<std::unique_ptr<Member>>::iterator place_{};
        Poller::Ticket ticket_ = 0;
        std::uint64_t id_ = 0;    // while working
        std::size_t booked_ = 0;  // what it held when it was last asked
    };

    // `threads`: that share the limits. `connected`: counts those of all threads.
    Connections(Poller& poller, const endpoints::KeptAnswers& kept, const Limits& limits,
                unsigned threads, Presence& connected);
    ~Connections();  // closes them

    // Takes a connection whose descriptor is open. It is dropped where nobody can give way to it.
    void admit(std::unique_ptr<Member> member, int descriptor, Phase phase);
    // Another connection goes on with the descriptor of this one, which is removed.
    void succeed(Member& member, std::unique_ptr<Member> successor, int descriptor, Phase phase);
    // Closes the connection that waited longest, whatever for; one whose answer is being worked on
    // only if there is no other. False: there is none.
    bool give_way() noexcept;
    void move(Member& member, Phase phase) noexcept;
    // Readers share an answer's bytes. Those of answers that were followed by newer ones are
    // bounded: who began to read first gives way.
    void await_reader(Member& member) noexcept;
    // Its readiness is told once more, after that of the others.
    void ring_again(Member& member) noexcept;
    // Its end: it is destroyed after the batch, which may still name it. Before its descriptor is
    // closed.
    void remove(Member& member) noexcept;
    // Asks it again how much it holds.
    void book(Member& member) noexcept;

    // While an action works on its answer: the number by which it is found, if it is still there.
    std::uint64_t begin_work(Member& member);
    void end_work(Member& member);
    Member* working(std::uint64_t id) noexcept;

    void end_batch() noexcept;
    void expire();      // those whose time is over
    void drain_idle();  // nobody new will come
    // Answers that go on: asks the one that was asked longest ago. False: there is none.
    bool pull_next();
    std::size_t streaming() const noexcept { return list(Phase::streaming).size(); }
    void end_streams();
    // Something has its time: a thread whose connections only stream need not look at the clock.
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
    // By phase, each in the order in which they entered it: the first is the first to expire.
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
