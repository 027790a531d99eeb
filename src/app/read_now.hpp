// Data that the store's thread reads while this one waits, for a while: at the start, before any
// request is served.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "history/store.hpp"

namespace vitals::app {

// The result; T() if the disk does not answer in time. If the disk has not answered at all yet,
// later readers do not wait for it again.
template <class T>
T read_now(history::Store& store, std::function<T(history::Database&)> read,
           std::chrono::milliseconds patience) {
    struct Reading {
        std::mutex mutex;
        std::condition_variable changed;
        T found{};
        bool ended = false;
    };
    if (!store.answered()) patience = std::min(patience, std::chrono::milliseconds(100));
    const auto reading = std::make_shared<Reading>();
    store.read(
        [reading, read = std::move(read)](history::Database& database) {
            T found = read(database);
            const std::scoped_lock lock(reading->mutex);
            reading->found = std::move(found);
        },
        [reading](bool) {
            const std::scoped_lock lock(reading->mutex);
            reading->ended = true;
            reading->changed.notify_all();
        });
    std::unique_lock lock(reading->mutex);
    reading->changed.wait_for(lock, patience, [&] { return reading->ended; });
    return std::exchange(reading->found, T());
}

}  // namespace vitals::app
