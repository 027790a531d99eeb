// Answers of dialects that need the history. All who ask the same share one question, and the
// answer is kept for a while. One per serving thread, used on that thread only.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "endpoints/gathering.hpp"
#include "endpoints/kept_answers.hpp"
#include "endpoints/plan.hpp"
#include "endpoints/routes.hpp"

namespace vitals::endpoints {

class PastAnswers {
  public:
    PastAnswers(Shared& shared, KeptAnswers& kept, const ServingLoop& loop)
        : shared_(shared), kept_(kept), gathering_(shared.control, loop) {}

    struct Asked {
        std::shared_ptr<const Routes> routes;  // the endpoint lives as long
        const MountedEndpoint* endpoint = nullptr;
        dialects::Request request;
        std::string_view allow;  // not empty: an OPTIONS request
        bool gzip = false;
    };
    // Answers it later, or at once if the answer is kept.
    Action answer(Asked asked, dialects::PastQuestion question);
    void clear();

  private:
    struct Kept {
        http::Response response;
        Steady until{};
    };
    http::Response rendered(Asked& asked, const dialects::PastAnswer& past);
    void keep(const std::string& key, const http::Response& response, Steady until);

    Shared& shared_;
    KeptAnswers& kept_;
    Gathering gathering_;
    std::map<std::string, Kept> answers_;  // by question
    unsigned routes_ = 0;                  // counts those that were replaced
};

}  // namespace vitals::endpoints
