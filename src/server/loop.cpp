// epoll(7).
#include "server/loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace vitals::server {

Mailbox::Mailbox() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (descriptor_ < 0)
        throw std::runtime_error(std::string("no descriptor left for a serving thread: ") +
                                 std::strerror(errno));
}

Mailbox::~Mailbox() {
    ::close(descriptor_);
}

void Mailbox::post(std::function<void()> function) {
    {
        std::scoped_lock lock(mutex_);
        if (closed_) return;
        functions_.push_back(std::move(function));
    }
    std::uint64_t one = 1;
    [[maybe_unused]] ssize_t written = ::write(descriptor_, &one, sizeof one);
}

void Mailbox::close() {
    std::vector<std::function<void()>> dropped;  // destroyed outside the lock
    std::scoped_lock lock(mutex_);
    closed_ = true;
    dropped.swap(functions_);
}

std::vector<std::function<void()>> Mailbox::take() {
    std::uint64_t count = 0;
    [[maybe_unused]] ssize_t got = ::read(descriptor_, &count, sizeof count);
    std::vector<std::function<void()>> taken;
    std::scoped_lock lock(mutex_);
    taken.swap(functions_);
    return taken;
}

Loop::Loop(std::chrono::milliseconds tick)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      ticker_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
      tick_(tick),
      mailbox_(std::make_shared<Mailbox>()) {
    epoll_event mail{}, time{};
    mail.events = time.events = EPOLLIN;
    mail.data.ptr = mailbox_.get();
    time.data.ptr = this;
    if (epoll_ < 0 || ticker_ < 0 ||
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, mailbox_->descriptor(), &mail) != 0 ||
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, ticker_, &time) != 0)
        throw std::runtime_error(std::string("no descriptor left for a serving thread: ") +
                                 std::strerror(errno));
}

Loop::~Loop() {
    mailbox_->close();
    ::close(ticker_);
    ::close(epoll_);
}

bool Loop::watch(int descriptor, Watched& watched, std::uint32_t events) noexcept {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &watched;
    return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void Loop::unwatch(int descriptor) noexcept {
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr);
}

void Loop::watch_again(int descriptor, Watched& watched, std::uint32_t events) noexcept {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &watched;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event);
}

void Loop::keep_ticking(bool on) noexcept {
    if (ticks_ == on) return;
    ticks_ = on;
    itimerspec time{};
    if (on) {
        auto seconds = std::chrono::floor<std::chrono::seconds>(tick_);
        time.it_interval.tv_sec = seconds.count();
        time.it_interval.tv_nsec = std::chrono::nanoseconds(tick_ - seconds).count();
        time.it_value = time.it_interval;
    }
    ::timerfd_settime(ticker_, 0, &time, nullptr);
}

void Loop::run() {
    while (!stopping_) turn(-1);
}

void Loop::poll() {
    turn(0);
}

void Loop::turn(int wait) {
    std::array<epoll_event, 128> events;
    int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait);
    before_batch();
    bool due = false;
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if (event.data.ptr == mailbox_.get()) {
            for (auto& function : mailbox_->take()) function();
        } else if (event.data.ptr == this) {
            std::uint64_t expirations = 0;
            due = ::read(ticker_, &expirations, sizeof expirations) > 0;
        } else {
            static_cast<Watched*>(event.data.ptr)->ready(event.events);
        }
    }
    if (due) on_tick();
    after_batch();
    keep_ticking(ticking());
}

void Loop::stop() {
    mailbox_->post([this] { stopping_ = true; });
}

}  // namespace vitals::server
