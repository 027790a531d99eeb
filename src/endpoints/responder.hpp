// From the head of a request to the plan of its answer. One per serving thread, used on that thread
// only; no sockets here.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "endpoints/access.hpp"
#include "endpoints/kept_answers.hpp"
#include "endpoints/plan.hpp"
#include "endpoints/serving_loop.hpp"
#include "endpoints/shared.hpp"
#include "http/request.hpp"

namespace vitals::endpoints {

class GrpcHealth;
class Pages;
class PastAnswers;

class Responder {
  public:
    Responder(Shared& shared, unsigned thread, std::shared_ptr<const Routes> routes,
              ServingLoop loop);
    ~Responder();
    Responder(const Responder&) = delete;
    Responder& operator=(const Responder&) = delete;

    void replace_routes(std::shared_ptr<const Routes> routes);
    // Decides by the head alone, so that a body is only read when it is needed.
    Plan plan(const http::Head& head, const Peer& peer);
    // The endpoint that has a listener for itself; null: the listener has none.
    const MountedEndpoint* own_endpoint(std::size_t listener) const noexcept {
        return mounts_[listener].own();
    }
    // The present answer of that endpoint to a new connection; nothing if it is not mounted.
    std::shared_ptr<http::Rendered> own_answer(std::size_t listener);
    Identity identify(std::string_view credentials) const {
        return endpoints::identify_by(*routes_, credentials, kept_.now());
    }
    void count(const std::string& label, int status);
    KeptAnswers& kept() noexcept { return kept_; }
    const KeptAnswers& kept() const noexcept { return kept_; }
    GrpcHealth& grpc() noexcept { return *grpc_; }

  private:
    // A request whose target was read, and the decisions so far.
    struct Question {
        const http::Head& head;
        http::Target& target;
        const Peer& peer;
        Plan& plan;
    };
    void plan_whole(Question question);
    void plan_endpoint(Question question, const Mounts::Found& found);
    void plan_operation(Question question);
    Action change_by(const MountedEndpoint& endpoint, dialects::Request request, std::string who);
    Action answer_by(const Operation& operation, std::vector<std::string> names,
                     const http::Target& target, std::string who, std::string by);
    Action session_by(const Operation& operation, const http::Head& head, std::string_view path,
                      const Peer& peer);
    // The token's name, or the peer; for the log.
    std::string who(const Identity& identity, const Peer& peer) const;
    // The same as an author, for people.
    std::string author(const Identity& identity, const Peer& peer) const;

    Shared& shared_;
    const unsigned thread_;
    const Access access_;
    std::shared_ptr<const Routes> routes_;
    std::vector<Mounts> mounts_;  // per listener
    const ServingLoop loop_;
    KeptAnswers kept_;
    std::unique_ptr<PastAnswers> past_answers_;
    std::unique_ptr<Pages> pages_;
    std::unique_ptr<GrpcHealth> grpc_;
};

}  // namespace vitals::endpoints
