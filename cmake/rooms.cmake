# The house (docs/architecture.md). Each folder under src/ is one target; its arrows are its links,
# and they are private: a target sees its own folder, the public headers, the rooms that it names, and
# what the headers of those show. Each room's headers are reached through a directory that holds
# nothing but a link to that room, so a forbidden include does not compile; tests/system/test_rooms.py
# tries each.
enable_testing()

# A directory build/rooms/<view> that holds only <name> -> src/<name>. Shared by all presets, so that
# ccache finds the same command lines.
function(vitals_view view name out)
    set(view ${CMAKE_SOURCE_DIR}/build/rooms/${view})
    file(MAKE_DIRECTORY ${view})
    if(NOT EXISTS ${view}/${name})
        file(CREATE_LINK ${CMAKE_SOURCE_DIR}/src/${name} ${view}/${name} SYMBOLIC)
    endif()
    set(${out} ${view} PARENT_SCOPE)
endfunction()

# The view of a room that keeps headers in detail/ for itself: it links each header beside that.
function(vitals_view_without_detail name out)
    set(view ${CMAKE_SOURCE_DIR}/build/rooms/${name})
    if(IS_SYMLINK ${view}/${name})
        file(REMOVE ${view}/${name})
    endif()
    file(MAKE_DIRECTORY ${view}/${name})
    file(GLOB headers CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/src/${name}
        ${CMAKE_SOURCE_DIR}/src/${name}/*.hpp)
    foreach(header IN LISTS headers)
        if(NOT EXISTS ${view}/${name}/${header})
            file(CREATE_LINK ${CMAKE_SOURCE_DIR}/src/${name}/${header} ${view}/${name}/${header}
                SYMBOLIC)
        endif()
    endforeach()
    set(${out} ${view} PARENT_SCOPE)
endfunction()

# vitals_room(NAME [FOLDER folder] [APART folder] [SHOWS rooms...] [USES rooms...] [LIBS
# libraries...]): src/NAME with its folders but the one that stands apart, which is another room's
# FOLDER. SHOWS are the rooms whose types stand in its headers, USES those that only its sources
# include.
function(vitals_room name)
    cmake_parse_arguments(ARG "" "FOLDER;APART" "SHOWS;USES;LIBS" ${ARGN})
    list(TRANSFORM ARG_SHOWS PREPEND vitals_)
    list(TRANSFORM ARG_USES PREPEND vitals_)
    set(view)
    set(shown)
    if(NOT ARG_FOLDER)
        set(ARG_FOLDER ${name})
        if(EXISTS ${CMAKE_SOURCE_DIR}/src/${name}/detail)
            vitals_view(${name}_whole ${name} view)
            vitals_view_without_detail(${name} shown)
        else()
            vitals_view(${name} ${name} view)
            set(shown ${view})
        endif()
    endif()
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${ARG_FOLDER}/*.cpp
        ${CMAKE_SOURCE_DIR}/src/${ARG_FOLDER}/*.S)
    if(ARG_APART)
        list(FILTER sources EXCLUDE REGEX "/${ARG_FOLDER}/${ARG_APART}/")
    endif()
    set(tests ${sources})
    list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
    list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cpp$")
    add_library(vitals_${name} STATIC ${sources})
    target_include_directories(vitals_${name} PRIVATE ${view} INTERFACE ${shown}
        PUBLIC ${CMAKE_SOURCE_DIR}/include)
    target_link_libraries(vitals_${name} PUBLIC ${ARG_SHOWS} ${ARG_LIBS} Threads::Threads
        PRIVATE ${ARG_USES})
    if("vitals_net" IN_LIST ARG_SHOWS OR "vitals_net" IN_LIST ARG_USES OR name STREQUAL net)
        vitals_reads(vitals_${name} asio)
    else()
        vitals_reads(vitals_${name} standard)
    endif()
    vitals_room_test(${name} "${tests}" vitals_${name} ${ARG_USES})
    if(TARGET ${name}_test)
        target_include_directories(${name}_test BEFORE PRIVATE ${view})
    endif()
endfunction()

# One test program per room, from the *_test.cpp beside its sources; they see what those see.
function(vitals_room_test name tests library)
    if(NOT VITALS_TESTS OR NOT tests)
        return()
    endif()
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${library} ${ARGN} GTest::gmock GTest::gtest
        GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE VITALS_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    # What is tested is optimised, the tests are compiled fast.
    target_compile_options(${name}_test PRIVATE $<$<CONFIG:Release>:-O1>)
    vitals_reads(${name}_test tests)
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endfunction()

# vitals_backends([SHOWS rooms...] [USES rooms...] [LIBS libraries...]): one target
# vitals_backend_NAME per folder of src/backends/, seen as backends/NAME/ by those who name it. What
# it needs beyond that stands in its folder's libraries.cmake: set(libraries ...), set(backends ...).
function(vitals_backends)
    cmake_parse_arguments(ARG "" "" "SHOWS;USES;LIBS" ${ARGN})
    list(TRANSFORM ARG_SHOWS PREPEND vitals_)
    list(TRANSFORM ARG_USES PREPEND vitals_)
    file(GLOB folders CONFIGURE_DEPENDS LIST_DIRECTORIES true ${CMAKE_SOURCE_DIR}/src/backends/*)
    foreach(folder IN LISTS folders)
        get_filename_component(name ${folder} NAME)
        file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
        set(tests ${sources})
        list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
        list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
        set(libraries)
        set(backends)
        include(${folder}/libraries.cmake OPTIONAL)
        list(TRANSFORM backends PREPEND vitals_backend_)
        set(view ${CMAKE_SOURCE_DIR}/build/rooms/backend_${name})
        file(MAKE_DIRECTORY ${view}/backends)
        if(NOT EXISTS ${view}/backends/${name})
            file(CREATE_LINK ${folder} ${view}/backends/${name} SYMBOLIC)
        endif()
        add_library(vitals_backend_${name} STATIC ${sources})
        target_include_directories(vitals_backend_${name} PUBLIC ${view}
            ${CMAKE_SOURCE_DIR}/include)
        target_link_libraries(vitals_backend_${name} PUBLIC ${ARG_SHOWS} ${ARG_LIBS}
            PRIVATE ${ARG_USES} ${backends} ${libraries})
        vitals_reads(vitals_backend_${name} asio)
        vitals_room_test(backend_${name} "${tests}" vitals_backend_${name} ${ARG_USES})
        if(TARGET backend_${name}_test)
            target_link_libraries(backend_${name}_test PRIVATE vitals_testing)
        endif()
    endforeach()
endfunction()

# vitals_checks([SHOWS rooms...] [USES rooms...] [LIBS libraries...]): one target per kind of check, each seeing only
# its own folder, what all kinds share (the headers beside the folders) and the floors below; `checks`
# is all of them. A kind says in its folder's libraries.cmake which backends it speaks to, which further
# rooms its header shows, and which libraries of its own it needs: set(backends ...), set(rooms ...),
# set(libraries ...).
function(vitals_checks)
    cmake_parse_arguments(ARG "" "" "SHOWS;USES;LIBS" ${ARGN})
    list(TRANSFORM ARG_SHOWS PREPEND vitals_)
    list(TRANSFORM ARG_USES PREPEND vitals_)
    set(base ${CMAKE_SOURCE_DIR}/build/rooms/check)
    file(MAKE_DIRECTORY ${base}/checks)
    file(GLOB shared_headers CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/src/checks
        ${CMAKE_SOURCE_DIR}/src/checks/*.hpp)
    foreach(shared IN LISTS shared_headers)
        if(NOT EXISTS ${base}/checks/${shared})
            file(CREATE_LINK ${CMAKE_SOURCE_DIR}/src/checks/${shared} ${base}/checks/${shared}
                SYMBOLIC)
        endif()
    endforeach()
    vitals_view(checks checks all)
    add_library(vitals_checks INTERFACE)
    target_include_directories(vitals_checks INTERFACE ${all} ${CMAKE_SOURCE_DIR}/include)
    file(GLOB folders CONFIGURE_DEPENDS LIST_DIRECTORIES true ${CMAKE_SOURCE_DIR}/src/checks/*)
    foreach(folder IN LISTS folders)
        if(NOT IS_DIRECTORY ${folder})
            continue()
        endif()
        get_filename_component(kind ${folder} NAME)
        file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
        set(tests ${sources})
        list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
        list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
        if(NOT sources)
            continue()
        endif()
        set(libraries)
        set(backends)
        set(rooms)
        include(${folder}/libraries.cmake OPTIONAL)
        list(TRANSFORM backends PREPEND vitals_backend_)
        list(TRANSFORM rooms PREPEND vitals_)
        add_library(vitals_check_${kind} STATIC ${sources})
        target_include_directories(vitals_check_${kind} PUBLIC ${base} ${CMAKE_SOURCE_DIR}/include)
        target_link_libraries(vitals_check_${kind} PUBLIC ${ARG_SHOWS} ${ARG_LIBS} ${backends} ${rooms}
            PRIVATE ${ARG_USES} ${libraries})
        target_link_libraries(vitals_checks INTERFACE vitals_check_${kind})
        vitals_reads(vitals_check_${kind} asio)
        vitals_room_test(check_${kind} "${tests}" vitals_check_${kind} ${ARG_USES})
        if(TARGET check_${kind}_test)
            # Tests stand real listeners up and may drive a run through the engine.
            target_link_libraries(check_${kind}_test PRIVATE vitals_testing ${backends}
                ${libraries})
        endif()
    endforeach()
endfunction()
