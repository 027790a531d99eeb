// XML on arbitrary bytes: no deeper than allowed, nothing expanded, and what is parsed of a whole
// document is also parsed of its beginning.

#include "target.hpp"
#include "wire/xml.hpp"

namespace vitals::fuzz {
namespace {

using vitals::wire::Element;

// Bytes of all names, values and texts; aborts where it is deeper than 100.
std::size_t size_of(const Element& element, int depth = 1) {
    require(depth <= 100);
    std::size_t size = element.name.size() + element.text.size();
    for (const auto& [name, value] : element.attributes) size += name.size() + value.size();
    for (const Element& child : element.children) size += size_of(child, depth + 1);
    return size;
}

}  // namespace

void run(std::string_view text) {
    const auto document = vitals::wire::parse_xml(text);
    const Element some = vitals::wire::parse_xml_as_far_as_it_goes(text);
    // One byte of another encoding is three of ours at most.
    require(size_of(some) <= 3 * text.size());
    require(!document || size_of(*document) == size_of(some));
}

}  // namespace vitals::fuzz
