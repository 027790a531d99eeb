// Work with files outside of checks: a configuration, secrets. Used on the loop's thread only;
// destroyed before the environment.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "net/environment.hpp"

namespace vitals::net {

class Aside {
  public:
    // `lane`: the name of the bounded set of threads.
    Aside(Environment& environment, std::string lane);
    ~Aside();
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;

    // Runs the code on the lane, in a separate process (see apart.hpp), and calls `done` once, on
    // the loop. It calls `done` at the end of the code, with what the code threw. It calls `done`
    // with a CheckError{timeout} when the code has not ended within `at_most`; the code then
    // continues alone. It calls `done` with a CheckError{local} at once when no thread is
    // available. The code must own all that it touches.
    void start(std::chrono::milliseconds at_most, std::function<void()> code,
               std::function<void(std::exception_ptr)> done);

  private:
    struct Job;
    void end(const std::shared_ptr<Job>& job, const std::exception_ptr& problem);

    Environment& environment_;
    std::string lane_;
    std::set<std::shared_ptr<Job>> jobs_;
};

}  // namespace vitals::net
