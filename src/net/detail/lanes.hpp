// Lanes run foreign blocking code. A lane is a bounded set of threads for one kind of check. A call
// that does not return holds its thread for as long as it likes, and nothing else. Inside net only.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "net/environment.hpp"
#include "net/loop.hpp"

namespace vitals::net {

struct BlockingCall {
    enum class Stage : std::uint8_t { queued, running, ended, dropped };
    std::atomic<Stage> stage{Stage::queued};
    std::exception_ptr error;  // what the code threw; valid once `on_end` was called

  private:
    friend class Lane;
    std::function<void()> code;    // under the lane's mutex until its thread has taken it
    std::function<void()> on_end;  // under the lane's mutex; goes to the loop
    bool abandoned = false;        // under the lane's mutex
};

// Shared by the environment, the waiting runs and the threads; the last of them destroys it.
// Everything except the threads' own part is called on the loop's thread.
class Lane : public std::enable_shared_from_this<Lane> {
  public:
    Lane(Loop& loop, std::string kind, std::size_t limit);
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    // Queues the code. A thread is started when none is idle and the limit allows it. `on_end` is
    // called on the loop when the code has ended, or was dropped because there was no thread (then
    // `error` is set). It is also destroyed there, and must hold nothing that needs the loop
    // elsewhere. Throws CheckError{local} when abandoned calls hold every thread.
    std::shared_ptr<BlockingCall> start(std::function<void()> code, std::function<void()> on_end);
    // Nobody waits any longer. A queued call is dropped: it will never run and calls no on_end. A
    // running call continues alone and counts as hung until it ends.
    void abandon(const std::shared_ptr<BlockingCall>& call);
    // A run waits again for a call that was abandoned while it ran.
    void rejoin(const std::shared_ptr<BlockingCall>& call);
    // Drops the call if no thread has taken it yet; on_end is not called.
    bool drop_if_queued(const std::shared_ptr<BlockingCall>& call);
    // Called before the loop is destroyed: nothing is posted any more, idle threads end, queued
    // calls are dropped. Does not wait: running threads continue alone.
    void close();
    // The same, but waits until then for running calls and joins their threads. Does not need a
    // running loop.
    void end(std::chrono::steady_clock::time_point deadline);

    LaneFigures figures() const;

  private:
    void start_thread_if_needed();
    void drop_queue_if_full();
    bool take_from_queue(const std::shared_ptr<BlockingCall>& call);
    using Threads = std::list<std::thread>;
    void stop_taking(std::deque<std::shared_ptr<BlockingCall>>& dropped);
    void work(Threads::iterator self);
    // False, without any change, when there is not enough memory.
    bool post(std::function<void()>& on_end) noexcept;
    void run(std::unique_lock<std::mutex>& lock, std::shared_ptr<BlockingCall> call);

    const std::string kind_;
    const std::size_t limit_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::shared_ptr<BlockingCall>> queue_;
    Loop* loop_;  // null once closed
    std::condition_variable left_;
    Threads threads_;  // that may be in a call
    Threads leaving_;  // that do nothing more but return
    std::size_t idle_ = 0;
    std::size_t running_ = 0;
    std::size_t hung_ = 0;
};

}  // namespace vitals::net
