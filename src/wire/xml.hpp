// XML as elements, their attributes and texts, with expat. A document type with declarations of its
// own is refused: nothing is expanded, and nothing is ever fetched. Pure.
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
    std::string text;  // between its tags, in one piece; without those of its children
    std::vector<Element> children;

    // Empty where there is none.
    std::string attribute(std::string_view key) const;
    // The first child of that name, or null.
    const Element* child(std::string_view key) const;
    // The first element of that name, in the order of the text: itself or one below; or null.
    const Element* find(std::string_view key) const;
};

// The document's element, or what is wrong. At most 100 elements deep, 200,000 in all.
std::expected<Element, std::string> parse_xml(std::string_view text);

// The readable part of a document that may be cut or damaged: the elements that were opened, with
// the texts of those that were closed. Without a name when there is none.
Element parse_xml_as_far_as_it_goes(std::string_view text);

}  // namespace vitals::wire
