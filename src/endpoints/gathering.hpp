// What a view of the page needs of the history. All who look at the same view share one question,
// and the result is kept for a moment. One per serving thread, used on that thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "endpoints/control.hpp"
#include "endpoints/serving_loop.hpp"
#include "page/page.hpp"

namespace vitals::endpoints {

class Gathering {
  public:
    struct Found {
        page::Gathered gathered;
        Steady at{};  // when it was asked for
    };
    Gathering(const Control& control, const ServingLoop& loop) : control_(control), loop_(loop) {}

    // Calls `then` with what is known. It does so at once if that is not older than `most_age`, or
    // if nothing must be asked. If too many questions are open, it uses what is in memory.
    using Then = std::function<void(const std::shared_ptr<const Found>&)>;
    void gather(const std::string& key, const page::Needs& needs, Steady now, System now_system,
                std::chrono::milliseconds most_age, Then then);
    void clear() { asked_.clear(); }

  private:
    struct Asked {
        std::shared_ptr<Found> found = std::make_shared<Found>();
        std::size_t open = 0;  // answers that have not come
        std::vector<Then> waiting;
    };
    void forget_old(Steady now);
    void ask(const std::shared_ptr<Asked>& asked, const page::Needs& needs, System now_system);
    template <auto member, class Result>
    std::function<void(Result)> answer(const std::shared_ptr<Asked>& asked);
    static void close(Asked& asked);

    const Control& control_;
    const ServingLoop& loop_;
    std::map<std::string, std::shared_ptr<Asked>> asked_;  // by key
};

}  // namespace vitals::endpoints
