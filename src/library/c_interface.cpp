// The C interface: handles around the C++ one; no exception leaves it.
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "vitals/vitals.h"
#include "vitals/vitals.hpp"

struct vitals_registry {
    explicit vitals_registry(vitals::RegistryOptions options) : registry(std::move(options)) {}

    vitals::Registry registry;
    std::mutex mutex;
    // Destroyed before the registry, because they remove themselves.
    std::map<std::string, std::unique_ptr<vitals::StateHandler>, std::less<>> handlers;
};

struct vitals_server {
    vitals_server(vitals::Registry& registry, vitals::ServerOptions options)
        : server(registry, std::move(options)) {}
    vitals::Server server;
};

namespace {

thread_local std::string last_error;

vitals_error failed_with(vitals_error code, std::string_view why) noexcept {
    try {
        last_error = why;
    } catch (...) {
        last_error.clear();
    }
    return code;
}

template <class Function>
vitals_error fenced(Function function) noexcept {
    try {
        return function();
    } catch (const vitals::UnknownComponent& error) {
        return failed_with(VITALS_NOT_FOUND, error.what());
    } catch (const std::invalid_argument& error) {
        return failed_with(VITALS_INVALID, error.what());
    } catch (const std::exception& error) {
        return failed_with(VITALS_SYSTEM, error.what());
    } catch (...) {
        return failed_with(VITALS_SYSTEM, "an exception of unknown type");
    }
}

vitals_error null_argument(std::string_view name) noexcept {
    return failed_with(VITALS_INVALID, std::string(name) + " must not be null");
}

bool is_status(int status) {
    return status >= VITALS_OK && status <= VITALS_UNKNOWN;
}

vitals::Outcome outcome_of(int status, std::string detail) {
    switch (status) {
        case VITALS_OK:
            return vitals::ok(std::move(detail));
        case VITALS_DEGRADED:
            return vitals::degraded(std::move(detail));
        case VITALS_FAILED:
            return vitals::failed(std::move(detail));
        case VITALS_UNKNOWN:
            return vitals::unknown(std::move(detail));
        default:
            break;
    }
    return vitals::failed("the handler returned no status", vitals::ErrorClass::local,
                          "value " + std::to_string(status));
}

constexpr std::size_t detail_size = 512;

}  // namespace

#define VITALS_EXPORT __attribute__((visibility("default")))

