#include "backends/systemd/session.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <utility>

#include "model/check_error.hpp"

namespace vitals::backends::systemd {

namespace {

using wire::dbus::Call;
using wire::dbus::Message;
using wire::dbus::Value;

constexpr const char* booted_with_systemd = "/run/systemd/system";  // sd_booted(3)
constexpr const char* system_bus = "/run/dbus/system_bus_socket";
constexpr const char* private_socket = "/run/systemd/private";  // root's own
constexpr std::string_view service = "org.freedesktop.systemd1";
constexpr std::string_view manager_path = "/org/freedesktop/systemd1";
constexpr std::string_view bus_service = "org.freedesktop.DBus";

bool exists(const std::string& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0;
}

std::string runtime_directory() {
    const char* const named = std::getenv("XDG_RUNTIME_DIR");
    if (named != nullptr && *named != '\0') return named;
    return "/run/user/" + std::to_string(::getuid());
}

std::string socket_of(const Manager& manager) {
    if (!manager.socket.empty()) return manager.socket;
    if (manager.of_user) return runtime_directory() + "/systemd/private";
    if (::geteuid() == 0 && !exists(system_bus)) return private_socket;
    return system_bus;
}

bool is_private(const std::string& socket) {
    return socket.ends_with("/private");
}

CheckError unreachable(const Manager& manager, const CheckError& error) {
    const bool here = manager.of_user || !manager.socket.empty() || exists(booted_with_systemd);
    if (!here)
        return {ErrorClass::local, "no systemd here",
                std::string(booted_with_systemd) + " does not exist"};
    return {ErrorClass::local,
            manager.of_user ? "the user's systemd cannot be reached" : "systemd cannot be reached",
            error.detail + ": " + error.error};
}

// The meaning of an error of D-Bus, by its name.
CheckError meaning_of(const Message& message) {
    std::string said = message.error;
    if (!message.body.empty())
        if (const std::string* const text = message.body.front().text()) said += ": " + *text;
    const auto is = [&](std::string_view name) {
        return message.error == "org.freedesktop.DBus.Error." + std::string(name);
    };
    if (is("NameHasNoOwner") || is("ServiceUnknown"))
        return {ErrorClass::local, "no systemd on this bus", said};
    if (is("AccessDenied")) return {ErrorClass::local, "not permitted to ask systemd", said};
    if (is("NoReply") || is("Timeout") || is("TimedOut"))
        return {ErrorClass::timeout, "systemd does not answer", said};
    return {ErrorClass::protocol, "systemd refused the question", said};
}

}  // namespace

std::string unit_name(std::string name) {
    if (!name.contains('.')) name += ".service";
    return name;
}

Session::Session(std::unique_ptr<net::Connection> connection, bool on_bus)
    : conversation_(std::move(connection), wire::dbus::Client(::geteuid())),
      destination_(on_bus ? service : std::string_view()) {}

net::awaitable<std::unique_ptr<Session>> Session::open(net::Context& context, Manager manager) {
    const std::string socket = socket_of(manager);
    net::Endpoint endpoint;
    endpoint.unix_path = socket;
    std::unique_ptr<net::Connection> connection;
    std::optional<CheckError> trouble;
    try {
        connection = co_await net::dial(context, endpoint);
    } catch (const CheckError& error) {
        if (error.error_class != ErrorClass::connect) throw;
        trouble = error;
    }
    if (trouble) throw unreachable(manager, *trouble);
    auto session = std::make_unique<Session>(std::move(connection), !is_private(socket));
    co_await session->log_in(context);
    co_return session;
}

net::awaitable<void> Session::log_in(net::Context& context) {
    context.enter("auth");
    std::optional<CheckError> refused;
    try {
        (void)co_await conversation_.next();
    } catch (const CheckError& error) {
        if (error.error_class != ErrorClass::auth) throw;
        refused = error;
    }
    if (refused)
        throw CheckError(ErrorClass::local, "not permitted to ask systemd", refused->error);
    if (destination_.empty()) co_return;
    Call hello;
    hello.destination = bus_service;
    hello.path = "/org/freedesktop/DBus";
    hello.interface = bus_service;
    hello.member = "Hello";
    (void)co_await ask(std::move(hello));
}

// Signals that come in between are skipped.
net::awaitable<std::vector<Value>> Session::ask(Call call) {
    const std::uint32_t serial = conversation_.machine().call(call);
    for (;;) {
        auto event = co_await conversation_.next();
        Message& message = event.message;
        if (message.reply_to != serial) continue;
        if (message.type == Message::Type::error) throw meaning_of(message);
        if (message.type == Message::Type::answer) co_return std::move(message.body);
    }
}

net::awaitable<Value> Session::unit(std::string name) {
    Call call;
    call.destination = destination_;
    call.path = std::string(manager_path) + "/unit/" + wire::dbus::path_element(name);
    call.interface = "org.freedesktop.DBus.Properties";
    call.member = "GetAll";
    call.texts = {""};
    std::vector<Value> body = co_await ask(std::move(call));
    if (body.empty() || body.front().at("ActiveState") == nullptr)
        throw CheckError(ErrorClass::protocol, "systemd did not answer with a unit", name);
    co_return std::move(body.front());
}

net::awaitable<Value> Session::manager() {
    Call call;
    call.destination = destination_;
    call.path = manager_path;
    call.interface = "org.freedesktop.DBus.Properties";
    call.member = "GetAll";
    call.texts = {"org.freedesktop.systemd1.Manager"};
    std::vector<Value> body = co_await ask(std::move(call));
    if (body.empty()) throw CheckError(ErrorClass::protocol, "systemd answered with nothing");
    co_return std::move(body.front());
}

net::awaitable<std::vector<Listed>> Session::units(std::vector<std::string> states) {
    Call call;
    call.destination = destination_;
    call.path = manager_path;
    call.interface = "org.freedesktop.systemd1.Manager";
    call.member = "ListUnitsFiltered";
    call.list = std::move(states);
    const std::vector<Value> body = co_await ask(std::move(call));
    const auto* const rows = body.empty() ? nullptr : body.front().list();
    if (rows == nullptr) throw CheckError(ErrorClass::protocol, "systemd answered with no list");
    std::vector<Listed> found;
    for (const Value& row : *rows) {
        // name, description, load state, active state, sub state, ...
        const auto* const columns = row.list();
        if (columns == nullptr || columns->size() < 5) continue;
        const auto column = [&](std::size_t i) {
            const std::string* const text = (*columns)[i].text();
            return text == nullptr ? std::string() : *text;
        };
        found.push_back({column(0), column(1), column(2), column(3), column(4)});
    }
    co_return found;
}

}  // namespace vitals::backends::systemd
