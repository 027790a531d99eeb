set(libraries PkgConfig::pq)
