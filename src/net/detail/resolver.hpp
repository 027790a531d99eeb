// From names to addresses, with the system's resolver, on its own lane. Inside net only: checks use
// Environment::resolve.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/awaitable.hpp"
#include "net/context.hpp"
#include "net/detail/lanes.hpp"

namespace vitals::net {

// Used on the loop's thread only.
class Resolver {
  public:
    Resolver(Loop& loop, std::shared_ptr<Lane> lane);
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    awaitable<std::vector<std::string>> resolve(Context& context, std::string name);

  private:
    struct Lookup;
    class Share;
    using Lookups = std::map<std::string, std::shared_ptr<Lookup>, std::less<>>;

    std::shared_ptr<Lookup> find_or_start(const std::string& name);
    void forget_old(Steady now);

    Loop& loop_;
    std::shared_ptr<Lane> lane_;
    std::shared_ptr<Lookups> lookups_;
};

// Whether the text is an IPv4 or IPv6 address.
bool is_address(std::string_view text);

}  // namespace vitals::net
