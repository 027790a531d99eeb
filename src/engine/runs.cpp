#include "engine/runs.hpp"

#include <optional>
#include <utility>

#include "model/pause.hpp"

namespace vitals::engine {

namespace {

class RunsHere final : public Runs {
  public:
    RunsHere(net::Environment& environment, Clock& clock, RunSettings settings, Owner owner)
        : environment_(environment),
          clock_(clock),
          settings_(std::move(settings)),
          owner_(std::move(owner)),
          kept_(std::make_shared<net::Kept>(settings_.interval)) {}

    void begin() override {
        // `found` is copied: it may destroy this.
        under_way_ = std::make_unique<OngoingRun>(
            environment_, clock_, settings_.component->name, settings_.component->kind,
            settings_.run, settings_.timeout, owner_.found, [this] { ended(); }, kept_);
    }
    void replace(std::shared_ptr<const Component> component, Run run) override {
        settings_.component = std::move(component);
        settings_.run = std::move(run);
        kept_->clear();
        kept_ = std::make_shared<net::Kept>(settings_.interval);
    }
    void forget() override { kept_->clear(); }
    bool running() const override { return under_way_ != nullptr && !under_way_->finished(); }
    bool hung() const override { return running() && under_way_->delivered(); }
    const std::string& phase() const override { return under_way_->phase(); }

    const OngoingRun& under_way() const { return *under_way_; }

  private:
    // What a run needed is not kept until the next one, unless a blocking call of it goes on.
    void ended() {
        const OngoingRun* const run = under_way_.get();
        owner_.ended();  // may begin the next
        if (under_way_.get() == run && run->finished()) under_way_.reset();
    }

    net::Environment& environment_;
    Clock& clock_;
    RunSettings settings_;
    Owner owner_;
    std::shared_ptr<net::Kept> kept_;
    std::unique_ptr<OngoingRun> under_way_;
};

// What is known of runs on a shard, on the engine's thread.
struct Known {
    Runs::Owner owner;
    bool delivered = false, ended = true;
    std::string phase;
    std::shared_ptr<net::BlockingCall> call;  // that may go on after the end of the run
};

// The runs on the shard's thread, and what they report.
class RunsThere {
  public:
    RunsThere(Shard& shard, Clock& clock, RunSettings settings, std::weak_ptr<Known> known)
        : shard_(shard),
          clock_(clock),
          known_(std::move(known)),
          runs_(shard.environment(), clock, std::move(settings),
                {[this](Outcome outcome) { found(std::move(outcome)); }, [this] { ended(); }}) {}

    RunsHere& runs() { return runs_; }

  private:
    // Of a run that has ended, both are told at once.
    void found(Outcome outcome) {
        found_ = std::move(outcome);
        if (!runs_.under_way().ended()) tell(false);
    }
    void ended() { tell(true); }

    void tell(bool ended) {
        const OngoingRun& run = runs_.under_way();
        shard_.engine().post([known = known_, &clock = clock_, at = clock_.steady(), ended,
                              found = std::exchange(found_, {}), phase = run.phase(),
                              call = run.blocking_call()]() mutable {
            const auto now = known.lock();
            if (now == nullptr) return;
            now->phase = std::move(phase);
            now->call = std::move(call);
            now->ended = ended;
            if (found) {
                if (clock.steady() - at > excusing_pause({})) outdate(*found);
                now->delivered = true;
                const auto tell = now->owner.found;  // it may destroy what it belongs to
                tell(*std::move(found));
            }
            if (const auto tell = now->owner.ended; ended && tell) tell();
        });
    }

    // What was found before the engine stood still says nothing of now.
    static void outdate(Outcome& outcome) {
        Outcome late = unknown("vitals itself did not run meanwhile");
        late.duration = outcome.duration;
        late.phases = std::move(outcome.phases);
        outcome = std::move(late);
    }

    Shard& shard_;
    Clock& clock_;
    const std::weak_ptr<Known> known_;
    std::optional<Outcome> found_;
    RunsHere runs_;
};

class RunsOnShard final : public Runs {
  public:
    RunsOnShard(Shard& shard, Clock& clock, RunSettings settings, Owner owner)
        : shard_(shard),
          known_(std::make_shared<Known>(std::move(owner))),
          there_(std::make_shared<RunsThere>(shard, clock, std::move(settings), known_)) {
        ++shard_.components;
    }
    // Destroyed where it runs, behind all that was asked before.
    ~RunsOnShard() override {
        --shard_.components;
        known_->owner = {};
        shard_.post([there = std::move(there_)]() mutable { there.reset(); });
    }

    void begin() override {
        known_->delivered = known_->ended = false;
        known_->call.reset();
        shard_.post([there = there_.get()] { there->runs().begin(); });
    }
    void replace(std::shared_ptr<const Component> component, Run run) override {
        shard_.post([there = there_.get(), component = std::move(component),
                     run = std::move(run)]() mutable {
            there->runs().replace(std::move(component), std::move(run));
        });
    }
    void forget() override {
        shard_.post([there = there_.get()] { there->runs().forget(); });
    }
    bool running() const override { return !known_->ended || net::still_running(known_->call); }
    bool hung() const override { return running() && known_->delivered; }
    const std::string& phase() const override { return known_->phase; }

  private:
    Shard& shard_;
    const std::shared_ptr<Known> known_;
    std::shared_ptr<RunsThere> there_;
};

}  // namespace

std::unique_ptr<Runs> runs_here(net::Environment& environment, Clock& clock, RunSettings settings,
                                Runs::Owner owner) {
    return std::make_unique<RunsHere>(environment, clock, std::move(settings), std::move(owner));
}

std::unique_ptr<Runs> runs_on(Shard& shard, Clock& clock, RunSettings settings, Runs::Owner owner) {
    return std::make_unique<RunsOnShard>(shard, clock, std::move(settings), std::move(owner));
}

}  // namespace vitals::engine
