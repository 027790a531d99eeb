// libyaml's events to a tree. libyaml counts lines and columns (in characters) from 0, problems are
// reported from 1.
#include "config/yaml.hpp"

#include <yaml.h>

#include <unordered_map>

#include <fmt/format.h>

#include "config/yaml_syntax.hpp"
#include "text/words.hpp"

namespace vitals::config {

namespace {

Position position_of(const yaml_mark_t& mark) {
    return {mark.line + 1, mark.column + 1};
}

std::string_view view(const yaml_char_t* text) {
    return text == nullptr ? std::string_view()
                           : std::string_view(reinterpret_cast<const char*>(text));
}

class Event {
  public:
    Event() : event_() {}
    ~Event() { yaml_event_delete(&event_); }
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    yaml_event_t* operator->() { return &event_; }
    yaml_event_t* get() { return &event_; }

  private:
    yaml_event_t event_;
};

class TreeReader {
  public:
    TreeReader(std::string_view text, std::vector<Complaint>& complaints)
        : text_(text), complaints_(complaints), parser_() {
        yaml_parser_initialize(&parser_);
        yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                     text.size());
    }
    ~TreeReader() { yaml_parser_delete(&parser_); }
    TreeReader(const TreeReader&) = delete;
    TreeReader& operator=(const TreeReader&) = delete;

    std::optional<Node> read() {
        std::optional<Node> root;
        while (true) {
            Event event;
            if (!next(event)) return std::nullopt;
            switch (event->type) {
                case YAML_STREAM_START_EVENT:
                case YAML_DOCUMENT_END_EVENT:
                    break;
                case YAML_STREAM_END_EVENT:
                    return root;
                case YAML_DOCUMENT_START_EVENT:
                    if (root) {
                        complain(position_of(event->start_mark),
                                 "a second document begins here, expected only one in the file");
                        return root;
                    }
                    check_directives(event);
                    break;
                default: {
                    Node node;
                    if (!read_node(event, node, 1)) return std::nullopt;
                    root = std::move(node);
                }
            }
        }
    }

  private:
    bool next(Event& event) {
        if (yaml_parser_parse(&parser_, event.get()) == 1) return true;
        complaints_.push_back(syntax_complaint(parser_, text_));
        return false;
    }

    void complain(Position position, std::string message) {
        complaints_.push_back({position, std::move(message)});
    }

    void check_directives(Event& event) {
        const auto& start = event->data.document_start;
        if (start.tag_directives.start != start.tag_directives.end)
            complain(position_of(event->start_mark), "%TAG directives are not used here");
    }

    void refuse_properties(Node& node, std::string_view anchor, std::string_view tag) {
        if (!anchor.empty()) {
            node.broken = true;
            complain(node.position,
                     fmt::format("anchors such as '&{}' are not used here; write the value out, or "
                                 "put it in quotes if it is meant as text",
                                 anchor));
        }
        if (!tag.empty()) {
            node.broken = true;
            constexpr std::string_view core = "tag:yaml.org,2002:";
            const std::string written = tag.starts_with(core)
                                            ? fmt::format("!!{}", tag.substr(core.size()))
                                            : std::string(tag);
            complain(node.position, fmt::format("{} is read as a YAML tag, which is not used here; "
                                                "put it in quotes if it is meant as text",
                                                text::in_quotes(written)));
        }
    }

    bool read_node(Event& event, Node& node, std::size_t depth) {
        node.position = position_of(event->start_mark);
        if (depth > max_depth) {
            complain(node.position, fmt::format("nested deeper than {} levels", max_depth));
            return false;
        }
        switch (event->type) {
            case YAML_SCALAR_EVENT: {
                const auto& scalar = event->data.scalar;
                node.scalar.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
                node.quoted = scalar.style != YAML_PLAIN_SCALAR_STYLE;
                refuse_properties(node, view(scalar.anchor), view(scalar.tag));
                return true;
            }
            case YAML_ALIAS_EVENT:
                node.broken = true;
                complain(node.position,
                         fmt::format("'*{}' is read as a YAML alias, which is not used here; put "
                                     "it in quotes if it is meant as text",
                                     view(event->data.alias.anchor)));
                return true;
            case YAML_SEQUENCE_START_EVENT:
                node.kind = Node::Kind::sequence;
                refuse_properties(node, view(event->data.sequence_start.anchor),
                                  view(event->data.sequence_start.tag));
                return read_items(node, depth);
            default:
                node.kind = Node::Kind::mapping;
                refuse_properties(node, view(event->data.mapping_start.anchor),
                                  view(event->data.mapping_start.tag));
                return read_entries(node, depth);
        }
    }

    bool read_items(Node& node, std::size_t depth) {
        while (true) {
            Event event;
            if (!next(event)) return false;
            if (event->type == YAML_SEQUENCE_END_EVENT) return true;
            node.items.emplace_back();
            if (!read_node(event, node.items.back(), depth + 1)) return false;
        }
    }

    bool read_entries(Node& node, std::size_t depth) {
        std::unordered_map<std::string, Position> seen;
        while (true) {
            Event event;
            if (!next(event)) return false;
            if (event->type == YAML_MAPPING_END_EVENT) return true;
            Node key;
            if (!read_node(event, key, depth + 1)) return false;
            Event value_event;
            if (!next(value_event)) return false;
            Node value;
            if (!read_node(value_event, value, depth + 1)) return false;
            if (!usable_key(key)) continue;
            const auto [first, fresh] = seen.emplace(key.scalar, key.position);
            if (fresh) {
                node.entries.push_back({std::move(key.scalar), key.position, std::move(value)});
            } else {
                complain(key.position,
                         fmt::format("{} stands here a second time, the first is on line {}",
                                     text::in_quotes(key.scalar), first->second.line));
            }
        }
    }

    bool usable_key(const Node& key) {
        if (key.kind != Node::Kind::scalar)
            complain(key.position, "a key must be a plain word, not a list or a mapping");
        return key.kind == Node::Kind::scalar && !key.broken;
    }

    std::string_view text_;
    std::vector<Complaint>& complaints_;
    yaml_parser_t parser_;
};

}  // namespace

std::optional<Node> read_yaml(std::string_view text, std::vector<Complaint>& complaints) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    if (auto complaint = encoding_complaint(text)) {
        complaints.push_back(std::move(*complaint));
        return std::nullopt;
    }
    return TreeReader(text, complaints).read();
}

}  // namespace vitals::config
