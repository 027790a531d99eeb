#include "app/peer_link.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "model/check_error.hpp"
#include "net/http_client.hpp"

namespace vitals::app {

using namespace std::chrono_literals;

namespace {

constexpr auto every = 1s;
constexpr auto patience = 1500ms;    // for an answer
constexpr auto first_contact = 10s;  // after the start, until it counts as away
constexpr auto listens_for = 2s;
constexpr auto leaving_lasts = 60s;
constexpr auto grant_lasts = 4s;
// A later answer means that the process that asked stood still meanwhile.
constexpr auto stood_still = 2500ms;

}  // namespace

struct PeerLink::Flight {
    Flight(PeerLink& link, net::HttpRequest what)
        : request(std::move(what)),
          context(link.environment_, link.clock_, "vitals/peer", "peer",
                  link.clock_.steady() + patience),
          timer(link.environment_.loop()) {}

    net::awaitable<void> carry_out() {
        net::HttpResponse response = co_await net::http(context, std::move(request));
        if (response.status != 200) {
            problem = fmt::format("answered with HTTP {}", response.status);
            co_return;
        }
        auto read = endpoints::read_peer_exchange(response.body);
        if (read)
            answer = *std::move(read);
        else
            problem = "its answer is not that of a peer: " + read.error();
    }
    static net::awaitable<void> run(std::shared_ptr<Flight> flight) {
        co_await flight->carry_out();
    }

