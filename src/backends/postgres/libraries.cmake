set(libraries PkgConfig::pq OpenSSL::SSL)
