// Compressed bodies on arbitrary bytes: no more comes out than may, whatever the bytes claim.
#include "target.hpp"
#include "wire/inflate.hpp"

namespace vitals::fuzz {

void run(std::string_view bytes) {
    constexpr std::size_t most = 1 << 16;
    for (const auto coding : {wire::Coding::gzip, wire::Coding::deflate})
        if (const auto made = wire::inflated(bytes, coding, most)) require(made->size() <= most);
    (void)wire::coding_of(bytes);
}

}  // namespace vitals::fuzz
