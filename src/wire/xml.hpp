// Elements and their attributes, as configuration files have them. Text is passed over, a document
// type with declarations is refused: nothing is expanded. Pure.
// https://www.w3.org/TR/xml/
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vitals::wire {

struct Element {
    std::string name;  // without the prefix of its name space
    std::vector<std::pair<std::string, std::string>> attributes;
    std::vector<Element> children;

    // Empty where there is none.
    std::string attribute(std::string_view key) const;
};

// The document's element, or what is wrong. At most 100 elements deep, 200,000 in all.
std::expected<Element, std::string> parse_xml(std::string_view text);

}  // namespace vitals::wire
