# Headers that most files read are parsed once and not 800 times: the standard library and fmt for all
# rooms, Asio for those on top of `net`, GoogleTest for tests. No header of the project is among them,
# so no wall between rooms moves. The presets with sanitizers build without, and so find an include that
# is missing.
option(VITALS_PRECOMPILED "Parse common headers once" ON)
if(VITALS_SANITIZE OR NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
    set(VITALS_PRECOMPILED OFF)
endif()

set(standard_headers <algorithm> <array> <charconv> <chrono> <cstdint> <expected> <functional> <map> <memory>
    <mutex> <optional> <random> <set> <span> <string> <string_view> <unordered_map> <utility>
    <variant> <vector> <fmt/format.h> <fmt/ranges.h>)
set(asio_headers <boost/asio.hpp>)
set(test_headers <gtest/gtest.h> <gmock/gmock.h>)

# vitals_precompiled(NAME LIBS libraries... HEADERS headers...)
function(vitals_precompiled name)
    cmake_parse_arguments(ARG "" "" "LIBS;HEADERS" ${ARGN})
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/precompiled_${name}.cpp CONTENT "")
    add_library(precompiled_${name} OBJECT ${CMAKE_BINARY_DIR}/precompiled_${name}.cpp)
    target_link_libraries(precompiled_${name} PRIVATE ${ARG_LIBS} fmt::fmt Threads::Threads)
    target_precompile_headers(precompiled_${name} PRIVATE ${ARG_HEADERS})
endfunction()

if(VITALS_PRECOMPILED)
    # What is compiled without a difference is compiled with the same flags and definitions.
    add_compile_options(-pthread "SHELL:-Xclang -fno-pch-timestamp")
    add_compile_definitions(FMT_SHARED BOOST_ASIO_NO_DEPRECATED)
    vitals_precompiled(standard HEADERS ${standard_headers})
    vitals_precompiled(asio LIBS Boost::headers HEADERS ${standard_headers} ${asio_headers})
    if(VITALS_TESTS)
        vitals_precompiled(tests LIBS Boost::headers GTest::gmock GTest::gtest
            HEADERS ${standard_headers} ${asio_headers} ${test_headers})
        # As programs are compiled.
        set_target_properties(precompiled_tests PROPERTIES POSITION_INDEPENDENT_CODE OFF)
        target_compile_options(precompiled_tests PRIVATE -fPIE)
    endif()
endif()

# vitals_reads(TARGET standard|asio|tests)
function(vitals_reads target headers)
    if(VITALS_PRECOMPILED)
        target_precompile_headers(${target} REUSE_FROM precompiled_${headers})
    endif()
endfunction()
