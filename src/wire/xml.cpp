#include "wire/xml.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>

namespace vitals::wire {

namespace {

constexpr std::size_t deepest = 100;
constexpr std::size_t most = 200'000;

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool ends_name(char c) {
    return is_space(c) || c == '/' || c == '>' || c == '=' || c == '<' || c == '"' || c == '\'';
}

std::string utf8(std::uint32_t code) {
    std::string made;
    if (code < 0x80) {
        made += static_cast<char>(code);
    } else if (code < 0x800) {
        made += static_cast<char>(0xc0 | code >> 6);
        made += static_cast<char>(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        made += static_cast<char>(0xe0 | code >> 12);
        made += static_cast<char>(0x80 | (code >> 6 & 0x3f));
        made += static_cast<char>(0x80 | (code & 0x3f));
    } else if (code < 0x110000) {
        made += static_cast<char>(0xf0 | code >> 18);
        made += static_cast<char>(0x80 | (code >> 12 & 0x3f));
        made += static_cast<char>(0x80 | (code >> 6 & 0x3f));
        made += static_cast<char>(0x80 | (code & 0x3f));
    }
    return made;
}

// `&amp;`, `&#38;`, `&#x26;`; what is not known stays as it is.
std::string decoded(std::string_view text) {
    std::string made;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto end = text[at] == '&' ? text.find(';', at) : text.npos;
        if (end == text.npos || end - at > 10) {
            made += text[at];
            continue;
        }
        const std::string_view name = text.substr(at + 1, end - at - 1);
        std::string meant;
        if (name == "amp") meant = "&";
        if (name == "lt") meant = "<";
        if (name == "gt") meant = ">";
        if (name == "quot") meant = "\"";
        if (name == "apos") meant = "'";
        if (name.starts_with('#')) {
            const bool hexadecimal = name.starts_with("#x");
            std::uint32_t code = 0;
            const char* const first = name.data() + (hexadecimal ? 2 : 1);
            const char* const last = name.data() + name.size();
            if (std::from_chars(first, last, code, hexadecimal ? 16 : 10).ptr == last)
                meant = utf8(code);
        }
        if (meant.empty()) {
            made += '&';
            continue;
        }
        made += meant;
        at = end;
    }
    return made;
}

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    std::expected<Element, std::string> parse() {
        Element document;
        open_.push_back(&document);
        while (problem_.empty() && next_markup()) {
        }
        if (problem_.empty() && open_.size() > 1) fail("an element is not closed");
        if (problem_.empty() && document.children.empty()) fail("there is no element");
        if (!problem_.empty()) return std::unexpected(problem_);
        return std::move(document.children.front());
    }

  private:
    void fail(const char* problem) { problem_ = problem; }
    bool skip(std::string_view begin, std::string_view end) {
        if (!text_.substr(at_).starts_with(begin)) return false;
        const auto found = text_.find(end, at_ + begin.size());
        if (found == text_.npos)
            fail("ends within a comment or the like");
        else
            at_ = found + end.size();
        return true;
    }
    bool next_markup() {
        at_ = text_.find('<', at_);
        if (at_ == text_.npos) return false;
        if (skip("<!--", "-->") || skip("<![CDATA[", "]]>") || skip("<?", "?>")) return true;
        if (text_.substr(at_).starts_with("<!")) {
            const auto end = text_.find_first_of("[>", at_);
            if (end == text_.npos || text_[end] == '[')
                fail("declares a document type of its own");
            else
                at_ = end + 1;
            return true;
        }
        ++at_;
        if (peek() == '/')
            close();
        else
            read_element();
        return true;
    }
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void skip_space() {
        while (is_space(peek())) ++at_;
    }
    std::string_view read_name() {
        const std::size_t begin = at_;
        while (at_ < text_.size() && !ends_name(text_[at_])) ++at_;
        return text_.substr(begin, at_ - begin);
    }
    static std::string local(std::string_view name) {
        return std::string(name.substr(name.find(':') + 1));
    }
    void close() {
        ++at_;
        const std::string name = local(read_name());
        skip_space();
        if (peek() != '>' || open_.size() < 2 || open_.back()->name != name)
            return fail("an element is closed that was not opened");
        ++at_;
        open_.pop_back();
    }
    void read_element() {
        Element element;
        element.name = local(read_name());
        if (element.name.empty()) return fail("an element has no name");
        if (++count_ > most) return fail("has too many elements");
        for (;;) {
            skip_space();
            if (peek() == '>' || peek() == '/') break;
            const std::string_view key = read_name();
            skip_space();
            if (key.empty() || peek() != '=') return fail("an attribute has no value");
            ++at_;
            skip_space();
            const char quote = peek();
            if (quote != '"' && quote != '\'') return fail("an attribute has no value");
            const auto end = text_.find(quote, at_ + 1);
            if (end == text_.npos) return fail("an attribute does not end");
            element.attributes.emplace_back(key, decoded(text_.substr(at_ + 1, end - at_ - 1)));
            at_ = end + 1;
        }
        const bool empty = peek() == '/';
        if (empty) ++at_;
        if (peek() != '>') return fail("an element does not end");
        ++at_;
        if (open_.size() == 1 && !open_.front()->children.empty())
            return fail("there is more than one element");
        open_.back()->children.push_back(std::move(element));
        // Parents do not move while a child is open: only the last list grows.
        if (!empty) open_.push_back(&open_.back()->children.back());
        if (open_.size() > deepest) fail("is too deep");
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t count_ = 0;
    std::vector<Element*> open_;
    std::string problem_;
};

}  // namespace

std::string Element::attribute(std::string_view key) const {
    for (const auto& [own, value] : attributes)
        if (own == key) return value;
    return {};
}

std::expected<Element, std::string> parse_xml(std::string_view text) {
    return Parser(text).parse();
}

}  // namespace vitals::wire
