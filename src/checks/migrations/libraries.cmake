set(backends postgres)
set(libraries PkgConfig::yaml)
