// The one room that speaks to systemd: by D-Bus over a unix socket, reading only. It reports
// systemd's state of units, never whether that is good.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/connection.hpp"
#include "net/conversation.hpp"
#include "wire/dbus.hpp"

namespace vitals::backends::systemd {

// Which manager is asked: that of the system, or that of the user who runs vitals. A given socket
// replaces both; one that is called `private` is the manager's own, without a bus between.
struct Manager {
    bool of_user = false;
    std::string socket;
};

// One unit of a list.
struct Listed {
    std::string name;
    std::string description;
    std::string load;    // loaded, not-found, masked, ...
    std::string active;  // active, failed, inactive, ...
    std::string sub;     // running, exited, waiting, ...
};

// A name in systemctl's form: without a suffix it is a service.
std::string unit_name(std::string name);

class Session {
  public:
    // Connects (phase `connect`) and logs in (phase `auth`). If there is no systemd, or it may not
    // be asked, that is CheckError{local}: it says nothing about any unit.
    static net::awaitable<std::unique_ptr<Session>> open(net::Context& context, Manager manager);

    // All properties of a unit, of all its interfaces: a dictionary. This loads a unit that is not
    // loaded for a moment.
    net::awaitable<wire::dbus::Value> unit(std::string name);
    // Properties of the manager itself: SystemState, NFailedUnits, ...
    net::awaitable<wire::dbus::Value> manager();
    // The loaded units in one of these states (active, failed, ...); none: all.
    net::awaitable<std::vector<Listed>> units(std::vector<std::string> states);

    Session(std::unique_ptr<net::Connection> connection, bool on_bus);

  private:
    net::awaitable<void> log_in(net::Context& context);
    net::awaitable<std::vector<wire::dbus::Value>> ask(wire::dbus::Call call);

    net::Conversation<wire::dbus::Client> conversation_;
    std::string destination_;
};

}  // namespace vitals::backends::systemd
