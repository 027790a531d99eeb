#include "endpoints/sessions.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

namespace vitals::endpoints {
namespace {

constexpr std::size_t random_size = 32;
constexpr std::size_t free_failures = 10;
constexpr std::chrono::seconds failures_within{60}, longest_wait{60};

std::string hexadecimal(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return text;
}

std::optional<std::string> random_bytes() {
    std::array<unsigned char, random_size> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return {};
    return std::string(bytes.begin(), bytes.end());
}

std::string digest_of(std::string_view text) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    return {digest.begin(), digest.end()};
}

}  // namespace

// Without random bytes there is no key, and every form is refused.
Sessions::Sessions(Bounds bounds) : bounds_(bounds), key_(random_bytes().value_or("")) {}

std::optional<std::string> Sessions::begin(const Identity& identity, std::string_view shown,
                                           Steady now) {
    auto random = random_bytes();
    if (!random || key_.empty()) return {};
    std::string cookie = hexadecimal(*random);
    const std::scoped_lock lock(mutex_);
    std::erase_if(sessions_,
                  [&](const auto& each) { return each.second.began + bounds_.life <= now; });
    const auto oldest_of = [&](int token) {
        auto oldest = sessions_.end();
        std::size_t count = 0;
        for (auto each = sessions_.begin(); each != sessions_.end(); ++each) {
            if (token >= 0 && each->second.token != token) continue;
            ++count;
            if (oldest == sessions_.end() || each->second.began < oldest->second.began)
                oldest = each;
        }
        return std::pair(oldest, count);
    };
    if (const auto [oldest, count] = oldest_of(identity.token); count >= bounds_.of_one_token)
        sessions_.erase(oldest);
    if (sessions_.size() >= bounds_.all) sessions_.erase(oldest_of(-1).first);
    sessions_.emplace(digest_of(cookie), Session{Secret(std::string(shown)), identity.token, now});
    return cookie;
}

Identity Sessions::identify(const Routes& routes, std::string_view cookie, Steady now) {
    Identity nobody;
    nobody.shown = true;
    const std::string digest = digest_of(cookie);
    Secret secret;
    {
        const std::scoped_lock lock(mutex_);
        const auto found = sessions_.find(digest);
        if (found == sessions_.end()) return nobody;
        if (found->second.began + bounds_.life <= now) {
            sessions_.erase(found);
            return nobody;
        }
        secret = found->second.shown;
    }
    std::string shown = secret.reveal();
    const Identity identity = endpoints::identify(routes, shown, now);
    wipe(shown);
    if (identity.token < 0) {
        const std::scoped_lock lock(mutex_);
        sessions_.erase(digest);
        return nobody;
    }
    return identity;
}

void Sessions::end(std::string_view cookie) {
    const std::scoped_lock lock(mutex_);
    sessions_.erase(digest_of(cookie));
}

std::size_t Sessions::size() const {
    const std::scoped_lock lock(mutex_);
    return sessions_.size();
}

std::string Sessions::form_token(std::string_view cookie) const {
    if (key_.empty()) return {};
    std::array<unsigned char, EVP_MAX_MD_SIZE> made{};
    unsigned size = 0;
    HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
         reinterpret_cast<const unsigned char*>(cookie.data()), cookie.size(), made.data(), &size);
    return hexadecimal({reinterpret_cast<const char*>(made.data()), size});
}

bool Sessions::is_form_token(std::string_view shown, std::string_view cookie) const {
    const std::string wanted = form_token(cookie);
    return !wanted.empty() && constant_time_equal(shown, wanted);
}

std::chrono::seconds FailedLogins::note(Steady now) {
    const std::scoped_lock lock(mutex_);
    if (count_ == 0 || now - begin_ > failures_within) {
        begin_ = now;
        count_ = 0;
    }
    ++count_;
    if (count_ <= free_failures) return {};
    // A client that continues is told so for another minute.
    begin_ = now;
    const std::size_t doublings = std::min<std::size_t>(count_ - free_failures - 1, 6);
    return std::min(longest_wait, std::chrono::seconds(1u << doublings));
}

std::string cookie_name(bool tls, std::uint16_t port) {
    return fmt::format("{}vitals-{}", tls ? "__Host-" : "", port);
}

std::string cookie_field(std::string_view name, std::string_view value, bool tls,
                         std::chrono::seconds life) {
    return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}", name, value,
                       value.empty() ? 0 : life.count(), tls ? "; Secure" : "");
}

}  // namespace vitals::endpoints
