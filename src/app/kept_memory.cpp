#include "app/kept_memory.hpp"

#include <utility>
#include <vector>

#include "app/read_now.hpp"
#include "history/records.hpp"

namespace vitals::app {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view record = "memory";
constexpr std::size_t most = 1'000'000;  // components
constexpr auto save_after = 250ms;
constexpr auto read_patience = 2s;

}  // namespace

KeptMemory::KeptMemory(net::Loop& loop, Clock& clock) : loop_(loop), clock_(clock), timer_(loop) {}

void KeptMemory::take_up(history::Store& store) {
    using Records = std::vector<history::Record>;
    const auto records = read_now<Records>(
        store,
        [](history::Database& database) {
            return history::Records(database).latest(record, {}, {}, most);
        },
        read_patience);
    for (const history::Record& each : records)
        if (each.text) texts_.insert_or_assign(each.key, *each.text);
    store_ = &store;
    losses_ = store.losses();
}

void KeptMemory::configure(const std::function<bool(const std::string& component)>& present) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(texts_, [&](const auto& known) {
        if (present(known.first)) return false;
        changed(known.first);
        return true;
    });
}

void KeptMemory::save_now() {
    const std::scoped_lock lock(mutex_);
    if (store_ == nullptr || unsaved_.empty()) return;
    std::vector<history::Record> records;
    for (const std::string& component : std::exchange(unsaved_, {})) {
        const auto known = texts_.find(component);
        std::optional<std::string> text;
        if (known != texts_.end()) text = known->second;
        records.push_back(
            {std::string(record), component, clock_.system(), component, std::move(text)});
    }
    store_->commit([records = std::move(records)](
                       history::Database& database) { history::Records(database).save(records); },
                   [](bool) {});
}

void KeptMemory::look_for_losses() {
    if (store_ == nullptr) return;
    const unsigned losses = store_->losses();
    if (std::exchange(losses_, losses) == losses) return;
    const std::scoped_lock lock(mutex_);
    for (const auto& [component, text] : texts_) changed(component);
}

std::optional<std::string> KeptMemory::recall(std::string_view component) const {
    const std::scoped_lock lock(mutex_);
    const auto known = texts_.find(component);
    return known == texts_.end() ? std::nullopt : std::optional(known->second);
}

void KeptMemory::remember(std::string_view component, std::string text) {
    if (text.size() > longest) return;
    const std::scoped_lock lock(mutex_);
    auto& [name, known] = *texts_.emplace(std::string(component), std::string()).first;
    if (known == text) return;
    known = std::move(text);
    changed(name);
}

// With the mutex held.
void KeptMemory::changed(const std::string& component) {
    if (unsaved_.empty())
        loop_.post([this] { timer_.arm(clock_.steady() + save_after, [this] { save_now(); }); });
    unsaved_.insert(component);
}

}  // namespace vitals::app
