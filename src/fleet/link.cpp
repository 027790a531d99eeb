#include "fleet/link.hpp"

#include <nats/nats.h>
#include <signal.h>

#include <fmt/format.h>

#include <condition_variable>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "fleet/nkey.hpp"
#include "fleet/queue.hpp"

namespace vitals::fleet {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_waiting = 65'536;
constexpr std::size_t most_bytes = 64u << 20;
constexpr std::size_t sent_at_once = 1'000;
constexpr auto turn = 100ms;
constexpr auto again_after = 1s;
constexpr auto problem_shown = 60s;
constexpr auto patience_at_the_end = 1500ms;
constexpr int call_timeout = 500;  // ms
constexpr int reconnect_buffer = 16 << 10;

bool is_beat(std::string_view subject) {
    // vt.FLEET.KIND....
    const auto fleet = subject.find('.');
    const auto kind = fleet == std::string_view::npos ? fleet : subject.find('.', fleet + 1);
    if (kind == std::string_view::npos) return false;
    const std::string_view rest = subject.substr(kind + 1);
    return rest.starts_with("hb.") || rest.starts_with("work.");
}

// The first line of a seed's file that is a seed.
std::expected<std::string, std::string> seed_in(const std::string& file) {
    std::ifstream in(file);
    if (!in) return std::unexpected(fmt::format("{} cannot be read", file));
    std::string line;
    for (int lines = 0; lines < 64 && std::getline(in, line); ++lines) {
        const auto begin = line.find_first_not_of(" \t\r");
        const auto end = line.find_last_not_of(" \t\r");
        if (begin == std::string::npos || line[begin] == '#' || line[begin] == '-') continue;
        return line.substr(begin, end - begin + 1);
    }
    return std::unexpected(fmt::format("{} holds no seed", file));
}

}  // namespace

struct Link::State {
    State(Settings given, std::function<void()> wake_up)
        : settings(std::move(given)), wake(std::move(wake_up)) {}

    void run();
    void woken() {
        if (!ended && wake) wake();
    }
    std::string connect();
    void end_connection();
    void update_subscriptions();
    void publish();
    void look_at_connection();
    void tell(std::string problem);

    static void on_message(natsConnection*, natsSubscription*, natsMsg* message, void* self);
    static void on_error(natsConnection*, natsSubscription*, natsStatus status, void* self);
    static void on_reconnected(natsConnection*, void* self);

    const Settings settings;
    mutable std::mutex mutex;
    std::condition_variable changed;
    std::function<void()> wake;
    bool ended = false, thread_over = false;
    Queue<Received> received{most_waiting, most_bytes};
    Queue<Outgoing> outgoing{most_waiting, most_bytes};
    std::set<std::string> wanted;
    Status status;
    Steady problem_at{};
    bool anew = false;  // reconnected

    // Belongs to the thread.
    natsConnection* connection = nullptr;
    std::map<std::string, natsSubscription*> subscriptions;
};

void Link::State::on_message(natsConnection*, natsSubscription*, natsMsg* message, void* self) {
    auto& state = *static_cast<State*>(self);
    Received next{natsMsg_GetSubject(message),
                  std::string(natsMsg_GetData(message),
                              static_cast<std::size_t>(natsMsg_GetDataLength(message))),
                  std::chrono::steady_clock::now()};
    natsMsg_Destroy(message);
    const std::size_t bytes = next.subject.size() + next.bytes.size() + 64;
    const bool may_be_dropped = is_beat(next.subject);
    const std::lock_guard lock(state.mutex);
    const bool first = state.received.size() == 0;
    state.received.push(std::move(next), bytes, may_be_dropped);
    if (first) state.woken();
}

void Link::State::tell(std::string problem) {
    const std::lock_guard lock(mutex);
    problem_at = std::chrono::steady_clock::now();
    if (status.problem == problem) return;
    status.problem = std::move(problem);
    woken();
}

void Link::State::on_error(natsConnection* connection, natsSubscription*, natsStatus status,
                           void* self) {
    const char* last = nullptr;
    if (connection != nullptr) natsConnection_GetLastError(connection, &last);
    static_cast<State*>(self)->tell(last != nullptr && *last != '\0' ? std::string(last)
                                                                     : natsStatus_GetText(status));
}

void Link::State::on_reconnected(natsConnection*, void* self) {
    auto& state = *static_cast<State*>(self);
    const std::lock_guard lock(state.mutex);
    ++state.status.reconnects;
    state.anew = true;
}

