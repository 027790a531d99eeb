# What is installed for others: the library, shared and static, with and without the kinds of checks.
#
# vitals::vitals holds the engine, the dialects and the server. vitals::checks is the same with the
# kinds of checks and what they need (libpq, SQLite, ...): a program links the one or the other. Only
# the names of the public headers can be linked to. In the shared library a version script sees to
# that; in the static one everything else is made local, so that a host with another Boost is safe.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

# Before 1.0 a minor version may change the binary interface.
set(soversion ${PROJECT_VERSION_MAJOR})
if(soversion EQUAL 0)
    set(soversion ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
endif()

# Whatever is to be seen from outside lives in these rooms.
set_target_properties(vitals_model vitals_library vitals_library_checks PROPERTIES
    CXX_VISIBILITY_PRESET default)

find_program(GNU_LD NAMES ld.bfd ld REQUIRED)
find_program(OBJCOPY NAMES objcopy REQUIRED)

# vitals_installed(NAME ROOTS archives... ROOMS archives... NEEDS libraries...): all of the roots, and
# of the rooms what they call for.
function(vitals_installed name)
    cmake_parse_arguments(ARG "" "" "ROOTS;ROOMS;NEEDS" ${ARGN})
    set(roots)
    foreach(room IN LISTS ARG_ROOTS)
        list(APPEND roots $<TARGET_FILE:${room}>)
    endforeach()
    set(archives)
    foreach(room IN LISTS ARG_ROOMS)
        list(APPEND archives $<TARGET_FILE:${room}>)
    endforeach()
    string(MAKE_C_IDENTIFIER ${name} target)

    set(map ${CMAKE_SOURCE_DIR}/cmake/exported.map)
    file(WRITE ${CMAKE_BINARY_DIR}/${target}_empty.cpp "")
    add_library(${target}_shared SHARED ${CMAKE_BINARY_DIR}/${target}_empty.cpp)
    target_link_libraries(${target}_shared PRIVATE
        -Wl,--whole-archive ${roots} -Wl,--no-whole-archive
        -Wl,--start-group ${archives} -Wl,--end-group ${ARG_NEEDS} Threads::Threads)
    target_link_options(${target}_shared PRIVATE -Wl,--as-needed -Wl,-z,defs
        -Wl,--version-script=${map})
    add_dependencies(${target}_shared ${ARG_ROOTS} ${ARG_ROOMS})
    set_target_properties(${target}_shared PROPERTIES OUTPUT_NAME ${name}
        VERSION ${PROJECT_VERSION} SOVERSION ${soversion} LINK_DEPENDS ${map})
    install(TARGETS ${target}_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)

    set(archive ${CMAKE_BINARY_DIR}/lib${name}.a)
    set(object ${CMAKE_BINARY_DIR}/${name}.o)
    add_custom_command(OUTPUT ${archive}
        COMMAND ${GNU_LD} -r --force-group-allocation -o ${object} --whole-archive ${roots}
            --no-whole-archive --start-group ${archives} --end-group
        COMMAND ${OBJCOPY} --wildcard "--keep-global-symbol=_ZN6vitals*"
            "--keep-global-symbol=_ZNK6vitals*" "--keep-global-symbol=_ZN[RO]6vitals*"
            "--keep-global-symbol=_ZNK[RO]6vitals*" "--keep-global-symbol=_ZT?N6vitals*"
            "--keep-global-symbol=vitals_*" ${object}
        COMMAND ${CMAKE_COMMAND} -E rm -f ${archive}
        COMMAND ${CMAKE_AR} qcs ${archive} ${object}
        COMMAND ${CMAKE_COMMAND} -E rm -f ${object}
        DEPENDS ${ARG_ROOTS} ${ARG_ROOMS} VERBATIM COMMENT "Linking one static library ${archive}")
    add_custom_target(${target}_static ALL DEPENDS ${archive})
    install(FILES ${archive} DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)
endfunction()

# rooms_below(OUT rooms...): whatever these stand on, as archives.
function(rooms_below out)
    set(found)
    set(open ${ARGN})
    while(open)
        list(POP_FRONT open room)
        get_target_property(type ${room} TYPE)
        if(type STREQUAL "INTERFACE_LIBRARY")
            get_target_property(linked ${room} INTERFACE_LINK_LIBRARIES)
        else()
            get_target_property(linked ${room} LINK_LIBRARIES)
        endif()
        list(FILTER linked INCLUDE REGEX "^(vitals_.*|boost)$")
        list(REMOVE_ITEM linked ${found})
        list(APPEND open ${linked})
        list(APPEND found ${linked})
    endwhile()
    list(REMOVE_DUPLICATES found)
    list(REMOVE_ITEM found vitals_checks ${ARGN})    # all kinds together, no archive; the roots
    set(${out} ${found} PARENT_SCOPE)
endfunction()

rooms_below(core_rooms vitals_library vitals_model)
rooms_below(rooms_with_checks vitals_library_checks vitals_library vitals_model)
# What the rooms, kinds and backends need beyond one another: targets to link here, names for whoever
# links the static library.
set(check_libraries)
foreach(room IN LISTS rooms_with_checks ITEMS vitals_library_checks vitals_library vitals_model)
    get_target_property(linked ${room} LINK_LIBRARIES)
    list(FILTER linked EXCLUDE REGEX "^(vitals_.*|boost|Boost::.*|Threads::.*|OpenSSL::Crypto)$")
    list(APPEND check_libraries ${linked})
endforeach()
list(REMOVE_DUPLICATES check_libraries)
set(CHECKS_LINKED)
foreach(library IN LISTS check_libraries)
    string(REGEX REPLACE "^.*::(lib)?" "" name ${library})
    string(TOLOWER ${name} name)
    list(APPEND CHECKS_LINKED ${name})
endforeach()
list(APPEND CHECKS_LINKED crypto)
list(JOIN CHECKS_LINKED " -l" checks_flags)
list(JOIN CHECKS_LINKED " " CHECKS_LINKED)
vitals_installed(vitals ROOTS vitals_library vitals_model ROOMS ${core_rooms} NEEDS OpenSSL::SSL PkgConfig::deflate
    PkgConfig::nghttp2 date::date-tz fmt::fmt)
vitals_installed(vitals-checks
    ROOTS vitals_library_checks vitals_library vitals_model
    ROOMS ${rooms_with_checks}
    NEEDS ${check_libraries})

install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/vitals DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    COMPONENT library)
configure_package_config_file(${CMAKE_SOURCE_DIR}/packaging/vitalsConfig.cmake.in
    ${CMAKE_BINARY_DIR}/vitalsConfig.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/vitals
    PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/vitalsConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/vitalsConfig.cmake ${CMAKE_BINARY_DIR}/vitalsConfigVersion.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/vitals COMPONENT library)

