// Keeps an ear on the broker of a Celery application, for one group of workers: connects, listens,
// and connects again with growing pauses for as long as it lives. What it hears goes into the
// table; so does that it cannot hear, for then nobody's silence counts. A connection that shows no
// sign of life in time is given up, however it hangs. It makes nothing on the broker but what goes
// with its connection. Used on the loop's thread only.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "workers/celery/celery_options.hpp"
#include "workers/source.hpp"

namespace vitals::workers::celery {

struct Timing {
    std::chrono::milliseconds connect{10'000};  // from dialling to listening
    std::chrono::milliseconds ask{3'000};       // how often the broker is asked for a sign of life
    std::chrono::milliseconds dead{12'000};     // without any for so long: gone
    std::chrono::milliseconds first_pause{250}, longest_pause{5'000};  // before dialling again
};
// What suits a group: workers are to be missed in time, and a slow broker is not a dead one.
Timing timing_for(std::chrono::milliseconds timeout);

class CelerySource {
  public:
    CelerySource(SourceContext context, std::shared_ptr<const CeleryOptions> options);
    CelerySource(SourceContext context, std::shared_ptr<const CeleryOptions> options,
                 Timing timing);
    ~CelerySource();  // hangs up
    // The same ones with fresher secrets: for the next connection.
    void refresh(std::shared_ptr<const CeleryOptions> options);
    CelerySource(const CelerySource&) = delete;
    CelerySource& operator=(const CelerySource&) = delete;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

extern const Source source;

}  // namespace vitals::workers::celery
