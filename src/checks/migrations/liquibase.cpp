#include "liquibase.hpp"

#include <yaml.h>

#include <algorithm>
#include <charconv>
#include <cstddef>

#include "wire/xml.hpp"

namespace vitals::checks::migrations::liquibase {

namespace {

using wire::Element;

constexpr std::size_t deepest = 64;
constexpr std::size_t most_events = 400'000;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
std::string lowered(std::string_view text) {
    std::string made(text);
    std::transform(made.begin(), made.end(), made.begin(), lower);
    return made;
}
std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}
bool is_true(std::string_view text) {
    return lowered(trimmed(text)) == "true";
}

std::string first_of(const Element& element, std::string_view name, std::string_view other) {
    auto value = element.attribute(name);
    return value.empty() ? element.attribute(other) : value;
}
std::size_t depth_of(const Element& element, std::string_view name, std::size_t otherwise) {
    const std::string text = element.attribute(name);
    std::size_t value = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value);
    return error == std::errc() && end == last ? value : otherwise;
}

std::expected<ChangeLog, std::string> from_elements(const Element& root) {
    if (root.name != "databaseChangeLog") return std::unexpected("there is no databaseChangeLog");
    ChangeLog made;
    made.logical_file = root.attribute("logicalFilePath");
    for (const Element& each : root.children) {
        if (each.name == "changeSet") {
            ChangeSet set{.id = each.attribute("id"),
                          .author = each.attribute("author"),
                          .logical_file = each.attribute("logicalFilePath"),
                          .context = first_of(each, "context", "contextFilter"),
                          .dbms = each.attribute("dbms"),
                          .ignored = is_true(each.attribute("ignore"))};
            if (set.id.empty()) return std::unexpected("a changeSet has no id");
            made.sets.push_back(std::move(set));
        } else if (each.name == "include" || each.name == "includeAll") {
            Include include;
            include.all = each.name == "includeAll";
            include.path = each.attribute(include.all ? "path" : "file");
            include.relative = is_true(each.attribute("relativeToChangelogFile"));
            include.context = first_of(each, "context", "contextFilter");
            include.ends_with = each.attribute("endsWithFilter");
            include.filtered = !first_of(each, "filter", "resourceFilter").empty() && include.all;
            include.may_be_missing = each.attribute("errorIfMissing") == "false" ||
                                     each.attribute("errorIfMissingOrEmpty") == "false";
            include.least_depth = depth_of(each, "minDepth", 0);
            include.most_depth = depth_of(each, "maxDepth", 1'000);
            if (include.path.empty()) return std::unexpected("an include names nothing");
            made.includes.push_back(std::move(include));
        }
    }
    return made;
}

// Converts YAML to elements. Scalars of a mapping become attributes, its other values children; the
// mappings of a sequence become children, each with its key. A scalar in a sequence is ignored.
class Yaml {
  public:
    explicit Yaml(std::string_view text) {
        ready_ = yaml_parser_initialize(&parser_) == 1;
        if (!ready_) return;
        yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                     text.size());
    }
    ~Yaml() {
        if (ready_) yaml_parser_delete(&parser_);
    }
    Yaml(const Yaml&) = delete;
    Yaml& operator=(const Yaml&) = delete;

    std::expected<Element, std::string> parse() {
        Element document;
        while (ready_ && problem_.empty()) {
            const Event event = next();
            if (event.type == YAML_MAPPING_START_EVENT) {
                read_mapping(document, 0);
                break;
            }
            if (event.type == YAML_STREAM_END_EVENT || event.type == YAML_SCALAR_EVENT ||
                event.type == YAML_SEQUENCE_START_EVENT)
                break;
        }
        if (!problem_.empty()) return std::unexpected(problem_);
        for (Element& each : document.children) {
            if (each.name == "databaseChangeLog") return std::move(each);
        }
        return std::unexpected("there is no databaseChangeLog");
    }

  private:
    struct Event {
        yaml_event_type_t type = YAML_NO_EVENT;
        std::string value;
    };

    Event next() {
        Event made;
        yaml_event_t event;
        if (!problem_.empty()) return made;
        if (++count_ > most_events) {
            problem_ = "is too large";
            return made;
        }
        if (yaml_parser_parse(&parser_, &event) == 0) {
            problem_ = "is no YAML";
            return made;
        }
        made.type = event.type;
        if (event.type == YAML_SCALAR_EVENT) {
            made.value.assign(reinterpret_cast<const char*>(event.data.scalar.value),
                              event.data.scalar.length);
        } else if (event.type == YAML_ALIAS_EVENT) {
            problem_ = "has aliases";
        }
        yaml_event_delete(&event);
        return made;
    }
    void read_value(Element& into, const Event& event, std::string key, std::size_t depth) {
        if (depth > deepest) problem_ = "is too deep";
        if (event.type == YAML_SCALAR_EVENT)
            return into.attributes.emplace_back(std::move(key), event.value), void();
        Element child;
        child.name = std::move(key);
        if (event.type == YAML_MAPPING_START_EVENT) read_mapping(child, depth);
        if (event.type == YAML_SEQUENCE_START_EVENT) read_sequence(child, depth);
        into.children.push_back(std::move(child));
    }
    void read_mapping(Element& into, std::size_t depth) {
        while (problem_.empty()) {
            const Event key = next();
            if (key.type == YAML_MAPPING_END_EVENT || !problem_.empty()) return;
            if (key.type != YAML_SCALAR_EVENT) {
                problem_ = "has a key that is no text";
                return;
            }
            const Event value = next();
            read_value(into, value, key.value, depth + 1);
        }
    }
    void read_sequence(Element& into, std::size_t depth) {
        while (problem_.empty()) {
            const Event event = next();
            if (event.type == YAML_SEQUENCE_END_EVENT || !problem_.empty()) return;
            if (event.type == YAML_MAPPING_START_EVENT) {
                if (depth > deepest) problem_ = "is too deep";
                read_mapping(into, depth + 1);
            } else {
                Element ignored;
                read_value(ignored, event, {}, depth + 1);
            }
        }
    }

    yaml_parser_t parser_{};
    bool ready_ = false;
    std::size_t count_ = 0;
    std::string problem_;
};

