// The secrets of a configuration that are in files: read again every few seconds, away from the
// engine, so that rotated ones take effect without a restart. An unreadable file keeps its last
// value. Used on the loop's thread.
#pragma once

#include <set>
#include <string>

#include "config/secrets.hpp"
#include "model/clock.hpp"
#include "net/aside.hpp"
#include "net/environment.hpp"
#include "net/loop.hpp"
#include "vitals/log.hpp"

namespace vitals::secrets {

class FileSecrets {
  public:
    FileSecrets(net::Loop& loop, net::Environment& environment, Clock& clock, Log log);

    // Reads the files of these secrets from now on; the first time at once.
    void configure(config::SecretStore store);

  private:
    void read_all();
    void read(const std::string& path);

    net::Aside reading_;
    Clock& clock_;
    Log log_;
    net::Timer timer_;
    config::SecretStore store_;
    bool begun_ = false;
    std::set<std::string> unanswered_;  // files that have not answered yet
};

}  // namespace vitals::secrets
