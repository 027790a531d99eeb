// The secrets of a configuration that are in a vault: read at once, and again every few seconds, so
// that rotated ones take effect without a restart. An unreadable secret keeps its last value; one
// that never had a value says why (Secret::why_unavailable). No log line, no error and no answer
// contains a value or the token. Used on the loop's thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "engine/ongoing_run.hpp"
#include "model/clock.hpp"
#include "net/environment.hpp"
#include "net/loop.hpp"
#include "vitals/log.hpp"

namespace vitals::secrets {

// Why something in a vault could not be read.
struct VaultTrouble {
    std::string text;  // a sentence without its full stop
    // The configuration or the content of the vault is wrong; otherwise the vault did not answer.
    bool definite = false;
    config::Position position;  // of the reference; only where definite
    bool operator==(const VaultTrouble&) const = default;
};

class VaultSecrets {
  public:
    VaultSecrets(net::Loop& loop, net::Environment& environment, Clock& clock, Log log);
    ~VaultSecrets();
    VaultSecrets(const VaultSecrets&) = delete;
    VaultSecrets& operator=(const VaultSecrets&) = delete;

    // Reads the secrets of this configuration from now on, beginning at once.
    void configure(const config::Config& config);
    // Called after each round, successful or not.
    void on_round(std::function<void()> listener);

    bool in_use() const { return !places_.empty(); }
    std::vector<VaultTrouble> troubles() const;  // of the last round
    Outcome health() const;                      // for the component vitals/secrets

  private:
    // One path in the vault, and everything that is needed from it.
    struct Place {
        std::string path;
        std::vector<config::VaultSecret> secrets;
        std::string read_path;  // where it was found: mount/data/path or mount/path
    };
    struct Question;
    static net::awaitable<Outcome> ask(std::shared_ptr<Question> question, net::Context& context);

    void begin_round();
    void ask_next();
    void take(const Outcome& outcome, const Question& question);
    void take_value(const config::VaultSecret& secret, const Question& question);
    void take_trouble(const config::VaultSecret& secret, std::string text);
    void give_up(std::string text);
    void end_round();

    net::Loop& loop_;
    net::Environment& environment_;
    Clock& clock_;
    Log log_;
    net::Timer timer_;
    std::function<void()> on_round_;
    std::optional<config::Config::Vault> vault_;
    std::vector<Place> places_;
    std::size_t next_ = 0;                            // the place that is being read
    std::map<std::string, VaultTrouble> of_secrets_;  // by reference
    std::string of_all_;                              // why nothing could be read, or empty
    std::string round_trouble_;
    std::unique_ptr<engine::OngoingRun> request_;
    std::shared_ptr<bool> alive_;  // messages for an earlier configuration are dropped
};

// Reads the secrets of a configuration once; for the command line. Returns at the latest after the
// vault's timeout for each of them.
std::vector<VaultTrouble> read_vault(const config::Config& config);

}  // namespace vitals::secrets