extern "C" {

VITALS_EXPORT const char* vitals_last_error(void) {
    return last_error.c_str();
}

VITALS_EXPORT vitals_error vitals_registry_create(const char* service, const char* version,
                                                  vitals_registry** registry) {
    if (registry == nullptr) return null_argument("registry");
    *registry = nullptr;
    return fenced([&] {
        vitals::RegistryOptions options;
        if (service != nullptr) options.service.name = service;
        if (version != nullptr) options.service.version = version;
        *registry = new vitals_registry(std::move(options));
        return VITALS_SUCCESS;
    });
}

VITALS_EXPORT void vitals_registry_destroy(vitals_registry* registry) {
    delete registry;
}

VITALS_EXPORT vitals_error vitals_set_state(vitals_registry* registry, const char* name,
                                            vitals_status status, const char* detail) {
    if (registry == nullptr) return null_argument("registry");
    if (name == nullptr) return null_argument("name");
    if (!is_status(status)) return failed_with(VITALS_INVALID, "there is no such status");
    return fenced([&] {
        const std::scoped_lock lock(registry->mutex);
        auto& handler = registry->handlers[name];
        const bool fresh = handler == nullptr;
        try {
            if (fresh) handler = std::make_unique<vitals::StateHandler>(name);
        } catch (...) {
            registry->handlers.erase(name);
            throw;
        }
        handler->set_state(static_cast<vitals::Status>(status), detail == nullptr ? "" : detail);
        if (fresh) registry->registry.add(*handler);
        return VITALS_SUCCESS;
    });
}

VITALS_EXPORT vitals_error vitals_add_handler(vitals_registry* registry, const char* name,
                                              vitals_handler handler, void* user,
                                              uint32_t interval_ms, uint32_t timeout_ms) {
    if (registry == nullptr) return null_argument("registry");
    if (name == nullptr) return null_argument("name");
    if (handler == nullptr) return null_argument("handler");
    return fenced([&] {
        vitals::Options options;
        options.interval = std::chrono::milliseconds(interval_ms);
        options.timeout = std::chrono::milliseconds(timeout_ms);
        {
            const std::scoped_lock lock(registry->mutex);
            registry->handlers.erase(name);
        }
        registry->registry.add(
            name,
            [handler, user] {
                char detail[detail_size] = {};
                const int status = handler(user, detail, sizeof detail);
                detail[sizeof detail - 1] = '\0';
                return outcome_of(status, detail);
            },
            options);
        return VITALS_SUCCESS;
    });
}

VITALS_EXPORT vitals_error vitals_remove(vitals_registry* registry, const char* name) {
    if (registry == nullptr) return null_argument("registry");
    if (name == nullptr) return null_argument("name");
    return fenced([&] {
        const std::scoped_lock lock(registry->mutex);
        if (registry->handlers.erase(name) > 0 || registry->registry.remove(name))
            return VITALS_SUCCESS;
        throw vitals::UnknownComponent(name);
    });
}

VITALS_EXPORT vitals_error vitals_get_status(vitals_registry* registry, const char* name,
                                             vitals_status* status) {
    if (registry == nullptr) return null_argument("registry");
    if (name == nullptr) return null_argument("name");
    if (status == nullptr) return null_argument("status");
    return fenced([&] {
        *status = static_cast<vitals_status>(registry->registry.status(name));
        return VITALS_SUCCESS;
    });
}

VITALS_EXPORT vitals_error vitals_wait_for(vitals_registry* registry, const char* name,
                                           vitals_status status, uint32_t at_most_ms) {
    if (registry == nullptr) return null_argument("registry");
    if (name == nullptr) return null_argument("name");
    if (!is_status(status)) return failed_with(VITALS_INVALID, "there is no such status");
    return fenced([&] {
        const bool reached = registry->registry.wait_for(name, static_cast<vitals::Status>(status),
                                                         std::chrono::milliseconds(at_most_ms));
        return reached ? VITALS_SUCCESS
                       : failed_with(VITALS_TIMEOUT, "'" + std::string(name) +
                                                         "' did not reach that state in time");
    });
}

VITALS_EXPORT vitals_error vitals_snapshot_json(vitals_registry* registry, char** json) {
    if (registry == nullptr) return null_argument("registry");
    if (json == nullptr) return null_argument("json");
    *json = nullptr;
    return fenced([&] {
        vitals::Request request;
        request.target = "/health";
        request.trusted = true;
        const vitals::Response response = vitals::respond(registry->registry.snapshot(), request);
        char* text = static_cast<char*>(std::malloc(response.body.size() + 1));
        if (text == nullptr) throw std::bad_alloc();
        std::memcpy(text, response.body.c_str(), response.body.size() + 1);
        *json = text;
        return VITALS_SUCCESS;
    });
}

VITALS_EXPORT void vitals_free(char* text) {
    std::free(text);
}

VITALS_EXPORT vitals_error vitals_decommission(vitals_registry* registry, const char* text) {
    if (registry == nullptr) return null_argument("registry");
    if (text == nullptr) return null_argument("text");
    return fenced([&] {
        registry->registry.decommission(text);
        return VITALS_SUCCESS;
    });
}

VITALS_EXPORT vitals_error vitals_serve(vitals_registry* registry, const char* address,
                                        vitals_server** server) {
    if (registry == nullptr) return null_argument("registry");
    if (address == nullptr) return null_argument("address");
    if (server == nullptr) return null_argument("server");
    *server = nullptr;
    return fenced([&] {
        vitals::ServerOptions options;
        options.address = address;
        *server = new vitals_server(registry->registry, std::move(options));
        return VITALS_SUCCESS;
    });
}

VITALS_EXPORT uint16_t vitals_server_port(const vitals_server* server) {
    return server == nullptr ? 0 : server->server.port();
}

VITALS_EXPORT void vitals_server_destroy(vitals_server* server) {
    delete server;
}

}  // extern "C"
