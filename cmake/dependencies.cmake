# What vitals builds on. All are Debian 12 packages, listed in packaging/apt-build.txt.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(date REQUIRED)
find_package(Boost 1.81 REQUIRED)
pkg_check_modules(expat REQUIRED IMPORTED_TARGET expat)
pkg_check_modules(yaml REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(cares REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(nghttp2 REQUIRED IMPORTED_TARGET libnghttp2)
pkg_check_modules(deflate REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(nats REQUIRED IMPORTED_TARGET libnats)
pkg_check_modules(pq REQUIRED IMPORTED_TARGET libpq)
if(VITALS_TESTS)
    find_package(GTest REQUIRED)
endif()
# Coroutines everywhere, no deprecated names, no exceptions hidden.
add_compile_definitions(BOOST_ASIO_NO_DEPRECATED)

# The compiled parts of Boost, see cmake/boost.cpp.
add_library(boost STATIC ${CMAKE_SOURCE_DIR}/cmake/boost.cpp)
target_compile_definitions(boost PUBLIC BOOST_JSON_STATIC_LINK=1 BOOST_JSON_NO_LIB
    BOOST_CONTAINER_NO_LIB)
target_compile_options(boost PRIVATE -w)
target_link_libraries(boost PUBLIC Boost::headers)
