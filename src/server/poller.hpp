// Waits until descriptors are ready, for a serving thread: descriptors, a mailbox for other
// threads, a coarse tick, an alarm.
//
// Descriptors are registered once, edge-triggered, for both directions, so a request costs one recv
// and one send. Asio re-arms a descriptor or tries a recv in vain for each request, which is a
// sixth of the cost of an answer.
//
// The kernel holds numbers, never pointers. While a child process holds a copy of a descriptor, its
// events continue after vitals closed it; an event with an unknown number is dropped.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace vitals::server {

// Other threads leave functions here for the thread of a loop. It may outlive the loop: functions
// posted after close() are dropped. Thread-safe.
class Mailbox {
  public:
    Mailbox();
    ~Mailbox();
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;

    void post(std::function<void()> function);
    void ring() noexcept;  // readable, although nothing may be there
    void close();
    std::vector<std::function<void()>> take();
    int descriptor() const noexcept { return descriptor_; }

  private:
    int descriptor_;  // an eventfd, readable while something is there
    std::mutex mutex_;
    std::vector<std::function<void()>> functions_;
    bool closed_ = false;
};

class Poller {
  public:
    // The handler of a descriptor. Its owner must not destroy it before the end of the batch in
    // which it was removed (`after_batch`).
    class Watched {
      public:
        virtual void ready(std::uint32_t events) = 0;

      protected:
        ~Watched() = default;
    };
    // The number of one registration; it is never used again. 0: none.
    using Ticket = std::uint64_t;

    explicit Poller(std::chrono::milliseconds tick);
    ~Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    // Called on the loop's thread: before and after the present events are handled; once a tick,
    // while `ticking()` says that there is work; with what a handler threw. An exception costs what
    // was being handled, never the thread.
    std::function<void()> before_batch, after_batch, on_tick;
    std::function<bool()> ticking;
    std::function<void()> on_alarm;  // once after each set_alarm()
    std::function<void(const std::exception&)> on_failure;

    // 0 with errno when the system refuses. `events` as for epoll.
    Ticket watch(int descriptor, Watched& watched, std::uint32_t events);
    // Reports once more what a watched descriptor is ready for.
    void watch_again(Ticket ticket, std::uint32_t events) noexcept;
    // Call it before the descriptor is closed: the kernel forgets an open file only when no process
    // has it.
    void unwatch(Ticket ticket) noexcept;
    // Replaces the former alarm; the former one does not fire any more.
    void set_alarm(std::chrono::nanoseconds in) noexcept;

    void run();  // until stop()
    // Instead of run(), for a host with its own loop: handles the present events and returns. It is
    // due when the descriptor is readable.
    void poll();
    int descriptor() const noexcept { return epoll_; }
    void stop() noexcept;  // any thread
    const std::shared_ptr<Mailbox>& mailbox() const noexcept { return mailbox_; }

  private:
    struct Slot {
        Watched* watched = nullptr;
        int descriptor = -1;
        std::uint32_t generation = 0;
    };
    Slot* find(Ticket ticket) noexcept;
    void turn(int wait);
    void handle(std::uint64_t ticket, std::uint32_t events);
    template <typename Step>
    void attempt(Step step) noexcept;
    void keep_ticking(bool on) noexcept;

    int epoll_;
    int ticker_;  // a timerfd: a time-out for each wait would cost more than the wait
    int alarm_;   // likewise
    const std::chrono::milliseconds tick_;
    bool ticks_ = false;
    bool due_ = false;  // a tick has passed
    bool alarmed_ = false;
    std::shared_ptr<Mailbox> mailbox_;
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;  // of the slots; room for all of them
    std::atomic<bool> stopping_{false};
};

}  // namespace vitals::server
