#include "certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

#include "net/openssl.hpp"

namespace vitals::testing {

namespace {

using net::Certificate;
using net::Key;
using Memory = std::unique_ptr<BIO, net::FreedBy<BIO_free_all>>;

void require(bool done, const char* what) {
    if (!done) throw std::runtime_error(std::string("certificate for a test: ") + what);
}

std::string text_of(BIO* memory) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(memory, &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

void extend(X509* certificate, X509* issuer, int extension, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, net::FreedBy<X509_EXTENSION_free>> made(
        X509V3_EXT_conf_nid(nullptr, &context, extension, value.c_str()));
    require(made != nullptr, value.c_str());
    require(X509_add_ext(certificate, made.get(), -1) == 1, "extension");
}

std::string alternative_names(const CertificateWish& wish) {
    std::string text;
    for (const std::string& name : wish.names) text += (text.empty() ? "DNS:" : ",DNS:") + name;
    for (const std::string& address : wish.addresses) {
        text += (text.empty() ? "IP:" : ",IP:") + address;
    }
    return text;
}

Identity make(const CertificateWish& wish, const Identity* issuer) {
    const Key key(EVP_EC_gen("P-256"));
    require(key != nullptr, "key");
    Certificate issuing;
    Key signing;
    if (issuer != nullptr) {
        const Memory certificate(BIO_new_mem_buf(issuer->certificate.data(),
                                                 static_cast<int>(issuer->certificate.size())));
        issuing.reset(PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr));
        const Memory secret(
            BIO_new_mem_buf(issuer->key.data(), static_cast<int>(issuer->key.size())));
        signing.reset(PEM_read_bio_PrivateKey(secret.get(), nullptr, nullptr, nullptr));
        require(issuing != nullptr && signing != nullptr, "issuer");
    }
    const Certificate made(X509_new());
    X509* const certificate = made.get();
    X509* const by = issuing ? issuing.get() : certificate;
    X509_set_version(certificate, 2);
    std::uint64_t serial = 0;
    require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), 7) == 1, "serial");
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), static_cast<long>(wish.from.count()));
    X509_gmtime_adj(X509_getm_notAfter(certificate), static_cast<long>(wish.until.count()));
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(wish.subject.c_str()), -1, -1,
                               0);
    X509_set_issuer_name(certificate, X509_get_subject_name(by));
    X509_set_pubkey(certificate, key.get());
    extend(certificate, by, NID_basic_constraints,
           wish.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(certificate, by, NID_subject_key_identifier, "hash");
    if (const std::string names = alternative_names(wish); !names.empty()) {
        extend(certificate, by, NID_subject_alt_name, names);
    }
    require(X509_sign(certificate, signing ? signing.get() : key.get(), EVP_sha256()) > 0, "sign");

    const Memory public_part(BIO_new(BIO_s_mem()));
    const Memory private_part(BIO_new(BIO_s_mem()));
    require(PEM_write_bio_X509(public_part.get(), certificate) == 1, "write");
    require(PEM_write_bio_PrivateKey(private_part.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                     nullptr) == 1,
            "write");
    return {text_of(public_part.get()), text_of(private_part.get())};
}

}  // namespace

Identity make_certificate(const CertificateWish& wish) {
    return make(wish, nullptr);
}

Identity make_certificate(const CertificateWish& wish, const Identity& issuer) {
    return make(wish, &issuer);
}

}  // namespace vitals::testing