// What is wrong, or empty.
std::string Link::State::connect() {
    natsOptions* options = nullptr;
    if (natsOptions_Create(&options) != NATS_OK) return "out of memory";
    const std::unique_ptr<natsOptions, decltype(&natsOptions_Destroy)> owned(options,
                                                                             natsOptions_Destroy);
    std::vector<const char*> servers;
    for (const std::string& server : settings.servers) servers.push_back(server.c_str());
    std::string wrong;
    const auto check = [&wrong](natsStatus status, std::string_view what) {
        if (status == NATS_OK || !wrong.empty()) return;
        const char* last = nats_GetLastError(nullptr);
        wrong = fmt::format("{}: {}", what,
                            last != nullptr && *last ? last : natsStatus_GetText(status));
    };
    check(natsOptions_SetServers(options, servers.data(), static_cast<int>(servers.size())),
          "servers");
    natsOptions_SetName(options, settings.name.c_str());
    natsOptions_SetMaxReconnect(options, -1);
    natsOptions_SetReconnectWait(options, 250);
    natsOptions_SetReconnectJitter(options, 250, 1000);
    natsOptions_SetPingInterval(options, 1000);
    natsOptions_SetMaxPingsOut(options, 2);
    natsOptions_SetTimeout(options, call_timeout);
    natsOptions_SetWriteDeadline(options, call_timeout);
    // What waits there is sent minutes later: only messages in progress are.
    natsOptions_SetReconnectBufSize(options, reconnect_buffer);
    natsOptions_SetFailRequestsOnDisconnect(options, true);
    natsOptions_UseGlobalMessageDelivery(options, true);
    natsOptions_SetErrorHandler(options, on_error, this);
    natsOptions_SetReconnectedCB(options, on_reconnected, this);
    if (settings.tls) {
        check(natsOptions_SetSecure(options, true), "tls");
        check(natsOptions_LoadCATrustedCertificates(options, settings.ca.c_str()), settings.ca);
        // Without it no name is checked.
        check(natsOptions_SetExpectedHostname(options, settings.server_name.c_str()), "tls");
        if (!settings.certificate.empty())
            check(natsOptions_LoadCertificatesChain(options, settings.certificate.c_str(),
                                                    settings.key.c_str()),
                  settings.certificate);
    }
    if (!settings.nkey.empty()) {
        const auto seed = seed_in(settings.nkey);
        if (!seed) return seed.error();
        const auto user = user_of_seed(*seed);
        if (!user) return fmt::format("{}: {}", settings.nkey, user.error());
        check(natsOptions_SetNKeyFromSeed(options, user->c_str(), settings.nkey.c_str()),
              settings.nkey);
    }
    if (!settings.creds.empty())
        check(natsOptions_SetUserCredentialsFromFiles(options, settings.creds.c_str(), nullptr),
              settings.creds);
    if (!wrong.empty()) return wrong;
    check(natsConnection_Connect(&connection, options), "no server can be reached");
    return wrong;
}

void Link::State::end_connection() {
    if (connection == nullptr) return;
    for (auto& [subject, subscription] : subscriptions) natsSubscription_Destroy(subscription);
    subscriptions.clear();
    natsConnection_Close(connection);
    natsConnection_Destroy(connection);
    connection = nullptr;
}

void Link::State::update_subscriptions() {
    std::set<std::string> subjects;
    {
        const std::lock_guard lock(mutex);
        subjects = wanted;
    }
    std::erase_if(subscriptions, [&](auto& each) {
        if (subjects.contains(each.first)) return false;
        natsSubscription_Destroy(each.second);
        return true;
    });
    for (const std::string& subject : subjects) {
        if (subscriptions.contains(subject)) continue;
        natsSubscription* made = nullptr;
        const natsStatus made_it =
            natsConnection_Subscribe(&made, connection, subject.c_str(), on_message, this);
        if (made_it != NATS_OK) return;  // the next turn tries again
        subscriptions.emplace(subject, made);
    }
}

void Link::State::publish() {
    for (;;) {
        std::vector<Outgoing> next;
        {
            const std::lock_guard lock(mutex);
            next = outgoing.take(sent_at_once);
        }
        if (next.empty()) return;
        for (std::size_t i = 0; i < next.size(); ++i) {
            const natsStatus published =
                natsConnection_Publish(connection, next[i].subject.c_str(), next[i].bytes.data(),
                                       static_cast<int>(next[i].bytes.size()));
            const std::lock_guard lock(mutex);
            if (published == NATS_OK) {
                ++status.sent;
                continue;
            }
            // What may not be dropped waits for the next connection.
            for (; i < next.size(); ++i) {
                const std::size_t bytes = next[i].subject.size() + next[i].bytes.size();
                if (next[i].may_be_dropped)
                    ++status.dropped;
                else
                    outgoing.push(std::move(next[i]), bytes, false);
            }
            return;
        }
    }
}

