// Whether a request may have what it asks for: by its token, by its listener, and by what is known
// of its sender.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "endpoints/operation.hpp"
#include "endpoints/routes.hpp"
#include "endpoints/shared.hpp"
#include "endpoints/tokens.hpp"
#include "http/request.hpp"

namespace vitals::endpoints {

// Where a request came from.
struct Peer {
    std::size_t listener = 0;
    bool loopback = false;              // 127.0.0.0/8, ::1, or a unix socket
    std::function<std::string()> name;  // the peer, for the log; valid during the connection
};

// Reads what several threads share, and counts refused tokens there. Thread-safe.
class Access {
  public:
    explicit Access(Shared& shared) : shared_(shared) {}

    // Why a request is refused, or nothing.
    std::optional<http::Response> refuse(const Routes& routes, const MountedEndpoint& endpoint,
                                         std::string_view method, const http::Head& head,
                                         const Identity& identity, const Peer& peer,
                                         Steady now) const;
    // Without a token only a control listener serves, and not a page of another site in a browser.
    std::optional<http::Response> refuse(const Operation& operation, std::string_view path,
                                         const http::Head& head, const Identity& identity,
                                         const Peer& peer, Steady now) const;
    // Without a token: this listener gives every right, and the request is not from a page of
    // another site.
    bool open_to(const http::Head& head, const Peer& peer) const noexcept;
    // False when a browser says that a page of another site caused the request. A program sends no
    // such field.
    static bool same_site(const http::Head& head) noexcept;
    // For a request that changes something.
    dialects::Sender sender_of(const http::Head& head, const Peer& peer,
                               const Identity& identity) const;

  private:
    // False when a page of another site may have made a browser send it.
    bool own_site(const http::Head& head, const Peer& peer) const noexcept;
    enum class Unknown { refused, ignored };
    void note_unknown_token(const Peer& peer, Unknown what, Steady now) const;

    Shared& shared_;
};

}  // namespace vitals::endpoints
