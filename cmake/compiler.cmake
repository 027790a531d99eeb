# Warnings are errors; sanitizers by preset; ccache where it is there.
add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
    # Designated initialisers leave members at their defaults on purpose.
    add_compile_options(-Wno-missing-designated-field-initializers)
endif()

set(VITALS_SANITIZE "" CACHE STRING "Sanitizers: address,undefined | thread | fuzzer-no-link,...")
if(VITALS_SANITIZE)
    add_compile_options(-fsanitize=${VITALS_SANITIZE} -fno-omit-frame-pointer
        -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${VITALS_SANITIZE})
endif()

find_program(CCACHE ccache)
if(CCACHE)
    # For precompiled headers: https://ccache.dev/manual/latest.html#_precompiled_headers
    set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
    set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

find_program(LLD NAMES ld.lld-19 ld.lld)
if(LLD)
    add_link_options(-fuse-ld=${LLD})
endif()

# Asio's heavy units take about 1 GB each.
set_property(GLOBAL PROPERTY JOB_POOLS heavy=2)
