# What the program writes of itself: its manual pages, in man/, and the JSON Schema of its
# configuration, in share/. Written again when the program is, which takes a tenth of a second.
set(pages ${CMAKE_BINARY_DIR}/man)
set(schema ${CMAKE_BINARY_DIR}/share/vitals.schema.json)
add_custom_command(OUTPUT ${pages}/vitals.1 ${schema}
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${pages}
    COMMAND vitals man ${pages}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/share
    COMMAND vitals schema > ${schema}
    DEPENDS vitals
    COMMENT "Writing the manual pages and the schema"
    VERBATIM)
add_custom_target(pages ALL DEPENDS ${pages}/vitals.1 ${schema})

include(GNUInstallDirs)
install(DIRECTORY ${pages}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
    FILES_MATCHING PATTERN "*.1")
install(DIRECTORY ${pages}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man5
    FILES_MATCHING PATTERN "*.5")
install(FILES ${schema} DESTINATION ${CMAKE_INSTALL_DATADIR}/vitals)