void Link::State::look_at_connection() {
    const natsConnStatus now =
        connection == nullptr ? NATS_CONN_STATUS_CLOSED : natsConnection_Status(connection);
    std::array<char, 256> url{};
    if (now == NATS_CONN_STATUS_CONNECTED)
        natsConnection_GetConnectedUrl(connection, url.data(), url.size());
    const std::lock_guard lock(mutex);
    const bool connected = now == NATS_CONN_STATUS_CONNECTED;
    if (!status.problem.empty() && connected &&
        std::chrono::steady_clock::now() - problem_at > problem_shown) {
        status.problem.clear();
        woken();
    }
    status.server = url.data();
    if (connected == status.connected) return;
    status.connected = connected;
    if (connected) status.problem.clear();
    woken();
}

void Link::State::run() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);  // also for the threads of libnats
    nats_Open(-1);
    nats_SetMessageDeliveryPoolSize(1);
    Steady tried{};
    for (;;) {
        {
            std::unique_lock lock(mutex);
            changed.wait_for(lock, turn, [this] { return ended || outgoing.size() > 0; });
            if (ended && outgoing.size() == 0) break;
            if (ended && (connection == nullptr || !status.connected)) break;
        }
        if (connection != nullptr && natsConnection_Status(connection) == NATS_CONN_STATUS_CLOSED)
            end_connection();
        const Steady now = std::chrono::steady_clock::now();
        if (connection == nullptr && now - tried >= again_after) {
            tried = now;
            if (std::string problem = connect(); !problem.empty()) {
                end_connection();
                tell(std::move(problem));
            }
        }
        look_at_connection();
        if (connection == nullptr ||
            natsConnection_Status(connection) != NATS_CONN_STATUS_CONNECTED) {
            std::unique_lock lock(mutex);
            outgoing.drop_all_droppable();
            // Nothing can be sent: no turn for each waiting message.
            changed.wait_for(lock, turn, [this] { return ended; });
            continue;
        }
        update_subscriptions();
        publish();
    }
    if (connection != nullptr) {
        natsConnection_FlushTimeout(connection, call_timeout);
        end_connection();
    }
    nats_ReleaseThreadMemory();
    const std::lock_guard lock(mutex);
    received.clear();
    thread_over = true;
    changed.notify_all();
}

Link::Link(Settings settings, std::function<void()> wake)
    : state_(std::make_shared<State>(std::move(settings), std::move(wake))) {
    std::thread([state = state_] {
        state->run();
        // A callback of libnats that began before may still be running: its data is never freed. A
        // process ends with its link.
        [[maybe_unused]] static auto& kept = *new std::vector<std::shared_ptr<State>>;
        static std::mutex guard;
        const std::lock_guard lock(guard);
        kept.push_back(state);
    }).detach();
}

Link::~Link() {
    std::unique_lock lock(state_->mutex);
    state_->ended = true;
    state_->wake = nullptr;
    state_->changed.notify_all();
    state_->changed.wait_for(lock, patience_at_the_end, [this] { return state_->thread_over; });
}

void Link::send(std::vector<Outgoing> messages) {
    if (messages.empty()) return;
    const std::lock_guard lock(state_->mutex);
    for (Outgoing& each : messages) {
        const std::size_t bytes = each.subject.size() + each.bytes.size();
        const bool may_be_dropped = each.may_be_dropped;
        if (!state_->status.connected && may_be_dropped)
            ++state_->status.dropped;
        else
            state_->outgoing.push(std::move(each), bytes, may_be_dropped);
    }
    state_->changed.notify_all();
}

void Link::subscribe(const std::set<std::string>& subjects) {
    const std::lock_guard lock(state_->mutex);
    state_->wanted = subjects;
}

std::vector<Link::Received> Link::take(std::size_t most) {
    const std::lock_guard lock(state_->mutex);
    return state_->received.take(most);
}

Link::Status Link::status() const {
    const std::lock_guard lock(state_->mutex);
    Status status = state_->status;
    status.dropped += state_->received.dropped() + state_->outgoing.dropped();
    status.lost = state_->received.lost() + state_->outgoing.lost();
    return status;
}

}  // namespace vitals::fleet
