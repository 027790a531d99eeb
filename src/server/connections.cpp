#include "server/connections.hpp"

#include <malloc.h>
#include <sys/epoll.h>

#include <algorithm>

namespace vitals::server {
namespace {

constexpr std::chrono::milliseconds linger_time{2'000};
constexpr std::size_t worth_giving_back = 4u << 20;
constexpr std::uint32_t connection_events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

}  // namespace

void Presence::enter(std::size_t count) {
    std::scoped_lock lock(mutex_);
    count_ += count;
}

void Presence::leave() {
    std::scoped_lock lock(mutex_);
    if (--count_ == 0) changed_.notify_all();
}

bool Presence::wait_empty(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, deadline, [this] { return count_ == 0; });
}

Connections::Connections(Poller& poller, const endpoints::KeptAnswers& kept, const Limits& limits,
                         unsigned threads, Presence& connected)
    : poller_(poller),
      kept_(kept),
      connected_(connected),
      most_(std::max<std::size_t>(1, limits.connections / threads)),
      most_booked_(limits.connection_memory / threads),
      most_outgrown_(limits.outgrown_answers / threads) {
    auto time = [this](Phase phase) -> auto& { return times_[static_cast<std::size_t>(phase)]; };
    time(Phase::idle) = limits.idle_time;
    time(Phase::handshake) = limits.head_time;
    time(Phase::head) = limits.head_time;
    time(Phase::body) = limits.body_time;
    time(Phase::sending) = limits.send_time;
    time(Phase::stalled) = limits.send_time;
    time(Phase::lingering) = linger_time;
}

Connections::~Connections() {
    for (auto& members : members_) {
        for ([[maybe_unused]] auto& each : members)
            if (each->phase_ != Phase::closed) connected_.leave();
        members.clear();
    }
}

void Connections::admit(std::unique_ptr<Member> made, int descriptor, Phase phase) {
    if (count_ >= most_ && !give_way()) return;
    Member& member = *made;
    member.phase_ = phase;
    member.since_ = kept_.now();
    Members& place = list(phase);
    member.place_ = place.insert(place.end(), std::move(made));
    ++count_;
    connected_.enter();
    book(member);
    member.ticket_ = poller_.watch(descriptor, member, connection_events);
    if (member.ticket_ == 0) member.close();
}

void Connections::succeed(Member& member, std::unique_ptr<Member> made, int descriptor,
                          Phase phase) {
    Member& successor = *made;
    successor.phase_ = phase;
    successor.since_ = kept_.now();
    Members& place = list(phase);
    successor.place_ = place.insert(place.end(), std::move(made));
    ++count_;
    connected_.enter();
    remove(member);
    book(successor);
    successor.ticket_ = poller_.watch(descriptor, successor, connection_events);
    if (successor.ticket_ == 0) successor.close();
}

bool Connections::give_way() noexcept {
    Member* oldest = nullptr;
    for (Phase phase : {Phase::idle, Phase::lingering, Phase::handshake, Phase::head, Phase::body,
                        Phase::sending, Phase::stalled}) {
        if (list(phase).empty()) continue;
        Member* first = list(phase).front().get();
        if (oldest == nullptr || first->since_ < oldest->since_) oldest = first;
    }
    for (Phase phase : {Phase::streaming, Phase::working})
        if (oldest == nullptr && !list(phase).empty()) oldest = list(phase).front().get();
    if (oldest == nullptr) return false;
    oldest->close();
    return true;
}

void Connections::move(Member& member, Phase phase) noexcept {
    Members& to = list(phase);
    to.splice(to.end(), list(member.phase_), member.place_);
    member.phase_ = phase;
    member.since_ = kept_.now();
}

void Connections::await_reader(Member& member) noexcept {
    move(member, Phase::sending);
    Members& readers = list(Phase::sending);
    while (kept_.outgrown_bytes() > most_outgrown_ && readers.front().get() != &member)
        readers.front()->close();
}

void Connections::ring_again(Member& member) noexcept {
    poller_.watch_again(member.ticket_, connection_events);
}

void Connections::remove(Member& member) noexcept {
    poller_.unwatch(member.ticket_);
    if (member.phase_ == Phase::working) working_.erase(member.id_);
    booked_ -= member.booked_;
    move(member, Phase::closed);
    --count_;
    connected_.leave();
}

void Connections::book(Member& member) noexcept {
    if (member.phase_ == Phase::closed) return;
    const std::size_t now = member.held();
    booked_ = booked_ - member.booked_ + now;
    member.booked_ = now;
}

std::uint64_t Connections::begin_work(Member& member) {
    member.id_ = ++last_id_;
    working_.emplace(member.id_, &member);
    move(member, Phase::working);
    return member.id_;
}

void Connections::end_work(Member& member) {
    working_.erase(member.id_);
}

Connections::Member* Connections::working(std::uint64_t id) noexcept {
    const auto found = working_.find(id);
    return found == working_.end() ? nullptr : found->second;
}

std::size_t Connections::memory() const noexcept {
    return booked_ + kept_.kept_bytes() + kept_.outgrown_bytes();
}

bool Connections::owes_memory() const noexcept {
    return peak_ >= memory() + worth_giving_back;
}

void Connections::end_batch() noexcept {
    peak_ = std::max(peak_, memory());
    while (booked_ > most_booked_ && give_way()) {
    }
    list(Phase::closed).clear();
}

void Connections::expire() {
    for (Phase phase : {Phase::idle, Phase::handshake, Phase::head, Phase::body, Phase::sending,
                        Phase::stalled, Phase::lingering}) {
        Members& waiting = list(phase);
        const auto time = times_[static_cast<std::size_t>(phase)];
        while (!waiting.empty() && waiting.front()->since_ + time <= kept_.now())
            waiting.front()->expire();
    }
}

void Connections::drain_idle() {
    Members& idle = list(Phase::idle);
    for (auto each = idle.begin(); each != idle.end();) (*each++)->drain();
    end_streams();
}

bool Connections::pull_next() {
    Members& streams = list(Phase::streaming);
    if (streams.empty()) return false;
    Member& member = *streams.front();
    move(member, Phase::streaming);
    member.pull();
    return true;
}

void Connections::end_streams() {
    for (Phase phase : {Phase::streaming, Phase::stalled}) {
        Members& streams = list(phase);
        for (auto each = streams.begin(); each != streams.end();) (*each++)->end_stream();
    }
}

void Connections::give_memory_back() {
    // Freed memory stays with the process until the allocator is told to return it.
    ::malloc_trim(0);
    peak_ = memory();
}

}  // namespace vitals::server
