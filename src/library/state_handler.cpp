#include "vitals/state_handler.hpp"

#include <cstring>
#include <variant>

#include "library/core.hpp"
#include "model/mask.hpp"

namespace vitals {

namespace {

constexpr std::uint64_t status_shift = 62;
constexpr std::uint64_t digest_mask = (std::uint64_t{1} << status_shift) - 1;

// 64 bits of text, eight bytes at a time (multiply and fold). Not for an adversary: both texts
// compared are the program's own.
std::uint64_t mix(std::uint64_t hash, std::string_view text) noexcept {
    const auto fold = [](std::uint64_t a, std::uint64_t b) {
        const auto product = static_cast<unsigned __int128>(a) * b;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    };
    hash = fold(hash ^ text.size(), 0x9e3779b97f4a7c15ull);
    while (text.size() >= 8) {
        std::uint64_t part = 0;
        std::memcpy(&part, text.data(), 8);
        hash = fold(hash ^ part, 0xa0761d6478bd642full);
        text.remove_prefix(8);
    }
    std::uint64_t rest = 0;
    if (!text.empty()) std::memcpy(&rest, text.data(), text.size());
    return fold(hash ^ rest, 0xe7037ed1a0b428dbull);
}

std::uint64_t word_of(Status status, std::uint64_t digest) noexcept {
    return (static_cast<std::uint64_t>(status) << status_shift) | (digest & digest_mask);
}

std::uint64_t digest_of(std::string_view detail) noexcept {
    return mix(0x8ebc6af09c88c6e3ull, detail);
}

std::uint64_t digest_of(std::uint64_t digest, const std::vector<Property>& members) noexcept;

std::uint64_t digest_of(std::uint64_t digest, const Value& value) noexcept {
    digest ^= value.index();
    return std::visit(
        [digest](const auto& held) {
            using T = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<T, std::string>) {
                return mix(digest, held);
            } else if constexpr (std::is_same_v<T, std::nullptr_t>) {
                return mix(digest, {});
            } else if constexpr (std::is_same_v<T, std::vector<Property>>) {
                return digest_of(digest, held);
            } else if constexpr (std::is_same_v<T, std::vector<Value>>) {
                std::uint64_t whole = digest ^ held.size();
                for (const Value& each : held) whole = digest_of(whole, each);
                return mix(whole, {});
            } else {
                char bytes[sizeof held];
                std::memcpy(bytes, &held, sizeof held);
                return mix(digest, std::string_view(bytes, sizeof held));
            }
        },
        value);
}

std::uint64_t digest_of(std::uint64_t digest, const std::vector<Property>& members) noexcept {
    digest = mix(digest ^ members.size(), {});
    for (const Property& member : members)
        digest = digest_of(mix(digest, member.name), member.value);
    return digest;
}

std::uint64_t digest_of(const Outcome& state) noexcept {
    std::uint64_t digest = digest_of(state.detail);
    if (!state.error.empty()) digest = mix(digest ^ 1, state.error);
    return state.properties.empty() ? digest : digest_of(digest, state.properties);
}

void store(const std::shared_ptr<library::Cell>& cell, std::uint64_t word, Outcome state) {
    mask(state);
    std::shared_ptr<library::Core> core;
    std::shared_ptr<const Outcome> stored = std::make_shared<Outcome>(std::move(state));
    Status from = Status::unknown;
    bool immediate = false;
    {
        const std::scoped_lock lock(cell->mutex);
        const std::uint64_t before = cell->word.exchange(word, std::memory_order_acq_rel);
        if (before == word && cell->state != nullptr) return;  // another thread was first
        from = static_cast<Status>(before >> status_shift);
        cell->state = stored;
        core = cell->core.lock();
        immediate = !cell->has_ttl;
        if (core != nullptr && cell->entry->owner == cell.get())
            cell->entry->status = stored->status;
        else
            core.reset();  // removed, or another has taken the name
    }
    if (core != nullptr) core->changed(cell, from, *stored, immediate);
}

void beat_now(library::Cell& cell) noexcept {
    cell.beat.store(std::chrono::steady_clock::now().time_since_epoch().count(),
                    std::memory_order_release);
}

}  // namespace

StateHandler::StateHandler(std::string name) {
    library::check_name(name);
    cell_ = std::make_shared<library::Cell>(std::move(name));
}

StateHandler::~StateHandler() {
    std::shared_ptr<library::Core> core;
    {
        const std::scoped_lock lock(cell_->mutex);
        core = cell_->core.lock();
        cell_->core.reset();
    }
    if (core != nullptr) core->remove(cell_->name, cell_.get());
}

const std::string& StateHandler::name() const noexcept {
    return cell_->name;
}

void StateHandler::set_state(Outcome state) {
    if (cell_->beat.load(std::memory_order_relaxed) != 0) beat_now(*cell_);
    const std::uint64_t word = word_of(state.status, digest_of(state));
    if (cell_->word.load(std::memory_order_acquire) == word) return;
    store(cell_, word, std::move(state));
}

void StateHandler::set_state(Status status, std::string_view detail) {
    if (cell_->beat.load(std::memory_order_relaxed) != 0) beat_now(*cell_);
    const std::uint64_t word = word_of(status, digest_of(detail));
    if (cell_->word.load(std::memory_order_acquire) == word) return;
    Outcome state;
    state.status = status;
    state.detail = detail;
    if (status == Status::failed) state.error_class = ErrorClass::assertion;
    if (status == Status::unknown) state.error_class = ErrorClass::local;
    store(cell_, word, std::move(state));
}

void StateHandler::beat() noexcept {
    beat_now(*cell_);
}

Status StateHandler::status() const noexcept {
    return cell_->status();
}

Outcome StateHandler::state() const {
    const std::scoped_lock lock(cell_->mutex);
    return cell_->state != nullptr ? *cell_->state : Outcome();
}

}  // namespace vitals
