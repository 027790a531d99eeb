// What a request is answered with: routes, tokens, rights, and the rendered answers that are kept.
// One per serving thread, used on that thread only; no sockets here.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "endpoints/shared.hpp"
#include "endpoints/tokens.hpp"
#include "endpoints/traffic.hpp"
#include "http/answer.hpp"
#include "http/request.hpp"

namespace vitals::endpoints {

struct Operation;

// Where a request came from.
struct Peer {
    std::size_t listener = 0;
    bool loopback = false;              // 127.0.0.0/8, ::1, or a unix socket
    std::function<std::string()> name;  // who is at the other end, for the log; while it is there
};

// One question that may be asked again, and its answer while that holds.
struct Variant {
    dialects::Request request;
    dialects::Response (*render)(const Snapshot&, const dialects::Request&, const void*) = nullptr;
    std::shared_ptr<const void> options;
    std::shared_ptr<const Routes> routes;  // hold what the request points to
    bool wants_process = false;
    std::string label;  // what its answers are counted under
    std::string allow;  // not empty: asked by OPTIONS, answered with these methods

    std::shared_ptr<http::Rendered> rendered;
    std::uint64_t version = 0;  // of the snapshot it was made from
    Steady expires{};           // not to be repeated from here on
    std::int64_t second = 0;    // of its date
    Counter* counter = nullptr;
    bool used = false;     // since it was last considered for eviction
    bool retired = false;  // not kept: evicted, of routes that were replaced, or never

    void retire() noexcept;
};

// Does what the request asks, given its body. Nothing: the reply will be called.
using Action = std::function<std::optional<http::Response>(std::string body, Reply reply)>;

// How a request is to be answered: by exactly one of the first three.
struct Plan {
    std::shared_ptr<Variant> variant;
    std::optional<http::Response> response;
    Action action;
    std::string label;        // what the answer is counted under
    bool malformed = false;   // the connection is to be closed
    bool reads_body = false;  // the action does; else a body is thrown away
    std::string_view bearer;  // what was shown (points into the head)
    Identity identity;
};

class Responder {
  public:
    Responder(Shared& shared, unsigned thread, std::shared_ptr<const Routes> routes);

    void replace_routes(std::shared_ptr<const Routes> routes);
    // Reads the clock, once for all the requests that are at hand now.
    void begin_batch();

    // Decides on a request by its head alone, so that a body is only read when it is wanted.
    Plan plan(const http::Head& head, const Peer& peer);
    // The answer of a variant, rendered anew when the state, the time or the routes ask for it.
    // Null when the variant is not kept.
    const std::shared_ptr<http::Rendered>& fresh(Variant& variant) {
        if (variant.retired) return none_;
        if (variant.version != shared_.hub.version() || now_ >= variant.expires)
            refresh(variant);
        else if (variant.second != second_)
            redate(variant);
        variant.used = true;
        return variant.rendered;
    }
    std::shared_ptr<http::Rendered> render(const http::Response& response);
    // Renders a variant for this one time, retired or not.
    std::shared_ptr<http::Rendered> render_once(Variant& variant) {
        return render(produce(variant, reader_.read()));
    }
    void count(const std::string& label, int status);
    Identity identify(std::string_view bearer) const {
        return endpoints::identify(*routes_, bearer, now_);
    }
    Steady now() const noexcept { return now_; }
    // How many answers were made anew so far, not repeated.
    std::uint64_t made() const noexcept { return made_; }
    // Bytes of the answers that are kept for others, and of those that only their readers keep.
    std::size_t kept_bytes() const noexcept { return kept_bytes_; }
    std::size_t outgrown_bytes() const noexcept { return live_bytes_ - kept_bytes_; }

  private:
    Plan plan_endpoint(const MountedEndpoint& endpoint, std::string_view rest,
                       const http::Head& head, http::Target& target, const Peer& peer, Plan plan);
    Plan plan_control(const http::Head& head, http::Target& target, const Peer& peer, Plan plan);
    std::optional<http::Response> refuse_token(const MountedEndpoint& endpoint,
                                               std::string_view method, const Identity& identity,
                                               const Peer& peer);
    std::optional<http::Response> refuse_operation(const Operation& operation,
                                                   std::string_view path, const http::Head& head,
                                                   const Identity& identity, const Peer& peer);
    dialects::Request facts(const MountedEndpoint& endpoint, std::string_view rest,
                            const http::Head& head, http::Target& target, const Peer& peer,
                            const Identity& identity) const;
    Action act_on(const MountedEndpoint& endpoint, dialects::Request request, std::string who);
    dialects::Sender sender_of(const http::Head& head, const Peer& peer,
                               const Identity& identity) const;
    // The token's name, or who is at the other end; for the log.
    std::string who(const Identity& identity, const Peer& peer) const;
    // False when a page from elsewhere may have made a browser send it.
    bool own_site(const http::Head& head, const Peer& peer) const noexcept;
    void note_token(const Peer& peer, bool refused);

    std::shared_ptr<Variant> keep(Variant made, const void* route);
    void refresh(Variant& variant);
    void redate(Variant& variant) noexcept;
    void hold(Variant& variant, std::shared_ptr<http::Rendered> rendered) noexcept;
    dialects::Response produce(Variant& variant, const Snapshot& snapshot);
    std::string application_metrics();
    Steady holds_until(const Snapshot& snapshot);
    void evict(const Variant* spared);

    Shared& shared_;
    const unsigned thread_;
    std::shared_ptr<const Routes> routes_;
    SnapshotReader reader_;
    std::vector<std::vector<const MountedEndpoint*>> mounts_;  // per listener

    Steady now_{};
    Steady look_at_date_ = Steady::min();
    std::int64_t second_ = -1;
    std::string date_;

    // The variants, and a ring in which eviction goes round.
    std::unordered_map<std::string, std::shared_ptr<Variant>> variants_;
    std::vector<std::string> ring_;
    std::size_t hand_ = 0;
    std::size_t kept_bytes_ = 0;  // of what the variants hold
    std::uint64_t made_ = 0;
    std::size_t live_bytes_ = 0;  // of all that was rendered and is still sent or kept

    // Until when no result of that snapshot turns stale.
    std::uint64_t horizon_version_ = UINT64_MAX;
    Steady horizon_{};
    const std::shared_ptr<http::Rendered> none_;
};

}  // namespace vitals::endpoints
