// XML on arbitrary bytes: no deeper than is allowed, nothing expanded, and what is read of a whole
// document is read of it as far as it goes, too.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "wire/xml.hpp"

namespace {

using vitals::wire::Element;

// Bytes of all names, values and texts; aborts where it is deeper than 100.
std::size_t size_of(const Element& element, int depth = 1) {
    if (depth > 100) std::abort();
    std::size_t size = element.name.size() + element.text.size();
    for (const auto& [name, value] : element.attributes) size += name.size() + value.size();
    for (const Element& child : element.children) size += size_of(child, depth + 1);
    return size;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto document = vitals::wire::parse_xml(text);
    const Element some = vitals::wire::parse_xml_as_far_as_it_goes(text);
    // One byte of another encoding is three of ours at most.
    if (size_of(some) > 3 * size) std::abort();
    if (document && size_of(*document) != size_of(some)) std::abort();
    return 0;
}
