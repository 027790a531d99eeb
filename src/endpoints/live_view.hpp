// The live parts of a page. A view is rendered once for all who watch the same with the same right;
// each client is sent what changed since its last event. One per serving thread, used on that
// thread only.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "endpoints/gathering.hpp"
#include "endpoints/kept_answers.hpp"
#include "endpoints/shared.hpp"
#include "endpoints/sight.hpp"
#include "endpoints/stream.hpp"
#include "endpoints/visit.hpp"

namespace vitals::endpoints {

class LiveView;

class LiveViews {
  public:
    LiveViews(Shared& shared, KeptAnswers& kept, const ServingLoop& loop, Sight& sight,
              Gathering& gathering)
        : shared_(shared), kept_(kept), loop_(loop), sight_(sight), gathering_(gathering) {}

    // `last`: the id of the client's last event, or empty. `shown`: the digests of the parts on its
    // page, or empty. Null: there are too many different views.
    std::unique_ptr<Stream> open(Visit visit, std::string_view last, std::string shown);
    void clear() { views_.clear(); }

  private:
    friend class LiveView;
    Shared& shared_;
    KeptAnswers& kept_;
    const ServingLoop& loop_;
    Sight& sight_;
    Gathering& gathering_;
    std::map<std::string, std::weak_ptr<LiveView>> views_;
};

}  // namespace vitals::endpoints
