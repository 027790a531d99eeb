#include "net/detail/lanes.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <system_error>
#include <thread>
#include <utility>

#include "model/check_error.hpp"

namespace vitals::net {

namespace {

using Stage = BlockingCall::Stage;

constexpr std::chrono::seconds idle_time{3};

CheckError full(const std::string& kind, std::size_t limit) {
    return CheckError(
        ErrorClass::local, "lane full",
        fmt::format("all {} threads for '{}' are held by calls that do not return", limit, kind));
}

}  // namespace

Lane::Lane(Loop& loop, std::string kind, std::size_t limit)
    : kind_(std::move(kind)), limit_(limit), loop_(&loop) {}

std::shared_ptr<BlockingCall> Lane::start(std::function<void()> code,
                                          std::function<void()> on_end) {
    auto call = std::make_shared<BlockingCall>();
    call->code = std::move(code);
    call->on_end = std::move(on_end);
    const std::lock_guard lock(mutex_);
    if (hung_ >= limit_) throw full(kind_, limit_);
    queue_.push_back(call);
    try {
        start_thread_if_needed();
    } catch (const std::system_error& error) {
        // While other threads work, the call only waits longer.
        if (threads_.empty()) {
            queue_.pop_back();
            throw CheckError(ErrorClass::local, "no thread can be started", error.what());
        }
    }
    wake_.notify_one();
    return call;
}

void Lane::start_thread_if_needed() {
    if (queue_.size() <= idle_ || threads_.size() >= limit_) return;
    for (std::thread& thread : leaving_) thread.join();
    leaving_.clear();
    const auto at = threads_.emplace(threads_.end());
    try {
        // The thread has the signal mask of the loop's thread: what the host decided, and no
        // SIGPIPE.
        *at = std::thread([self = shared_from_this(), at] { self->work(at); });
    } catch (...) {
        threads_.erase(at);
        throw;
    }
    pthread_setname_np(at->native_handle(), ("lane " + kind_).substr(0, 15).c_str());
}

void Lane::work(Threads::iterator self) {
    std::unique_lock lock(mutex_);
    for (;;) {
        if (queue_.empty()) {
            ++idle_;
            wake_.wait_for(lock, idle_time, [this] { return !queue_.empty() || loop_ == nullptr; });
            --idle_;
        }
        if (queue_.empty()) break;
        auto call = std::move(queue_.front());
        queue_.pop_front();
        run(lock, std::move(call));
    }
    leaving_.splice(leaving_.end(), threads_, self);
    left_.notify_all();
}

void Lane::run(std::unique_lock<std::mutex>& lock, std::shared_ptr<BlockingCall> call) {
    call->stage = Stage::running;
    ++running_;
    auto code = std::move(call->code);
    lock.unlock();
    std::exception_ptr error;
    try {
        code();
    } catch (...) {
        error = std::current_exception();
    }
    code = nullptr;  // its captures are foreign too: destroyed here, as part of the call
    lock.lock();
    --running_;
    if (call->abandoned) --hung_;
    call->error = std::move(error);
    call->stage = Stage::ended;
    auto on_end = std::exchange(call->on_end, nullptr);
    while (loop_ != nullptr && on_end && !post(on_end)) {
        // A run waits for it, and memory becomes available again: often foreign code has taken all
        // of it.
        lock.unlock();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        lock.lock();
    }
    lock.unlock();
    call.reset();  // perhaps the last reference to what the code threw
    lock.lock();
}

// The contents of the function are destroyed on the loop's thread, because they may need the loop.
bool Lane::post(std::function<void()>& on_end) noexcept {
    std::shared_ptr<std::function<void()>> held;
    try {
        held = std::make_shared<std::function<void()>>();
        std::function<void()> posted = [held] {
            (*held)();
            *held = nullptr;
        };
        held->swap(on_end);
        loop_->post(std::move(posted));
        return true;
    } catch (const std::exception&) {
        if (held != nullptr && *held) held->swap(on_end);
        return false;
    }
}

bool Lane::take_from_queue(const std::shared_ptr<BlockingCall>& call) {
    const auto found = std::find(queue_.begin(), queue_.end(), call);
    if (found == queue_.end()) return false;
    queue_.erase(found);
    call->stage = Stage::dropped;
    return true;
}

void Lane::abandon(const std::shared_ptr<BlockingCall>& call) {
    std::function<void()> code;
    std::function<void()> on_end;
    const std::lock_guard lock(mutex_);
    if (take_from_queue(call)) {
        code = std::move(call->code);
        on_end = std::move(call->on_end);
        return;
    }
    if (call->stage != Stage::running || call->abandoned) return;
    call->abandoned = true;
    ++hung_;
    drop_queue_if_full();
}

void Lane::drop_queue_if_full() {
    if (hung_ < limit_) return;
    // No thread is left for these calls: they fail now and not at their deadlines.
    for (auto& call : std::exchange(queue_, {})) {
        call->stage = Stage::dropped;
        call->error = std::make_exception_ptr(full(kind_, limit_));
        auto on_end = std::exchange(call->on_end, nullptr);
        if (loop_ != nullptr && on_end) loop_->post(std::move(on_end));
    }
}

void Lane::rejoin(const std::shared_ptr<BlockingCall>& call) {
    const std::lock_guard lock(mutex_);
    if (call->stage == Stage::running && std::exchange(call->abandoned, false)) --hung_;
}

bool Lane::drop_if_queued(const std::shared_ptr<BlockingCall>& call) {
    std::function<void()> code;
    std::function<void()> on_end;
    const std::lock_guard lock(mutex_);
    if (!take_from_queue(call)) return false;
    code = std::move(call->code);
    on_end = std::exchange(call->on_end, nullptr);
    return true;
}

void Lane::stop_taking(std::deque<std::shared_ptr<BlockingCall>>& dropped) {
    loop_ = nullptr;
    dropped = std::exchange(queue_, {});
    for (auto& call : dropped) call->stage = Stage::dropped;
    wake_.notify_all();
}

void Lane::close() {
    std::deque<std::shared_ptr<BlockingCall>> dropped;
    const std::lock_guard lock(mutex_);
    stop_taking(dropped);
    for (Threads* threads : {&threads_, &leaving_})
        for (std::thread& thread : *threads)
            if (thread.joinable()) thread.detach();
}

void Lane::end(std::chrono::steady_clock::time_point deadline) {
    std::deque<std::shared_ptr<BlockingCall>> dropped;
    Threads left;
    {
        std::unique_lock lock(mutex_);
        stop_taking(dropped);
        left_.wait_until(lock, deadline, [this] { return threads_.empty(); });
        left.swap(leaving_);
    }
    for (std::thread& thread : left) thread.join();
}

LaneFigures Lane::figures() const {
    const std::lock_guard lock(mutex_);
    return LaneFigures{.kind = kind_, .running = running_, .hung = hung_, .limit = limit_};
}

bool still_running(const std::shared_ptr<BlockingCall>& call) {
    return call != nullptr && call->stage == Stage::running;
}

}  // namespace vitals::net