// The next word of a comment, with or without quotes, up to one of the characters that end it.
std::string next_word(std::string_view& line, std::string_view ends) {
    line = line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.empty()) return {};
    const char quote = line.front();
    if (quote == '"' || quote == '\'') {
        const auto end = std::min(line.find(quote, 1), line.size());
        std::string word(line.substr(1, end - 1));
        line.remove_prefix(std::min(end + 1, line.size()));
        return word;
    }
    const auto end = std::min(line.find_first_of(ends), line.size());
    std::string word(line.substr(0, end));
    line.remove_prefix(end);
    return word;
}

// ` word:value` and so on.
void take_attributes(std::string_view line, Element& into) {
    while (!trimmed(line).empty()) {
        std::string key = next_word(line, ": \t");
        if (line.starts_with(':')) {
            line.remove_prefix(1);
            into.attributes.emplace_back(std::move(key), next_word(line, " \t"));
        } else if (key.empty() && !line.empty()) {
            line.remove_prefix(1);
        }
    }
}

// The text after `-- word`, in any case.
bool comment_says(std::string_view line, std::string_view word, std::string_view& rest) {
    line = trimmed(line);
    if (!line.starts_with("--")) return false;
    line = trimmed(line.substr(2));
    if (lowered(line.substr(0, word.size())) != word) return false;
    rest = line.substr(word.size());
    return rest.empty() || rest.front() == ' ' || rest.front() == '\t' || rest.front() == ':';
}

std::expected<ChangeLog, std::string> from_sql(std::string_view text) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    ChangeLog made;
    bool formatted = false;
    std::string_view rest;
    bool ignoring = false;
    std::size_t ignored_lines = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string_view line = text.substr(begin, end - begin);
        begin = end + 1;
        if (!formatted) {
            if (trimmed(line).empty()) continue;
            if (!comment_says(line, "liquibase formatted sql", rest)) break;
            formatted = true;
            Element element;
            take_attributes(rest, element);
            made.logical_file = element.attribute("logicalFilePath");
            continue;
        }
        if (ignored_lines > 0) {
            --ignored_lines;
            continue;
        }
        if (comment_says(line, "ignorelines", rest)) {
            const std::string_view said = trimmed(rest.substr(rest.empty() ? 0 : 1));
            ignoring = lowered(said) == "start" || (ignoring && lowered(said) != "end");
            (void)std::from_chars(said.data(), said.data() + said.size(), ignored_lines);
            continue;
        }
        if (ignoring || !comment_says(line, "changeset", rest)) continue;
        ChangeSet set;
        set.author = next_word(rest, ":");
        if (!rest.starts_with(':')) return std::unexpected("a changeset is not `author:id`");
        rest.remove_prefix(1);
        set.id = next_word(rest, " \t\r");
        if (set.id.empty()) return std::unexpected("a changeset has no id");
        Element element;
        take_attributes(rest, element);
        set.author = trimmed(set.author);
        set.context = first_of(element, "context", "contextFilter");
        set.dbms = element.attribute("dbms");
        set.logical_file = element.attribute("logicalFilePath");
        set.ignored = is_true(element.attribute("ignore"));
        made.sets.push_back(std::move(set));
    }
    if (!formatted) made.sets.push_back({.id = "raw", .author = "includeAll"});
    return made;
}