# For pkg-config a name of its own for each: where both libraries stand, -lvitals is the shared one.
# Found from where the file lies, so that the whole can be installed, or moved, anywhere.
file(RELATIVE_PATH PC_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" PC_PREFIX "${PC_PREFIX}")
set(without_checks "A service watches its own health and serves it in every dialect")
set(with_checks "${without_checks}, kinds of checks included")
function(vitals_pkg_config PC_NAME PC_DESCRIPTION PC_LIBS)
    configure_file(${CMAKE_SOURCE_DIR}/packaging/vitals.pc.in ${CMAKE_BINARY_DIR}/${PC_NAME}.pc @ONLY)
    install(FILES ${CMAKE_BINARY_DIR}/${PC_NAME}.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT library)
endfunction()
vitals_pkg_config(vitals "${without_checks}" "-L\${libdir} -lvitals")
vitals_pkg_config(vitals-static "${without_checks}"
    "\${libdir}/libvitals.a -lssl -lcrypto -ldeflate -lnghttp2 -ldate-tz -lfmt -lstdc++ -lm -pthread")
vitals_pkg_config(vitals-checks "${with_checks}" "-L\${libdir} -lvitals-checks")
vitals_pkg_config(vitals-checks-static "${with_checks}"
    "\${libdir}/libvitals-checks.a -l${checks_flags} -lstdc++ -lm -pthread")
