#include "net/detail/resolver.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "net/detail/event.hpp"
#include "net/detail/failure.hpp"

namespace vitals::net {

namespace {

constexpr std::chrono::seconds kept{1};
constexpr std::size_t sweep_above = 256;

// What the system answered; filled in on the lane's thread.
struct Answer {
    std::vector<std::string> addresses;
    int code = 0;        // of getaddrinfo
    int system = 0;      // errno with EAI_SYSTEM
    bool blind = false;  // no descriptor could be opened: the resolver's answer means nothing
};

bool can_open_descriptors() {
    const int descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return errno != EMFILE && errno != ENFILE;
    close(descriptor);
    return true;
}

std::string address_text(const addrinfo& info) {
    boost::asio::ip::tcp::endpoint endpoint;
    endpoint.resize(info.ai_addrlen);
    std::memcpy(endpoint.data(), info.ai_addr, info.ai_addrlen);
    return endpoint.address().to_string();
}

void look_up(const std::string& name, Answer& answer) {
    addrinfo hints{};
    // Both families, without AI_ADDRCONFIG: that flag hides `localhost` on a machine without a
    // network. An address that cannot be reached from here costs at most one failed connect.
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    answer.code = getaddrinfo(name.c_str(), nullptr, &hints, &found);
    answer.system = errno;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
        if (each->ai_family != AF_INET && each->ai_family != AF_INET6) continue;
        auto text = address_text(*each);
        if (std::find(answer.addresses.begin(), answer.addresses.end(), text) ==
            answer.addresses.end()) {
            answer.addresses.push_back(std::move(text));
        }
    }
    if (found != nullptr) freeaddrinfo(found);
    // Without descriptors, glibc neither reads /etc/hosts nor asks a server, and says "no such
    // name".
    if (answer.code != 0) answer.blind = !can_open_descriptors();
}

// That a name does not exist is a finding about the name. Any other failure means that vitals is
// blind: a resolver that is down says nothing about the service.
CheckError resolve_failure(const Answer& answer, const std::string& name) {
    const std::string text = name + ": " + gai_strerror(answer.code);
    if (answer.blind) return CheckError(ErrorClass::local, "no descriptors left", text);
    switch (answer.code) {
        case EAI_NONAME:
            return CheckError(ErrorClass::resolve, "name does not exist", text);
        case EAI_NODATA:
        case EAI_ADDRFAMILY:
            return CheckError(ErrorClass::resolve, "name has no address", text);
        case EAI_AGAIN:
            return CheckError(ErrorClass::local, "resolver not reachable", text);
        case EAI_MEMORY:
            return CheckError(ErrorClass::local, "no memory to resolve names", text);
        case EAI_SYSTEM:
            if (answer.system == EMFILE || answer.system == ENFILE)
                return CheckError(ErrorClass::local, "no descriptors left", text);
            return CheckError(ErrorClass::local, "resolver failed",
                              text + ": " + system_text(answer.system));
        default:
            return CheckError(ErrorClass::local, "resolver failed", text);
    }
}

void refuse_impossible(const std::string& name) {
    if (name.empty()) throw CheckError(ErrorClass::local, "no host given");
    const auto beyond_ascii = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
    if (std::any_of(name.begin(), name.end(), beyond_ascii)) {
        throw CheckError(ErrorClass::local, "host name is not ASCII",
                         name + ": write it in its xn-- form");
    }
    if (name.find('\0') != std::string::npos)
        throw CheckError(ErrorClass::local, "host name holds a NUL character");
}

}  // namespace

bool is_address(std::string_view text) {
    boost::system::error_code error;
    boost::asio::ip::make_address(std::string(text), error);
    return !error;
}

struct Resolver::Lookup {
    Lookup(boost::asio::io_context& context, std::string name)
        : name(std::move(name)), ended(context) {}
    const std::string name;
    Event ended;
    std::shared_ptr<Answer> answer = std::make_shared<Answer>();
    std::shared_ptr<BlockingCall> call;
    std::size_t waiting = 0;
    Steady ended_at{};

