// What a server says while one logs in, of arbitrary bytes, also behind words that let the reader
// go on.

#include "target.hpp"
#include "wire/scram.hpp"

void vitals::fuzz::run(std::string_view bytes) {
    const std::string text(bytes);
    const std::string head("R\0\0\1\0\0\0\0\x0b", 9);
    for (const std::string& whole : {text, head + "r=a,s=b,i=" + text})
        vitals::wire::scram::iterations_asked(whole);
}
