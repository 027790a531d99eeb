#include "wire/mysql_password.hpp"

#include <openssl/bn.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <memory>
#include <stdexcept>

namespace vitals::wire::mysql {

namespace {

std::string digest(const EVP_MD* kind, std::initializer_list<std::string_view> parts) {
    std::string whole;
    for (const std::string_view part : parts) whole += part;
    std::array<unsigned char, EVP_MAX_MD_SIZE> made{};
    unsigned int size = 0;
    if (EVP_Digest(whole.data(), whole.size(), made.data(), &size, kind, nullptr) != 1)
        throw std::runtime_error("a digest is not available");
    return {made.begin(), made.begin() + size};
}

std::string mixed(std::string one, std::string_view other) {
    for (std::size_t i = 0; i < one.size(); ++i) one[i] = static_cast<char>(one[i] ^ other[i]);
    return one;
}

// Numbers and points of the curve of RFC 8032, section 5.1; a point uses the extended coordinates
// of its section 5.1.4. One log-in takes some milliseconds.
struct FreeNumber {
    void operator()(BIGNUM* number) const { BN_clear_free(number); }
};
using Number = std::unique_ptr<BIGNUM, FreeNumber>;

struct Point {
    Number x, y, z, t;
};

class Curve {
  public:
    Curve()
        : p_(decimal("578960446186580977117854925043439539266349923328202820197287920039565648199"
                     "49")),
          order_(decimal("723700557733226221397318656304299424085711635937990760600195093828545425"
                         "0989")),
          twice_d_(decimal("1629536725068078097449067451316517645244923542686615601304877906221531"
                           "5747161")),
          base_{decimal("1511222134953540077250115140958853151145401269304185720604611328394984776"
                        "2202"),
                decimal("4631683569492647816942839400347516314130799386625622561578303360316525185"
                        "5960"),
                decimal("1"), nullptr} {
        base_.t = times(*base_.x, *base_.y);
    }

    // Scalar times base, in the form of a key or a commitment.
    std::string encoded_multiple(const BIGNUM& scalar) const {
        Point sum{decimal("0"), decimal("1"), decimal("1"), decimal("0")};
        for (int bit = BN_num_bits(&scalar); bit-- > 0;) {
            sum = added(sum, sum);
            if (BN_is_bit_set(&scalar, bit) == 1) sum = added(sum, base_);
        }
        const Number inverse(BN_mod_inverse(nullptr, sum.z.get(), p_.get(), work_.get()));
        const Number x = times(*sum.x, *inverse);
        std::string bytes = little(*times(*sum.y, *inverse));
        if (BN_is_odd(x.get()) == 1) bytes[31] = static_cast<char>(bytes[31] | 0x80);
        return bytes;
    }
    // (r + h * a) modulo the order of the curve.
    std::string combined(const BIGNUM& r, const BIGNUM& h, const BIGNUM& a) const {
        const Number made(BN_new());
        BN_mod_mul(made.get(), &h, &a, order_.get(), work_.get());
        BN_mod_add(made.get(), made.get(), &r, order_.get(), work_.get());
        return little(*made);
    }
    Number reduced(std::string_view bytes) const {
        Number made = number(bytes);
        BN_mod(made.get(), made.get(), order_.get(), work_.get());
        return made;
    }
    static Number number(std::string_view bytes) {
        return Number(BN_lebin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                                  static_cast<int>(bytes.size()), nullptr));
    }

  private:
    static Number decimal(const char* digits) {
        BIGNUM* made = nullptr;
        if (BN_dec2bn(&made, digits) == 0) throw std::runtime_error("out of memory");
        return Number(made);
    }
    static std::string little(const BIGNUM& value) {
        std::array<unsigned char, 32> bytes{};
        BN_bn2lebinpad(&value, bytes.data(), bytes.size());
        return {bytes.begin(), bytes.end()};
    }
    Number times(const BIGNUM& one, const BIGNUM& other) const {
        Number made(BN_new());
        BN_mod_mul(made.get(), &one, &other, p_.get(), work_.get());
        return made;
    }
    Number plus(const BIGNUM& one, const BIGNUM& other) const {
        Number made(BN_new());
        BN_mod_add(made.get(), &one, &other, p_.get(), work_.get());
        return made;
    }
    Number minus(const BIGNUM& one, const BIGNUM& other) const {
        Number made(BN_new());
        BN_mod_sub(made.get(), &one, &other, p_.get(), work_.get());
        return made;
    }
    Point added(const Point& one, const Point& other) const {
        const Number a = times(*minus(*one.y, *one.x), *minus(*other.y, *other.x));
        const Number b = times(*plus(*one.y, *one.x), *plus(*other.y, *other.x));
        const Number c = times(*times(*one.t, *other.t), *twice_d_);
        const Number zz = times(*one.z, *other.z);
        const Number d = plus(*zz, *zz);
        const Number e = minus(*b, *a);
        const Number f = minus(*d, *c);
        const Number g = plus(*d, *c);
        const Number h = plus(*b, *a);
        return {times(*e, *f), times(*g, *h), times(*f, *g), times(*e, *h)};
    }

    struct FreeWork {
        void operator()(BN_CTX* work) const { BN_CTX_free(work); }
    };
    std::unique_ptr<BN_CTX, FreeWork> work_{BN_CTX_new()};
    Number p_, order_, twice_d_;
    Point base_;
};

}  // namespace

std::string native_proof(std::string_view password, std::string_view salt) {
    if (password.empty()) return {};
    const std::string once = digest(EVP_sha1(), {password});
    const std::string twice = digest(EVP_sha1(), {once});
    return mixed(once, digest(EVP_sha1(), {salt.substr(0, 20), twice}));
}

std::string caching_sha2_proof(std::string_view password, std::string_view salt) {
    if (password.empty()) return {};
    const std::string once = digest(EVP_sha256(), {password});
    const std::string twice = digest(EVP_sha256(), {once});
    return mixed(once, digest(EVP_sha256(), {twice, salt.substr(0, 20)}));
}

std::string ed25519_proof(std::string_view password, std::string_view salt) {
    salt = salt.substr(0, 32);
    const Curve curve;
    std::string hashed = digest(EVP_sha512(), {password});
    hashed[0] = static_cast<char>(hashed[0] & 0xf8);
    hashed[31] = static_cast<char>((hashed[31] & 0x3f) | 0x40);
    const std::string_view half = std::string_view(hashed).substr(0, 32);
    const Number secret = Curve::number(half);
    const Number nonce =
        curve.reduced(digest(EVP_sha512(), {std::string_view(hashed).substr(32), salt}));
    const std::string key = curve.encoded_multiple(*secret);
    const std::string commitment = curve.encoded_multiple(*nonce);
    const Number challenge = curve.reduced(digest(EVP_sha512(), {commitment, key, salt}));
    return commitment + curve.combined(*nonce, *challenge, *secret);
}

}  // namespace vitals::wire::mysql
