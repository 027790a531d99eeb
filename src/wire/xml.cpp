#include "wire/xml.hpp"

#include <expat.h>
#include <iconv.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>

namespace vitals::wire {

namespace {

constexpr std::size_t deepest = 100;
constexpr std::size_t most = 200'000;

std::string without_prefix(std::string_view name) {
    return std::string(name.substr(name.find(':') + 1));
}

// The common single-byte encodings in addition to those that expat reads by itself. The name comes
// from the other side, so iconv is asked for no other.
int learn_encoding(void*, const char* name, XML_Encoding* encoding) noexcept {
    std::string lower(name);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (!lower.starts_with("windows-125") && !lower.starts_with("iso-8859-"))
        return XML_STATUS_ERROR;
    const iconv_t converter = iconv_open("UCS-4LE", lower.c_str());
    if (converter == reinterpret_cast<iconv_t>(-1)) return XML_STATUS_ERROR;
    for (int byte = 0; byte < 256; ++byte) {
        char in = static_cast<char>(byte);
        unsigned char out[4] = {};
        char* from = &in;
        char* to = reinterpret_cast<char*>(out);
        std::size_t left = 1;
        std::size_t room = sizeof out;
        const bool known = iconv(converter, &from, &left, &to, &room) == 0 && room == 0;
        encoding->map[byte] = known ? out[0] | out[1] << 8 | out[2] << 16 : -1;
    }
    iconv_close(converter);
    return XML_STATUS_OK;
}

class Parser {
  public:
    Parser() : expat_(XML_ParserCreate(nullptr)) {
        if (!expat_) {
            fail("there is no memory for it");
            return;
        }
        XML_SetUserData(expat_.get(), this);
        XML_SetElementHandler(expat_.get(), begin, end);
        XML_SetCharacterDataHandler(expat_.get(), characters);
        XML_SetStartDoctypeDeclHandler(expat_.get(), document_type);
        XML_SetUnknownEncodingHandler(expat_.get(), learn_encoding, nullptr);
    }

    // Blanks before the declaration are not XML, but some servers send them.
    void parse(std::string_view text) {
        text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
        open_ = {&document_};
        constexpr std::size_t piece = 1 << 20;  // expat counts in int
        while (problem_.empty()) {
            const std::string_view part = text.substr(0, piece);
            text.remove_prefix(part.size());
            const bool last = text.empty();
            if (XML_Parse(expat_.get(), part.data(), static_cast<int>(part.size()), last) ==
                    XML_STATUS_ERROR &&
                problem_.empty())
                fail(meaning_of(XML_GetErrorCode(expat_.get())));
            if (last) return;
        }
    }

    const std::string& problem() const { return problem_; }
    Element take() {
        return document_.children.empty() ? Element() : std::move(document_.children.front());
    }

  private:
    void fail(const char* problem) {
        problem_ = problem;
        if (expat_) XML_StopParser(expat_.get(), XML_FALSE);
    }

    const char* meaning_of(XML_Error error) const {
        switch (error) {
            case XML_ERROR_NO_ELEMENTS:
                return open_.size() > 1 ? "an element is not closed" : "there is no element";
            case XML_ERROR_TAG_MISMATCH:
                return "an element is closed that was not opened";
            case XML_ERROR_JUNK_AFTER_DOC_ELEMENT:
                return "there is more than one element";
            case XML_ERROR_UNCLOSED_TOKEN:
            case XML_ERROR_PARTIAL_CHAR:
            case XML_ERROR_UNCLOSED_CDATA_SECTION:
                return "ends within an element, a comment or the like";
            case XML_ERROR_DUPLICATE_ATTRIBUTE:
                return "an attribute stands twice";
            case XML_ERROR_UNDEFINED_ENTITY:
                return "names an entity that is not declared";
            case XML_ERROR_UNKNOWN_ENCODING:
            case XML_ERROR_INCORRECT_ENCODING:
                return "is in an encoding that is not known";
            case XML_ERROR_NO_MEMORY:
                return "there is no memory for it";
            default:
                return "is no XML";
        }
    }

    // Expat calls these from C: no exception may leave them.
    template <class Step>
    static void guarded(void* self, Step step) noexcept {
        auto& parser = *static_cast<Parser*>(self);
        if (!parser.problem_.empty()) return;  // stopped, and reports what was read before
        try {
            step(parser);
        } catch (const std::bad_alloc&) {
            parser.fail("there is no memory for it");
        }
    }
    static void begin(void* self, const char* name, const char** attributes) {
        guarded(self, [=](Parser& parser) { parser.begin(name, attributes); });
    }
    static void end(void* self, const char*) {
        guarded(self, [](Parser& parser) {
            parser.open_.back()->text = std::move(parser.texts_.back());
            parser.texts_.pop_back();
            parser.open_.pop_back();
        });
    }
    static void characters(void* self, const char* text, int size) {
        guarded(self, [=](Parser& parser) {
            if (!parser.texts_.empty())
                parser.texts_.back().append(text, static_cast<std::size_t>(size));
        });
    }
    static void document_type(void* self, const char*, const char*, const char*,
                              int has_declarations) {
        guarded(self, [=](Parser& parser) {
            if (has_declarations != 0) parser.fail("declares a document type of its own");
        });
    }

    void begin(const char* name, const char** attributes) {
        if (++count_ > most) return fail("has too many elements");
        if (open_.size() > deepest) return fail("is too deep");
        Element element;
        element.name = without_prefix(name);
        for (; *attributes != nullptr; attributes += 2)
            element.attributes.emplace_back(attributes[0], attributes[1]);
        // Parents do not move while a child is open: only the last list grows.
        open_.back()->children.push_back(std::move(element));
        open_.push_back(&open_.back()->children.back());
        texts_.emplace_back();
    }

    struct Free {
        void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
    };
    std::unique_ptr<std::remove_pointer_t<XML_Parser>, Free> expat_;
    Element document_;  // its one child is the document's element
    std::vector<Element*> open_;
    std::vector<std::string> texts_;  // of those that are open, but for the first
    std::size_t count_ = 0;
    std::string problem_;
};

}  // namespace

std::string Element::attribute(std::string_view key) const {
    for (const auto& [own, value] : attributes)
        if (own == key) return value;
    return {};
}

const Element* Element::child(std::string_view key) const {
    const auto found = std::find_if(children.begin(), children.end(),
                                    [&](const Element& each) { return each.name == key; });
    return found == children.end() ? nullptr : &*found;
}

const Element* Element::find(std::string_view key) const {
    if (name == key) return this;
    for (const Element& each : children)
        if (const Element* found = each.find(key)) return found;
    return nullptr;
}

std::expected<Element, std::string> parse_xml(std::string_view text) {
    Parser parser;
    parser.parse(text);
    if (!parser.problem().empty()) return std::unexpected(parser.problem());
    return parser.take();
}

Element parse_xml_as_far_as_it_goes(std::string_view text) {
    Parser parser;
    parser.parse(text);
    return parser.take();
}

}  // namespace vitals::wire
