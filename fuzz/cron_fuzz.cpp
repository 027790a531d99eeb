// Cron expressions on arbitrary text: the times of an accepted one ascend and are whole minutes,
// and the same expression with other blanks has the same meaning.
#include "calendar/cron.hpp"
#include "jobs/saved.hpp"
#include "target.hpp"

namespace vitals::fuzz {
namespace {

using namespace calendar;

const Zone& berlin() {
    static const Zone zone = Zone::find("Europe/Berlin").value();
    return zone;
}

}  // namespace

void run(std::string_view text) {
    // What was saved is read, too: it ends, and what is read is written as it was.
    if (const auto memory = jobs::memory_of(std::string(text)))
        require(jobs::memory_of(jobs::saved(*memory)).has_value());
    const auto cron = Cron::parse(text);
    if (!cron) {
        require(!cron.error().empty());
        return;
    }
    require(cron->text() == text);
    const auto again = Cron::parse('\t' + std::string(text) + ' ');
    if (text.size() + 2 <= Cron::longest) require(again.has_value());
    System now = System(std::chrono::seconds(1'774'700'000));  // a day before a clock change
    for (int i = 0; i < 5; ++i) {
        const auto due = cron->next(berlin(), now);
        if (!due) return;
        require(due->at > now && due->latest >= due->at);
        require(due->at.time_since_epoch() % std::chrono::minutes(1) == System::duration::zero());
        if (again) require(again->next(berlin(), now) == due);
        now = due->at;
    }
}

}  // namespace vitals::fuzz
