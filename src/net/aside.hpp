// Work with files outside of any check: a configuration, secrets. Used on the loop's thread only;
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
    // `lane`: what the bounded set of threads is called.
    Aside(Environment& environment, std::string lane);
    ~Aside();
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;

    // Runs the code on the lane, in a process apart (see apart.hpp), and calls `done` once, on the
    // loop: at its end, with what the code threw; or when it has not ended within `at_most`, with
    // a CheckError{timeout}, and the code goes on alone; or at once, with a CheckError{local}, when
    // no thread can be had. The code must own all that it touches.
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
