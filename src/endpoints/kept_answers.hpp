// Kept answers: rendered once for each question and snapshot, and sent for each request. One per
// serving thread, used on that thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "endpoints/routes.hpp"
#include "endpoints/shared.hpp"
#include "http/answer.hpp"

namespace vitals::endpoints {

// A question that may be asked again, and its answer while that is valid.
struct KeptAnswer {
    dialects::Request request;
    Renderer render;
    std::uintptr_t route = 0;              // tells one endpoint or operation from another
    std::shared_ptr<const Routes> routes;  // hold what the request and the renderer point to
    bool wants_process = false;            // Dialect::wants_process
    bool wants_board = false;              // Dialect::wants_board
    bool gzip = false;                     // the client takes it
    std::string label;                     // the path that counts its answers
    std::string allow;  // not empty: an OPTIONS request, answered with these methods

    std::shared_ptr<http::Rendered> rendered;
    std::uint64_t version = 0;  // of the snapshot it was made from
    Steady expires{};           // not repeated from then on
    std::int64_t second = 0;    // of its date
    Counter* counter = nullptr;
    bool used = false;     // since it was last considered for eviction
    bool retired = false;  // not kept: evicted, of routes that were replaced, or never

    void retire() noexcept;
};

class KeptAnswers {
  public:
    KeptAnswers(Shared& shared, unsigned thread);

    // Reads the clock, once for all requests of the present batch.
    void begin_batch();
    Steady now() const noexcept { return now_; }
    const Snapshot& snapshot() { return reader_.read(); }

    // The answer to this question, kept before or from now on.
    std::shared_ptr<KeptAnswer> find_or_keep(KeptAnswer question);
    // Retires all answers: the routes were replaced.
    void clear();

    // Its answer, rendered again when the state, the time or the routes require it. Null when it is
    // not kept.
    const std::shared_ptr<http::Rendered>& fresh(KeptAnswer& kept) {
        if (kept.retired) return none_;
        if (kept.version != shared_.hub.version() || now_ >= kept.expires)
            refresh(kept);
        else if (kept.second != second_)
            redate(kept);
        kept.used = true;
        return kept.rendered;
    }
    // Its answer for this one time, even if it is retired.
    std::shared_ptr<http::Rendered> render_once(KeptAnswer& kept) {
        return render(produce(kept, reader_.read()));
    }
    std::shared_ptr<http::Rendered> render(const http::Response& response);
    // The head of an answer whose content follows in pieces.
    http::Rendered stream_head(const http::Response& response, bool chunked) const {
        return http::render_stream_head(response, date_, chunked);
    }

    // How many answers were rendered so far.
    std::uint64_t made() const noexcept { return made_; }
    void count_made() noexcept { ++made_; }  // by somebody else
    // Bytes of the answers that are kept for others, and of those that only their readers keep.
    std::size_t kept_bytes() const noexcept { return kept_bytes_; }
    std::size_t outgrown_bytes() const noexcept { return live_bytes_ - kept_bytes_; }

  private:
    void refresh(KeptAnswer& kept);
    void redate(KeptAnswer& kept) noexcept;
    void hold(KeptAnswer& kept, std::shared_ptr<http::Rendered> rendered) noexcept;
    dialects::Response produce(KeptAnswer& kept, const Snapshot& snapshot);
    std::string application_metrics();
    Steady holds_until(const Snapshot& snapshot);
    void evict(const KeptAnswer* spared);

    Shared& shared_;
    const unsigned thread_;
    SnapshotReader reader_;

    Steady now_{};
    Steady look_at_date_ = Steady::min();
    std::int64_t second_ = -1;
    std::string date_;

    // By question, and a ring for eviction.
    std::unordered_map<std::string, std::shared_ptr<KeptAnswer>> answers_;
    std::vector<std::string> ring_;
    std::size_t hand_ = 0;
    std::size_t kept_bytes_ = 0;
    std::uint64_t made_ = 0;
    std::size_t live_bytes_ = 0;  // of all answers that are still sent or kept

    // Until when no result of that snapshot becomes stale.
    std::uint64_t horizon_version_ = UINT64_MAX;
    Steady horizon_{};
    const std::shared_ptr<http::Rendered> none_;
};

}  // namespace vitals::endpoints
