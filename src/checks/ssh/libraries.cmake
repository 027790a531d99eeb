set(libraries OpenSSL::Crypto)
