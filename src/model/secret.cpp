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

// Digests are of one length: comparing them tells nothing of a secret's own.
std::string digest_of(std::string_view text) {
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
           reinterpret_cast<unsigned char*>(digest.data()));
    return digest;
}

}  // namespace

Secret::Cell::~Cell() {
    wipe(value);
}

Secret::Secret(std::string value) : cell_(std::make_shared<Cell>()) {
    cell_->value = std::move(value);
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

void Secret::replace(std::string value) const {
    if (cell_ == nullptr) return;
    const std::scoped_lock lock(cell_->mutex);
    wipe(cell_->value);
    cell_->value = std::move(value);
    cell_->available = true;
}

Secret Secret::pending() {
    Secret secret;
    secret.cell_ = std::make_shared<Cell>();
    return secret;
}

bool Secret::equals(std::string_view candidate) const {
    if (cell_ == nullptr) return false;
    const std::scoped_lock lock(cell_->mutex);
    return cell_->available && !cell_->value.empty() &&
           constant_time_equal(digest_of(cell_->value), digest_of(candidate));
}

}  // namespace vitals
