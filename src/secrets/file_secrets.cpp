#include "secrets/file_secrets.hpp"

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace vitals::secrets {

namespace {

using namespace std::chrono_literals;

constexpr auto interval = 5s;  // rotated files take effect within 10 s
constexpr std::chrono::milliseconds forever = std::chrono::hours(24 * 365);

}  // namespace

FileSecrets::FileSecrets(net::Loop& loop, net::Environment& environment, Clock& clock, Log log)
    : reading_(environment, "secrets"), clock_(clock), log_(std::move(log)), timer_(loop) {}

void FileSecrets::configure(config::SecretStore store) {
    store_ = std::move(store);
    if (!std::exchange(begun_, true)) read_all();
}

void FileSecrets::read_all() {
    for (const std::string& path : store_.files()) read(path);
    timer_.arm(clock_.steady() + interval, [this] { read_all(); });
}

// Each file separately: one on a disk that hangs does not delay the others.
void FileSecrets::read(const std::string& path) {
    const auto tell = [this](const std::optional<std::string>& line) {
        if (line) log_(LogLevel::info, *line);
    };
    if (!unanswered_.insert(path).second) return tell(store_.unanswered(path));
    const auto line = std::make_shared<std::optional<std::string>>();
    reading_.start(
        forever, [line, path, store = store_]() mutable { *line = store.refresh(path); },
        [this, line, path, tell](const std::exception_ptr& problem) {
            unanswered_.erase(path);
            if (!problem) tell(*line);
        });
}

}  // namespace vitals::secrets