    net::HttpRequest request;
    std::optional<Exchange> answer;
    std::string problem;
    net::Context context;
    net::Timer timer;
    net::Task task;
};

PeerLink::PeerLink(net::Environment& environment, Clock& clock, Log log, Seams seams)
    : environment_(environment),
      clock_(clock),
      log_(std::move(log)),
      seams_(std::move(seams)),
      timer_(environment.loop()) {}

PeerLink::~PeerLink() {
    for (const std::shared_ptr<Flight>& flight : flights_) {
        flight->timer.cancel();
        const net::Task dropped = std::move(flight->task);  // cancelled, and calls nobody
    }
}

void PeerLink::configure(std::optional<config::Peer> peer) {
    const bool same = peer && peer_ && peer->url.text == peer_->url.text;
    peer_ = std::move(peer);
    if (!same) {
        heard_at_.reset();
        since_ = clock_.steady();
        ticked_ = {};
        same_rank_ = false;
        theirs_.clear();
        granted_.clear();
    }
    if (peer_) return timer_.arm(clock_.steady(), [this] { tick(); });
    timer_.cancel();
    if (reported_) seams_.report(std::nullopt);
    reported_.reset();
}

PeerLink::Exchange PeerLink::ours() const {
    Exchange exchange;
    exchange.rank = peer_->rank;
    exchange.told = seams_.told();
    if (exchange.told.size() > endpoints::most_told) exchange.told.resize(endpoints::most_told);
    exchange.acknowledged = seams_.acknowledged();
    for (const auto& [what, leaving] : ours_)
        if (leaving.granted) exchange.holds.push_back(what);
    return exchange;
}

// This process stood still: the next seconds show what failed and what was told meanwhile.
bool PeerLink::listens_first(Steady now) {
    if (ticked_ != Steady() && now - ticked_ > stood_still) {
        ticked_ = now;
        listens_until_ = now + listens_for;
    }
    return now < listens_until_;
}

// ---- asking -------------------------------------------------------------------------------------

void PeerLink::ask(const Claim& claim, Steady decided, std::function<void(bool)> then) {
    const Steady asked = clock_.steady();
    if (listens_first(asked)) return then(false);
    const std::string what = claim.what();
    const bool stands_by = peer_->rank > 1 && asked < decided + peer_->wait;
    if (is_heard(asked) && (stands_by || theirs_.contains(what))) return then(false);
    ours_[what] = {.granted = false, .until = asked + leaving_lasts};
    exchange(claim, [this, what, asked, then = std::move(then)](std::optional<Exchange> answer) {
        const Steady now = clock_.steady();
        const auto own = ours_.find(what);
        bool may = own != ours_.end() && peer_ && now - asked <= stood_still;
        if (may && answer)
            may = answer->granted;
        else if (may && peer_->rank > 1)
            may = !is_heard(now) && now - since_ > peer_->wait;
        if (may)
            own->second.granted = true;
        else if (own != ours_.end())
            ours_.erase(own);
        then(may);
        if (answer) take(*answer);
    });
}

void PeerLink::ended(const Claim& claim, bool may_have_arrived) {
    // This side tries a message again that may have arrived; the other side leaves it for a while.
    const auto own = ours_.find(claim.what());
    if (own != ours_.end() && !may_have_arrived) ours_.erase(own);
}

// ---- being asked --------------------------------------------------------------------------------

bool PeerLink::may_they(const Exchange& from, Steady now) {
    const Claim& claim = *from.claim;
    const std::string what = claim.what();
    const auto own = ours_.find(what);
    if (own != ours_.end() && own->second.until > now &&
        (own->second.granted || peer_->rank < from.rank))
        return false;
    for (const Exchange::Told& told : seams_.told())
        if (told.key == claim.key && told.receiver == claim.receiver && told.serial >= claim.serial)
            return false;  // was told already
    if (claim.state == "resolved" && seams_.is_wrong(claim.key)) return false;
    if (own != ours_.end()) ours_.erase(own);
    granted_[what] = now + grant_lasts;
    theirs_.insert(what);
    return true;
}

std::optional<PeerLink::Exchange> PeerLink::answer(const Exchange& from) {
    if (!peer_) return std::nullopt;
    take(from);
    const bool granted = from.claim && may_they(from, clock_.steady());
    Exchange exchange = ours();
    exchange.granted = granted;
    return exchange;
}

void PeerLink::take(const Exchange& from) {
    if (!peer_) return;
    const Steady now = clock_.steady();
    heard_at_ = now;
    same_rank_ = from.rank == peer_->rank;
    theirs_ = {from.holds.begin(), from.holds.end()};
    std::erase_if(granted_, [now](const auto& each) { return each.second <= now; });
    for (const auto& [what, until] : granted_) theirs_.insert(what);
    seams_.heard(from.told);
    for (const auto& [key, each] : from.acknowledged) seams_.heard_acknowledged(key, each);
}

// ---- the exchange -------------------------------------------------------------------------------

void PeerLink::exchange(std::optional<Claim> claim, Answered answered) {
    if (!peer_->token.available()) {
        problem_ = "the secret 'token' is not available";
        return answered(std::nullopt);
    }
    Exchange said = ours();
    said.claim = std::move(claim);
    net::HttpRequest request;
    request.method = "POST";
    request.url = peer_->url.text;
    while (request.url.ends_with('/')) request.url.pop_back();
    request.url += "/v1/peer";
    request.headers = {{"Content-Type", "application/json"},
                       {"Authorization", "Bearer " + peer_->token.reveal()}};
    request.body = endpoints::to_json(said);
    request.tls.ca = peer_->ca;
    const auto flight = std::make_shared<Flight>(*this, std::move(request));
    flights_.insert(flight);
    const std::weak_ptr<Flight> weak = flight;
    flight->timer.arm(flight->context.deadline(), [weak] {
        if (const auto held = weak.lock()) held->task.cancel();
    });
    auto done = [this, weak, answered = std::move(answered)](const std::exception_ptr& problem) {
        const auto held = weak.lock();
        if (!held) return;
        held->timer.cancel();
        flights_.erase(held);
        problem_ = held->problem;
        if (problem) {
            try {
                std::rethrow_exception(problem);
            } catch (const CheckError& error) {
                problem_ = error.detail;
            } catch (const std::exception&) {
                problem_ = "no answer in time";
            }
        }
        answered(std::move(held->answer));
    };
    flight->task = environment_.loop().spawn(Flight::run(flight), std::move(done));
}

void PeerLink::tick() {
    const Steady now = clock_.steady();
    listens_first(now);
    ticked_ = now;
    timer_.arm(now + every, [this] { tick(); });
    std::erase_if(ours_, [now](const auto& each) { return each.second.until <= now; });
    report();
    if (std::exchange(ticking_, true)) return;
    exchange(std::nullopt, [this](std::optional<Exchange> answer) {
        ticking_ = false;
        if (answer) take(*answer);
        if (peer_) report();
    });
}

// Losing the other one is a separate fault: no other vitals stands by any more.
void PeerLink::report() {
    const Steady now = clock_.steady();
    const bool ever = heard_at_.has_value();
    if (!ever && now - since_ < first_contact) return;
    std::string detail;
    if (!ever || now - *heard_at_ > first_contact)
        detail = "the peer is not heard";
    else if (same_rank_)
        detail = fmt::format("the peer has the rank {}, too", peer_->rank);
    else if (!problem_.empty() && now - *heard_at_ > every)
        detail = "the peer cannot be asked";
    const std::string error = detail.empty() ? std::string() : problem_;
    if (reported_ == detail + error) return;
    reported_ = detail + error;
    Outcome outcome = detail.empty()
                          ? ok(fmt::format("the peer is heard; rank {} here", peer_->rank))
                          : failed(detail, ErrorClass::connect, error);
    seams_.report(std::move(outcome));
}

}  // namespace vitals::app
