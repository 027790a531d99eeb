#include "app/saved_states.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "endpoints/json_body.hpp"
#include "model/json.hpp"
#include "text/json.hpp"

namespace vitals::app {

namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

// Counts of runs that decide nothing yet; with the store's own pause, a kill loses at most the last
// second of them.
constexpr auto turn_every = 500ms;
constexpr auto soonest = 20ms;  // after the last time

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string().c_str())
                                                  : std::string();
}

ErrorClass class_of(std::string_view text) {
    constexpr std::array classes{ErrorClass::resolve,   ErrorClass::connect,  ErrorClass::tls,
                                 ErrorClass::auth,      ErrorClass::protocol, ErrorClass::timeout,
                                 ErrorClass::assertion, ErrorClass::local};
    const auto* found =
        std::ranges::find_if(classes, [&](ErrorClass each) { return text == to_string(each); });
    return found == classes.end() ? ErrorClass::none : *found;
}

}  // namespace

std::string saved_outcome(const Outcome* outcome) {
    if (outcome == nullptr) return {};
    std::string saved;
    text::JsonWriter(saved)
        .object()
        .member("status", to_string(outcome->status))
        .member("detail", outcome->detail)
        .member("error_class", to_string(outcome->error_class))
        .member("properties", outcome->properties)
        .end_object();
    return saved;
}

std::shared_ptr<const Outcome> outcome_of(const std::string& saved) {
    json::error_code error;
    const json::value value = json::parse(saved, error);
    if (error || !value.is_object()) return nullptr;
    const json::object& object = value.get_object();
    const auto status = parse_status(text_of(object, "status"));
    const json::value* properties = object.if_contains("properties");
    auto outcome = std::make_shared<Outcome>();
    if (!status) return nullptr;
    if (properties != nullptr && !endpoints::read_properties(*properties, *outcome)) return nullptr;
    outcome->status = *status;
    outcome->detail = text_of(object, "detail");
    outcome->error_class = class_of(text_of(object, "error_class"));
    return outcome;
}

SavedStates::SavedStates(net::Loop& loop, engine::Engine& engine, Clock& clock)
    : engine_(engine), clock_(clock), timer_(loop) {}

void SavedStates::take_up(history::Store& store) {
    store_ = &store;
    std::vector<RememberedComponent> known;
    for (history::SavedState& state : store.saved_states()) {
        state.last = outcome_of(state.pushed);
        known.push_back(std::move(state));
    }
    engine_.restore(std::move(known), store.away());
    turn();
}

void SavedStates::turn() {
    keep_now();
    timer_.arm(clock_.steady() + turn_every, [this] { turn(); });
}

void SavedStates::keep_soon() {
    if (store_ == nullptr || std::exchange(soon_, true)) return;
    timer_.arm(std::max(clock_.steady(), kept_ + soonest), [this] { turn(); });
}

void SavedStates::keep_now() {
    if (store_ == nullptr) return;
    soon_ = false;
    kept_ = clock_.steady();
    const unsigned losses = store_->losses();
    if (std::exchange(losses_, losses) != losses) engine_.all_changed();
    engine::Engine::Changes changes = engine_.changes();
    if (changes.gone.empty() && changes.now.empty()) return;
    std::vector<history::SavedState> states;
    states.reserve(changes.now.size());
    for (RememberedComponent& known : changes.now) {
        std::string pushed = saved_outcome(known.last.get());
        states.push_back({std::move(known), std::move(pushed), {}});
    }
    store_->save_states(std::move(changes.gone), std::move(states));
}

}  // namespace vitals::app
