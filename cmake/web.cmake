# The files of web/ become part of the program: page/web_files.cpp in the build directory holds their
# bytes as text. No build step for what a browser reads: they are served as they stand.
function(vitals_web_files target)
    set(out ${CMAKE_BINARY_DIR}/web_files.cpp)
    set(files ${CMAKE_SOURCE_DIR}/web/page.css ${CMAKE_SOURCE_DIR}/web/page.js)
    add_custom_command(OUTPUT ${out}
        COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DFOLDER=${CMAKE_SOURCE_DIR}/web
            -P ${CMAKE_SOURCE_DIR}/cmake/write_web_files.cmake
        DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/write_web_files.cmake
        COMMENT "Embedding web/")
    target_sources(${target} PRIVATE ${out})
endfunction()
