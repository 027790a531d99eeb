// Several servers behind one URL: which of them a client would end at.
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "diagnosis.hpp"
#include "session.hpp"

namespace vitals::backends::postgres {

namespace {

// What became of the places that gave way.
class Refusals {
  public:
    void add(const Place& place, CheckError error, const std::string& phase) {
        ++count_;
        if (!text_.empty()) text_ += "; ";
        text_ += fmt::format("{}:{}: {}", place.host, place.port, error.detail);
        if (!error.error.empty()) text_ += fmt::format(" ({})", error.error);
        if (first_) return;
        if (error.phase.empty()) error.phase = phase;
        first_ = std::move(error);
    }

    CheckError summary() const {
        CheckError made = *first_;
        if (count_ == 1) return made;
        made.detail =
            fmt::format("no session at any of {} servers; the first: {}", count_, first_->detail);
        made.error = text_;
        return made;
    }

  private:
    std::size_t count_ = 0;
    std::optional<CheckError> first_;
    std::string text_;
};

}  // namespace

net::awaitable<std::unique_ptr<Session>> Session::open(net::Context& context, Access access) {
    std::vector<std::string> roles(1, access.role);
    // Of a single place libpq takes whatever it is; of several, a standby anywhere comes first.
    if (access.role == "prefer-standby" && access.places.size() > 1) roles = {"standby", "any"};
    Refusals refusals;
    for (const std::string& role : roles) {
        refusals = {};
        for (std::size_t index = 0; index < access.places.size(); ++index) {
            access.place = access.places[index];
            access.role = role;
            const std::size_t left = access.places.size() - index - 1;
            std::optional<CheckError> error;
            try {
                auto session = co_await open_place(context, access, left);
                co_return session;
            } catch (const CheckError& caught) {
                error = caught;
            }
            if (!gives_way(*error)) throw CheckError(*error);
            refusals.add(access.place, std::move(*error), context.phase());
        }
    }
    throw refusals.summary();
}

}  // namespace vitals::backends::postgres
