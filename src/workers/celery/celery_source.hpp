// Listens on the broker of a Celery application, for one group of workers: connects, listens, and
// connects again with growing pauses for as long as it lives. It writes to the table what it hears,
// and also when it cannot hear, because then silence does not count. A connection without a sign of
// life in time is given up, however it hangs. It creates nothing on the broker except what ends
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
// Defaults for a group: missing workers are noticed in time, and a slow broker does not count as
// dead.
Timing timing_for(std::chrono::milliseconds timeout);

class CelerySource {
  public:
    CelerySource(SourceContext context, std::shared_ptr<const CeleryOptions> options);
    CelerySource(SourceContext context, std::shared_ptr<const CeleryOptions> options,
                 Timing timing);
    ~CelerySource();  // hangs up
    // The same options with fresher secrets: for the next connection.
    void refresh(std::shared_ptr<const CeleryOptions> options);
    CelerySource(const CelerySource&) = delete;
    CelerySource& operator=(const CelerySource&) = delete;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

extern const Source source;

}  // namespace vitals::workers::celery