// or := and (("or" | ",") and)*; and := not ("and" not)*; not := ("!" | "not") not | "(" or ")" |
// name
class Expression {
  public:
    Expression(std::string_view text, std::span<const std::string> contexts)
        : text_(text), contexts_(contexts) {
        advance();
    }
    bool value() {
        const bool found = any(0);
        return found || !good_ || !word_.empty();
    }

  private:
    void advance() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
        const std::size_t begin = at_;
        constexpr std::string_view marks = ",!()";
        if (at_ < text_.size() && marks.find(text_[at_]) != marks.npos) {
            ++at_;
        } else {
            while (at_ < text_.size() && text_[at_] != ' ' && text_[at_] != '\t' &&
                   marks.find(text_[at_]) == marks.npos)
                ++at_;
        }
        word_ = lowered(text_.substr(begin, at_ - begin));
    }
    bool any(std::size_t depth) {
        bool found = all(depth);
        while (word_ == "or" || word_ == ",") {
            advance();
            const bool more = all(depth);
            found = found || more;
        }
        return found;
    }
    bool all(std::size_t depth) {
        bool found = one(depth);
        while (word_ == "and") {
            advance();
            const bool more = one(depth);
            found = found && more;
        }
        return found;
    }
    bool one(std::size_t depth) {
        const bool nobody =
            word_.empty() || word_ == ")" || word_ == "," || word_ == "and" || word_ == "or";
        if (nobody || depth > deepest) {
            good_ = false;
            return true;
        }
        const std::string word = word_;
        advance();
        if (word == "!" || word == "not") return !one(depth + 1);
        if (word != "(") {
            return std::any_of(
                contexts_.begin(), contexts_.end(),
                [&word](const std::string& each) { return lowered(trimmed(each)) == word; });
        }
        const bool found = any(depth + 1);
        if (word_ != ")") good_ = false;
        advance();
        return found;
    }

    std::string_view text_;
    std::span<const std::string> contexts_;
    std::size_t at_ = 0;
    std::string word_;
    bool good_ = true;
};

bool ends_with(std::string_view file, std::string_view ending) {
    return lowered(file).ends_with(ending);
}

}  // namespace

bool is_change_log(std::string_view file) {
    return ends_with(file, ".xml") || ends_with(file, ".yaml") || ends_with(file, ".yml") ||
           ends_with(file, ".json") || ends_with(file, ".sql");
}

std::expected<ChangeLog, std::string> parse(std::string_view file, std::string_view text) {
    if (ends_with(file, ".sql")) return from_sql(text);
    if (!is_change_log(file)) return std::unexpected("is neither XML, YAML, JSON nor SQL");
    const auto root = ends_with(file, ".xml") ? wire::parse_xml(text) : Yaml(text).parse();
    if (!root) return std::unexpected(root.error());
    return from_elements(*root);
}

bool context_allows(std::string_view expression, std::span<const std::string> contexts) {
    if (contexts.empty() || trimmed(expression).empty()) return true;
    return Expression(expression, contexts).value();
}

bool for_postgres(std::string_view dbms) {
    bool named = false;
    bool others = false;
    while (!dbms.empty()) {
        const auto end = std::min(dbms.find(','), dbms.size());
        const std::string each = lowered(trimmed(dbms.substr(0, end)));
        dbms.remove_prefix(std::min(end + 1, dbms.size()));
        if (each == "!postgresql" || each == "none") return false;
        if (each == "postgresql" || each == "all") named = true;
        if (!each.empty() && !each.starts_with('!')) others = true;
    }
    return named || !others;
}

}  // namespace vitals::checks::migrations::liquibase