    std::function<void()> on_end(const std::shared_ptr<Lookup>& self) {
        return [weak = std::weak_ptr(self)] {
            if (const auto lookup = weak.lock()) {
                lookup->ended_at = std::chrono::steady_clock::now();
                lookup->ended.set();
            }
        };
    }
};

// One caller's share of a lookup. When the last caller leaves an unfinished lookup, it is
// abandoned. A queued lookup is dropped; a running one stays known, so that no second thread asks
// for that name.
class Resolver::Share {
  public:
    Share(std::shared_ptr<Lookup> lookup, std::shared_ptr<Lane> lane,
          std::shared_ptr<Lookups> lookups)
        : lookup_(std::move(lookup)), lane_(std::move(lane)), lookups_(std::move(lookups)) {
        const bool forsaken = lookup_->waiting++ == 0 && !lookup_->ended.is_set();
        if (forsaken) lane_->rejoin(lookup_->call);
    }
    ~Share() {
        if (--lookup_->waiting > 0 || lookup_->ended.is_set()) return;
        lane_->abandon(lookup_->call);
        if (!still_running(lookup_->call)) lookups_->erase(lookup_->name);
    }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

  private:
    std::shared_ptr<Lookup> lookup_;
    std::shared_ptr<Lane> lane_;
    std::shared_ptr<Lookups> lookups_;
};

Resolver::Resolver(Loop& loop, std::shared_ptr<Lane> lane)
    : loop_(loop), lane_(std::move(lane)), lookups_(std::make_shared<Lookups>()) {}

Resolver::~Resolver() = default;

std::shared_ptr<Resolver::Lookup> Resolver::find_or_start(const std::string& name) {
    const Steady now = std::chrono::steady_clock::now();
    const auto known = lookups_->find(name);
    if (known != lookups_->end()) {
        if (!known->second->ended.is_set() || now - known->second->ended_at < kept)
            return known->second;
        lookups_->erase(known);
    }
    if (lookups_->size() > sweep_above) forget_old(now);
    auto lookup = std::make_shared<Lookup>(loop_.context(), name);
    std::function<void()> code = [name, answer = lookup->answer] { look_up(name, *answer); };
    lookup->call = lane_->start(std::move(code), lookup->on_end(lookup));
    lookups_->emplace(name, lookup);
    return lookup;
}

void Resolver::forget_old(Steady now) {
    std::erase_if(*lookups_, [now](const auto& entry) {
        return entry.second->ended.is_set() && now - entry.second->ended_at >= kept;
    });
}

awaitable<std::vector<std::string>> Resolver::resolve(Context& context, std::string name) {
    if (is_address(name)) co_return std::vector<std::string>(1, name);
    refuse_impossible(name);
    const auto lookup = find_or_start(name);
    const Share share(lookup, lane_, lookups_);
    // If vitals does not know the address, it is blind; the service has not failed. So the wait
    // ends while there is still time to say so; at the deadline the engine would report a hung
    // service.
    bool late = false;
    Timer patience(loop_);
    patience.arm(std::chrono::steady_clock::now() + context.left() * 9 / 10, [&late, &lookup] {
        late = true;
        lookup->ended.nudge();
    });
    while (!lookup->ended.is_set() && !late) {
        const bool going_on = co_await lookup->ended.wait();
        if (!going_on) throw run_cancelled();
    }
    if (!lookup->ended.is_set()) {
        throw CheckError(ErrorClass::local, "resolver does not answer",
                         name + ": no answer within the time of this run");
    }
    if (lookup->call->error) std::rethrow_exception(lookup->call->error);
    if (lookup->answer->code != 0) throw resolve_failure(*lookup->answer, name);
    if (lookup->answer->addresses.empty())
        throw CheckError(ErrorClass::resolve, "name has no address", name);
    co_return lookup->answer->addresses;
}

}  // namespace vitals::net
