// A call that never ends outlives all this, so it holds only weak references.
#include "net/aside.hpp"

#include <utility>

#include "model/check_error.hpp"
#include "net/apart.hpp"
#include "net/detail/environment_state.hpp"

namespace vitals::net {

struct Aside::Job {
    explicit Job(Loop& loop) : timer(loop) {}
    std::shared_ptr<BlockingCall> call;
    std::function<void(std::exception_ptr)> done;
    Timer timer;
};

Aside::Aside(Environment& environment, std::string lane)
    : environment_(environment), lane_(std::move(lane)) {}

Aside::~Aside() = default;

void Aside::end(const std::shared_ptr<Job>& job, const std::exception_ptr& problem) {
    if (jobs_.erase(job) == 0) return;
    job->timer.cancel();
    job->done(problem);
}

void Aside::start(std::chrono::milliseconds at_most, std::function<void()> code,
                  std::function<void(std::exception_ptr)> done) {
    const auto lane = environment_.state().lane(lane_);
    const auto job = std::make_shared<Job>(environment_.loop());
    job->done = std::move(done);
    jobs_.insert(job);
    auto on_end = [this, waiting = std::weak_ptr(job)] {
        if (const auto ended = waiting.lock()) end(ended, ended->call->error);
    };
    try {
        job->call = lane->start([code = std::move(code)] { apart(code); }, std::move(on_end));
    } catch (const CheckError&) {
        return end(job, std::current_exception());
    }
    job->timer.arm(
        std::chrono::steady_clock::now() + at_most, [this, lane, waiting = std::weak_ptr(job)] {
            const auto hung = waiting.lock();
            if (hung == nullptr) return;
            lane->abandon(hung->call);
            end(hung, std::make_exception_ptr(
                          CheckError(ErrorClass::timeout, "the disk does not answer", "")));
        });
}

}  // namespace vitals::net
