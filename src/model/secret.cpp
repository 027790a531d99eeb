// Secrets.
#include "model/secret.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

namespace vitals {

void wipe(std::string& text) noexcept {
    OPENSSL_cleanse(text.data(), text.size());
    text.clear();
}

bool constant_time_equal(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

namespace {

// Digests of former values, which vitals still knows. There may be several, because a secret may be
// rotated again within an overlap.
constexpr std::size_t most_formers = 8;

bool same(const unsigned char* a, const unsigned char* b, std::size_t size) noexcept {
    return CRYPTO_memcmp(a, b, size) == 0;
}

}  // namespace

// All digests have the same length: comparing them reveals nothing about a secret's length.
Secret::Digest Secret::digest_of(std::string_view text) {
    Digest digest{};
    static_assert(sizeof digest == SHA256_DIGEST_LENGTH);
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    return digest;
}

void Secret::remember(Cell& cell, const Digest& digest, Steady now) {
    if (cell.formers.size() == most_formers) cell.formers.erase(cell.formers.begin());
    cell.formers.push_back({digest, now});
}

Secret::Cell::~Cell() {
    wipe(value);
}

Secret::Secret(std::string value) : cell_(std::make_shared<Cell>()) {
    cell_->value = std::move(value);
    cell_->digest = digest_of(cell_->value);
    cell_->available = true;
}

bool Secret::available() const {
    if (cell_ == nullptr) return false;
    const std::scoped_lock lock(cell_->mutex);
    return cell_->available;
}

std::string Secret::reveal() const {
    if (cell_ == nullptr) return {};
    const std::scoped_lock lock(cell_->mutex);
    return cell_->value;
}

void Secret::replace(std::string value, Steady now) const {
    if (cell_ == nullptr) return;
    const std::scoped_lock lock(cell_->mutex);
    if (cell_->available && !cell_->value.empty()) remember(*cell_, cell_->digest, now);
    wipe(cell_->value);
    cell_->value = std::move(value);
    cell_->digest = digest_of(cell_->value);
    cell_->available = true;
    cell_->why.clear();
}

void Secret::continue_from(const Secret& before, Steady now) const {
    if (cell_ == nullptr || before.cell_ == nullptr || cell_ == before.cell_) return;
    const std::scoped_lock lock(cell_->mutex, before.cell_->mutex);
    const Cell& old = *before.cell_;
    cell_->formers = old.formers;
    if (!old.available) return;
    if (cell_->available) {
        if (!old.value.empty() && !same(old.digest.data(), cell_->digest.data(), sizeof(Digest)))
            remember(*cell_, old.digest, now);
        return;
    }
    cell_->value = old.value;
    cell_->digest = old.digest;
    cell_->available = true;
    cell_->why.clear();
}

Secret Secret::pending(std::string why) {
    Secret secret;
    secret.cell_ = std::make_shared<Cell>();
    secret.cell_->why = std::move(why);
    return secret;
}

std::string Secret::why_unavailable() const {
    if (cell_ == nullptr) return {};
    const std::scoped_lock lock(cell_->mutex);
    return cell_->available ? std::string() : cell_->why;
}

void Secret::set_why_unavailable(std::string why) const {
    if (cell_ == nullptr) return;
    const std::scoped_lock lock(cell_->mutex);
    if (!cell_->available) cell_->why = std::move(why);
}

bool Secret::equals(std::string_view candidate) const {
    return accepts(candidate, {}, {});
}

bool Secret::accepts(std::string_view candidate, std::chrono::milliseconds overlap,
                     Steady now) const {
    if (cell_ == nullptr) return false;
    // A shown token is compared with every secret, so its digest is made only once. The time of the
    // look-up tells the client only whether it showed the same token before.
    thread_local struct {
        std::string text;
        Digest digest = digest_of({});
    } shown;
    if (!constant_time_equal(shown.text, candidate)) {
        wipe(shown.text);
        shown.text = candidate;
        shown.digest = digest_of(candidate);
    }
    const Digest& digest = shown.digest;
    const std::scoped_lock lock(cell_->mutex);
    // Compares every value, even after a match.
    bool accepted = cell_->available && !cell_->value.empty() &&
                    same(digest.data(), cell_->digest.data(), digest.size());
    for (const Former& former : cell_->formers) {
        const bool equal = same(digest.data(), former.digest.data(), digest.size());
        const bool recent = overlap.count() > 0 && now - former.replaced < overlap;
        accepted |= equal && recent;
    }
    return accepted;
}

}  // namespace vitals
