// Owners of OpenSSL objects. For rooms that read or make certificates; connections have their own
// TLS (connection.hpp).
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>

namespace vitals::net {

template <auto free>
struct FreedBy {
    template <class T>
    void operator()(T* object) const {
        free(object);
    }
};
using Certificate = std::unique_ptr<X509, FreedBy<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;

}  // namespace vitals::net
