// epoll(7).
#include "server/poller.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

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
    ring();
}

void Mailbox::ring() noexcept {
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

namespace {
// Numbers that no slot uses: the generation of a slot is at least 1.
constexpr std::uint64_t mail_ticket = 1, time_ticket = 2, alarm_ticket = 3;
}  // namespace

Poller::Poller(std::chrono::milliseconds tick)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      ticker_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
      alarm_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
      tick_(tick),
      mailbox_(std::make_shared<Mailbox>()) {
    epoll_event mail{}, time{}, alarm{};
    mail.events = time.events = alarm.events = EPOLLIN;
    mail.data.u64 = mail_ticket;
    time.data.u64 = time_ticket;
    alarm.data.u64 = alarm_ticket;
    if (epoll_ < 0 || ticker_ < 0 || alarm_ < 0 ||
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, alarm_, &alarm) != 0 ||
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, mailbox_->descriptor(), &mail) != 0 ||
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, ticker_, &time) != 0)
        throw std::runtime_error(std::string("no descriptor left for a serving thread: ") +
                                 std::strerror(errno));
}

Poller::~Poller() {
    mailbox_->close();
    ::close(alarm_);
    ::close(ticker_);
    ::close(epoll_);
}

Poller::Slot* Poller::find(Ticket ticket) noexcept {
    std::size_t index = ticket & UINT32_MAX;
    if (index >= slots_.size() || slots_[index].generation != ticket >> 32) return nullptr;
    return &slots_[index];
}

Poller::Ticket Poller::watch(int descriptor, Watched& watched, std::uint32_t events) {
    if (free_.empty()) {
        // Returning a slot must find room in free_ without allocating memory.
        if (free_.capacity() <= slots_.size()) free_.reserve(2 * slots_.size() + 64);
        slots_.push_back({});
        free_.push_back(static_cast<std::uint32_t>(slots_.size() - 1));
    }
    std::uint32_t index = free_.back();
    Slot& slot = slots_[index];
    std::uint32_t generation = slot.generation == UINT32_MAX ? 1 : slot.generation + 1;
    Ticket ticket = std::uint64_t{generation} << 32 | index;
    epoll_event event{};
    event.events = events;
    event.data.u64 = ticket;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) return 0;
    free_.pop_back();
    slot = {&watched, descriptor, generation};
    return ticket;
}

void Poller::unwatch(Ticket ticket) noexcept {
    Slot* slot = find(ticket);
    if (slot == nullptr || slot->watched == nullptr) return;
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, slot->descriptor, nullptr);
    slot->watched = nullptr;
    free_.push_back(static_cast<std::uint32_t>(ticket & UINT32_MAX));
}

void Poller::watch_again(Ticket ticket, std::uint32_t events) noexcept {
    Slot* slot = find(ticket);
    if (slot == nullptr || slot->watched == nullptr) return;
    epoll_event event{};
    event.events = events;
    event.data.u64 = ticket;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, slot->descriptor, &event);
}

void Poller::keep_ticking(bool on) noexcept {
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

void Poller::set_alarm(std::chrono::nanoseconds in) noexcept {
    constexpr std::chrono::nanoseconds at_once{1};  // zero would disarm it
    in = std::max(in, at_once);
    itimerspec time{};
    const auto seconds = std::chrono::floor<std::chrono::seconds>(in);
    time.it_value.tv_sec = seconds.count();
    time.it_value.tv_nsec = std::chrono::nanoseconds(in - seconds).count();
    ::timerfd_settime(alarm_, 0, &time, nullptr);
}

void Poller::run() {
    while (!stopping_) turn(-1);
}

void Poller::poll() {
    turn(0);
}

template <typename Step>
void Poller::attempt(Step step) noexcept {
    try {
        step();
    } catch (const std::exception& error) {
        try {
            on_failure(error);
        } catch (const std::exception&) {
            // There is not even memory to say so.
        }
    }
}

void Poller::handle(std::uint64_t ticket, std::uint32_t events) {
    if (ticket == mail_ticket) {
        for (auto& function : mailbox_->take()) attempt(function);
    } else if (ticket == time_ticket) {
        std::uint64_t expirations = 0;
        due_ = ::read(ticker_, &expirations, sizeof expirations) > 0;
    } else if (ticket == alarm_ticket) {
        std::uint64_t expirations = 0;
        alarmed_ = ::read(alarm_, &expirations, sizeof expirations) > 0;
    } else if (Slot* slot = find(ticket); slot != nullptr && slot->watched != nullptr) {
        slot->watched->ready(events);
    }
}

void Poller::turn(int wait) {
    std::array<epoll_event, 128> events;
    int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait);
    attempt([this] { before_batch(); });
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        attempt([&] { handle(event.data.u64, event.events); });
    }
    if (std::exchange(due_, false)) attempt([this] { on_tick(); });
    if (std::exchange(alarmed_, false) && on_alarm) attempt([this] { on_alarm(); });
    attempt([this] { after_batch(); });
    keep_ticking(ticking());
}

void Poller::stop() noexcept {
    stopping_ = true;
    mailbox_->ring();
}

}  // namespace vitals::server
