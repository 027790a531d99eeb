#include "python_source.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace vitals::checks::migrations::python {

namespace {

constexpr int deepest = 16;  // brackets within brackets of a literal

struct Token {
    enum class Kind : std::uint8_t { name, text, mark, other };
    Kind kind = Kind::other;
    std::string text;
};

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// One logical line after another: brackets and backslashes join lines.
class Reader {
  public:
    explicit Reader(std::string_view text) : text_(text) {
        if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
    }

    // False at the end. Lines without tokens are skipped.
    bool next_line(std::vector<Token>& tokens, std::size_t& column) {
        tokens.clear();
        while (at_ < text_.size()) {
            column = indentation();
            read_line(tokens);
            if (!tokens.empty()) return true;
        }
        return false;
    }

  private:
    char peek(std::size_t ahead = 0) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }
    std::size_t indentation() {
        std::size_t column = 0;
        for (; at_ < text_.size(); ++at_) {
            if (text_[at_] == ' ')
                ++column;
            else if (text_[at_] == '\t')
                column = (column / 8 + 1) * 8;
            else if (text_[at_] != '\f')
                break;
        }
        return column;
    }
    void read_line(std::vector<Token>& tokens) {
        std::size_t open = 0;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '\n' && open == 0) {
                ++at_;
                return;
            }
            if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f') {
                ++at_;
            } else if (c == '#') {
                while (at_ < text_.size() && text_[at_] != '\n') ++at_;
            } else if (c == '\\') {
                ++at_;
                if (peek() == '\r') ++at_;
                if (peek() == '\n') ++at_;
            } else if (c == '"' || c == '\'') {
                tokens.push_back(read_text({}));
            } else if (is_letter(c)) {
                tokens.push_back(read_name());
            } else if (is_digit(c)) {
                while (is_digit(peek()) || is_letter(peek()) || peek() == '.') ++at_;
                tokens.push_back({});
            } else {
                if (c == '(' || c == '[' || c == '{') ++open;
                if ((c == ')' || c == ']' || c == '}') && open > 0) --open;
                tokens.push_back(read_mark());
            }
        }
    }
    Token read_mark() {
        const char c = text_[at_++];
        if (peek() == '=' && std::string_view("=!<>+-*/%&|^@").find(c) != std::string_view::npos) {
            ++at_;
            return {};
        }
        return {.kind = Token::Kind::mark, .text = std::string(1, c)};
    }
    Token read_name() {
        const std::size_t begin = at_;
        while (is_letter(peek()) || is_digit(peek())) ++at_;
        const std::string_view name = text_.substr(begin, at_ - begin);
        const bool prefix = name.size() <= 2 && name.find_first_not_of("rRbBuUfF") == name.npos;
        if (prefix && (peek() == '"' || peek() == '\'')) return read_text(name);
        return {.kind = Token::Kind::name, .text = std::string(name)};
    }
    Token read_text(std::string_view prefix) {
        const char quote = text_[at_];
        const bool triple = peek(1) == quote && peek(2) == quote;
        const bool raw = prefix.find_first_of("rR") != prefix.npos;
        at_ += triple ? 3 : 1;
        Token token{.kind = Token::Kind::text, .text = {}};
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == quote && (!triple || (peek(1) == quote && peek(2) == quote))) {
                at_ += triple ? 3 : 1;
                break;
            }
            if (c == '\n' && !triple) break;  // not closed: an error, but only of this line
            if (c == '\\' && at_ + 1 < text_.size()) {
                read_escape(raw, token.text);
            } else {
                token.text += c;
                ++at_;
            }
        }
        if (prefix.find_first_of("fF") != prefix.npos) token.kind = Token::Kind::other;
        return token;
    }
    void read_escape(bool raw, std::string& into) {
        const char c = text_[at_ + 1];
        at_ += 2;
        if (raw) {
            into += '\\';
            into += c;
            return;
        }
        unsigned value = 0;
        const char* const first = text_.data() + at_;
        if (c == 'x' && text_.size() - at_ >= 2 &&
            std::from_chars(first, first + 2, value, 16).ptr == first + 2) {
            into += static_cast<char>(value);
            at_ += 2;
        } else if (c == 'n') {
            into += '\n';
        } else if (c == 't') {
            into += '\t';
        } else if (c == '\\' || c == '\'' || c == '"') {
            into += c;
        } else if (c != '\n') {
            into += '\\';
            into += c;
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

using Tokens = std::vector<Token>;

bool is_mark(const Tokens& tokens, std::size_t at, std::string_view mark) {
    return at < tokens.size() && tokens[at].kind == Token::Kind::mark && tokens[at].text == mark;
}

// An expression that consists of literals only.
class Value {
  public:
    Value(const Tokens& tokens, std::size_t at, std::size_t end)
        : tokens_(tokens), at_(at), end_(end) {}

    Literal whole() {
        bool comma = false;
        Literal list = read_items(end_, comma, 0);
        if (at_ != end_ || !good_) return {};
        return as_value(std::move(list), comma);
    }

  private:
    static Literal as_value(Literal list, bool comma) {
        if (!comma && list.items.size() == 1) {
            Literal only = std::move(list.items.front());
            return only;
        }
        return list;
    }
    // Skips to a closing bracket or the end.
    Literal read_items(std::size_t end, bool& comma, int depth) {
        Literal list{.kind = Literal::Kind::list, .text = {}, .items = {}};
        while (good_ && at_ < end && !closes()) {
            list.items.push_back(read_one(depth));
            if (!is_mark(tokens_, at_, ",") || at_ >= end) break;
            comma = true;
            ++at_;
        }
        return list;
    }
    bool closes() const {
        return is_mark(tokens_, at_, ")") || is_mark(tokens_, at_, "]") ||
               is_mark(tokens_, at_, "}");
    }
    Literal read_one(int depth) {
        const Token& token = tokens_[at_];
        if (token.kind == Token::Kind::name && token.text == "None") {
            ++at_;
            return {.kind = Literal::Kind::none, .text = {}, .items = {}};
        }
        if (token.kind == Token::Kind::text) {
            Literal text{.kind = Literal::Kind::text, .text = {}, .items = {}};
            for (; at_ < end_ && tokens_[at_].kind == Token::Kind::text; ++at_)
                text.text += tokens_[at_].text;
            return text;
        }
        const bool opens =
            is_mark(tokens_, at_, "(") || is_mark(tokens_, at_, "[") || is_mark(tokens_, at_, "{");
        if (!opens || depth >= deepest) {
            good_ = false;
            return {};
        }
        const bool parenthesis = tokens_[at_].text == "(";
        ++at_;
        bool comma = false;
        Literal list = read_items(end_, comma, depth + 1);
        if (at_ >= end_ || !closes()) {
            good_ = false;
            return {};
        }
        ++at_;
        return parenthesis ? as_value(std::move(list), comma) : list;
    }

    const Tokens& tokens_;
    std::size_t at_;
    std::size_t end_;
    bool good_ = true;
};

// Adds `name = value` or `name: annotation = value` of one statement.
void take_statement(const Tokens& tokens, std::size_t begin, std::size_t end,
                    const std::string& scope, std::initializer_list<std::string_view> names,
                    Module& module) {
    if (end - begin < 3 || tokens[begin].kind != Token::Kind::name) return;
    const std::string& name = tokens[begin].text;
    if (std::find(names.begin(), names.end(), name) == names.end()) return;
    std::size_t equals = begin + 1;
    if (is_mark(tokens, equals, ":"))
        while (equals < end && !is_mark(tokens, equals, "=")) ++equals;
    if (equals >= end) return;
    Literal value;  // `name += ...` is also computed
    if (is_mark(tokens, equals, "="))
        value = Value(tokens, equals + 1, end).whole();
    else if (tokens[equals].kind != Token::Kind::other)
        return;
    module.assignments.push_back({scope, name, std::move(value)});
}

}  // namespace

bool Module::defines(std::string_view name) const noexcept {
    return std::find(classes.begin(), classes.end(), name) != classes.end();
}

const Literal* Module::value_of(std::string_view scope, std::string_view name) const noexcept {
    const Literal* found = nullptr;
    for (const Assignment& each : assignments)
        if (each.scope == scope && each.name == name) found = &each.value;
    return found;
}

Module parse(std::string_view text, std::initializer_list<std::string_view> names) {
    Module module;
    Reader reader(text);
    Tokens tokens;
    std::string scope;
    std::size_t body = 0;  // the column of the class's own statements; 0: not yet seen
    std::size_t column = 0;
    while (reader.next_line(tokens, column)) {
        if (column == 0) {
            scope.clear();
            body = 0;
            if (tokens.size() > 2 && tokens[0].kind == Token::Kind::name &&
                tokens[0].text == "class" && tokens[1].kind == Token::Kind::name) {
                scope = tokens[1].text;
                module.classes.push_back(scope);
                continue;
            }
        } else {
            if (scope.empty()) continue;
            if (body == 0) body = column;
            if (column != body) continue;
        }
        for (std::size_t begin = 0; begin < tokens.size();) {
            std::size_t end = begin;
            while (end < tokens.size() && !is_mark(tokens, end, ";")) ++end;
            take_statement(tokens, begin, end, scope, names, module);
            begin = end + 1;
        }
    }
    return module;
}

}  // namespace vitals::checks::migrations::python
