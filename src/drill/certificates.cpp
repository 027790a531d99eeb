#include "drill/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/ssl/context.hpp>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "net/openssl.hpp"

namespace vitals::drill {
namespace {

using net::Certificate;
using net::Key;

constexpr long hour = 3600;
constexpr long day = 24 * hour;
constexpr long lifetime = 90 * day;  // longer than the bounds of checks on the days left

void require(bool done, const char* what) {
    if (!done) throw std::runtime_error(std::string("cannot make a certificate: ") + what);
}

struct Wish {
    const char* subject;
    const char* names;  // nullptr: an authority
    long from, until;   // seconds from now
};

struct Made {
    Key key;
    Certificate certificate;
};

void extend(X509* certificate, X509* issuer, int kind, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, net::FreedBy<X509_EXTENSION_free>> made(
        X509V3_EXT_conf_nid(nullptr, &context, kind, value));
    require(made != nullptr && X509_add_ext(certificate, made.get(), -1) == 1, value);
}

// Signed by the issuer, or by itself.
Made make(const Wish& wish, const Made* issuer) {
    Made made{.key = Key(EVP_EC_gen("P-256")), .certificate = Certificate(X509_new())};
    require(made.key && made.certificate, "no key");
    X509* const certificate = made.certificate.get();
    X509* const by = issuer != nullptr ? issuer->certificate.get() : certificate;
    std::uint64_t serial = 0;
    require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), 7) == 1, "no serial number");
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), wish.from);
    X509_gmtime_adj(X509_getm_notAfter(certificate), wish.until);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(wish.subject), -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(by));
    X509_set_pubkey(certificate, made.key.get());
    extend(certificate, by, NID_basic_constraints,
           wish.names == nullptr ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(certificate, by, NID_subject_key_identifier, "hash");
    if (wish.names != nullptr) extend(certificate, by, NID_subject_alt_name, wish.names);
    const auto* signing = issuer != nullptr ? issuer->key.get() : made.key.get();
    require(X509_sign(certificate, const_cast<EVP_PKEY*>(signing), EVP_sha256()) > 0, "signing");
    return made;
}

Made make_authority(const char* name) {
    return make({name, nullptr, -day, lifetime}, nullptr);
}

Wish wish_for(Fault fault) {
    constexpr auto here = "DNS:localhost,IP:127.0.0.1,IP:::1";
    if (fault == Fault::wrong_name) {
        return {"other.example.org", "DNS:other.example.org", -hour, lifetime};
    }
    if (fault == Fault::expired) return {"localhost", here, -12 * hour, -hour};
    return {"localhost", here, -hour, lifetime};
}

// HTTP/1.1, or HTTP/2 if the backend speaks it and it is offered.
template <bool http2>
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned int length, void*) {
    constexpr std::string_view wanted = http2 ? "h2" : "http/1.1";
    for (unsigned at = 0; at < length && at + 1 + offered[at] <= length; at += 1U + offered[at]) {
        const std::string_view name(reinterpret_cast<const char*>(offered) + at + 1, offered[at]);
        if (name != wanted) continue;
        *size = offered[at];
        *chosen = offered + at + 1;
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

struct Authority::State {
    Made own = make_authority("vitals drill authority");
    Made unknown = make_authority("an authority that nobody knows");
    std::string pem;
    std::map<std::pair<Fault, bool>, boost::asio::ssl::context> servers;
};

Authority::Authority() : state_(std::make_unique<State>()) {
    const std::unique_ptr<BIO, net::FreedBy<BIO_free_all>> memory(BIO_new(BIO_s_mem()));
    require(PEM_write_bio_X509(memory.get(), state_->own.certificate.get()) == 1, "writing");
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &bytes);
    state_->pem.assign(bytes, static_cast<std::size_t>(size));
}

Authority::~Authority() = default;

const std::string& Authority::certificate() const {
    return state_->pem;
}

boost::asio::ssl::context& Authority::server(Fault fault, bool http2) {
    if (!is_certificate(fault)) fault = Fault::none;
    const std::pair which(fault, http2);
    if (const auto known = state_->servers.find(which); known != state_->servers.end()) {
        return known->second;
    }
    const auto& issuer = fault == Fault::untrusted ? state_->unknown : state_->own;
    const auto made = make(wish_for(fault), &issuer);
    boost::asio::ssl::context context(boost::asio::ssl::context::tls_server);
    SSL_CTX* const native = context.native_handle();
    require(SSL_CTX_use_certificate(native, made.certificate.get()) == 1 &&
                SSL_CTX_use_PrivateKey(native, made.key.get()) == 1,
            "using it");
    SSL_CTX_set_alpn_select_cb(native, http2 ? choose_protocol<true> : choose_protocol<false>,
                               nullptr);
    return state_->servers.emplace(which, std::move(context)).first->second;
}

}  // namespace vitals::drill
