// Messages to systemd: ready, reloading, stopping, alive. The protocol of sd_notify(3): datagrams
// to $NOTIFY_SOCKET. Does nothing if there is none; never blocks.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace vitals::app {

class Notify {
  public:
    Notify();  // reads and keeps $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID
    void send(std::string_view state) const;  // "READY=1\nSTATUS=..."
    // How often WATCHDOG=1 is due: half of what systemd allows; nothing when systemd does not ask.
    std::optional<std::chrono::milliseconds> watchdog() const { return watchdog_; }

  private:
    std::string socket_;
    std::optional<std::chrono::milliseconds> watchdog_;
};

}  // namespace vitals::app
