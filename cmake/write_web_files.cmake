# cmake -DOUT=FILE -DFOLDER=web -P: writes the C++ source that holds page.css and page.js.
set(text "// Written by cmake/write_web_files.cmake from web/.\n#include \"page/web_files.hpp\"\n\nnamespace vitals::page {\n")
foreach(name css js)
    file(READ ${FOLDER}/page.${name} hex HEX)
    # Pieces, since a compiler need take no literal of more than 65,536 bytes.
    string(REGEX REPLACE "(................................)" "\\1\"\n    \"" bytes "${hex}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes "${bytes}")
    string(APPEND text "const std::string_view page_${name} =\n    \"${bytes}\";\n")
endforeach()
string(APPEND text "}  // namespace vitals::page\n")
file(WRITE ${OUT} "${text}")
