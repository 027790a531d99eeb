// What a server says while one logs in, of arbitrary bytes, also behind words that let the reader
// go on.
#include <cstddef>
#include <cstdint>
#include <string>

#include "wire/scram.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const std::string head("R\0\0\1\0\0\0\0\x0b", 9);
    for (const std::string& whole : {text, head + "r=a,s=b,i=" + text})
        vitals::wire::scram::iterations_asked(whole);
    return 0;
}
