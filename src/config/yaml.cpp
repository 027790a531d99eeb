// From libyaml's events to a tree. libyaml counts lines and columns (in characters) from 0;
// problems count from 1.
#include "config/yaml.hpp"

#include <yaml.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include <fmt/format.h>

#include "config/yaml_syntax.hpp"
#include "text/words.hpp"

namespace vitals::config {

namespace {

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

// A named value, for aliases.
struct Anchor {
    Node value;
    std::size_t values = 0;  // in it
    std::size_t levels = 0;
};

std::size_t values_in(const Node& node) {
    std::size_t values = 1;
    for (const Node& item : node.items) values += values_in(item);
    for (const Node::Entry& entry : node.entries) values += values_in(entry.value);
    return values;
}

std::size_t levels_of(const Node& node) {
    std::size_t below = 0;
    for (const Node& item : node.items) below = std::max(below, levels_of(item));
    for (const Node::Entry& entry : node.entries) below = std::max(below, levels_of(entry.value));
    return below + 1;
}

// The first position of each key of one mapping. While there are few keys, they are searched
// linearly.
class Keys {
  public:
    const Position* first(const std::vector<Node::Entry>& entries, const std::string& key) const {
        if (!many_.empty()) {
            const auto at = many_.find(key);
            return at == many_.end() ? nullptr : &at->second;
        }
        const auto at = std::ranges::find(entries, key, &Node::Entry::key);
        return at == entries.end() ? nullptr : &at->position;
    }
    // Before it is appended to the entries.
    void add(const std::vector<Node::Entry>& entries, const std::string& key, Position position) {
        if (entries.size() < few) return;
        if (many_.empty())
            for (const Node::Entry& entry : entries) many_.emplace(entry.key, entry.position);
        many_.emplace(key, position);
    }

  private:
    static constexpr std::size_t few = 16;
    std::unordered_map<std::string, Position> many_;
};

constexpr std::string_view merge_key = "<<";

class TreeReader {
  public:
    TreeReader(std::string_view text, Sources& sources, std::vector<Complaint>& complaints)
        : text_(text), sources_(sources), complaints_(complaints), parser_() {
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

    Position position_of(const yaml_mark_t& mark) const {
        return {static_cast<std::uint32_t>(mark.line + 1),
                static_cast<std::uint32_t>(mark.column + 1),
                static_cast<std::uint32_t>(sources_.files.size() - 1)};
    }

    void complain(Position position, std::string message) {
        complaints_.push_back({position, std::move(message)});
    }

    void check_directives(Event& event) {
        const auto& start = event->data.document_start;
        if (start.tag_directives.start != start.tag_directives.end)
            complain(position_of(event->start_mark), "%TAG directives are not used here");
    }

    void refuse_tag(Node& node, std::string_view tag) {
        if (tag.empty()) return;
        node.broken = true;
        constexpr std::string_view core = "tag:yaml.org,2002:";
        const std::string written =
            tag.starts_with(core) ? fmt::format("!!{}", tag.substr(core.size())) : std::string(tag);
        complain(node.position, fmt::format("{} is read as a YAML tag, which is not used here; "
                                            "put it in quotes if it is meant as text",
                                            text::in_quotes(written)));
    }

    bool read_node(Event& event, Node& node, std::size_t depth) {
        node.position = position_of(event->start_mark);
        if (depth > max_depth) {
            complain(node.position, fmt::format("nested deeper than {} levels", max_depth));
            return false;
        }
        if (++sources_.values > max_values) {
            complain(node.position,
                     fmt::format("the configuration holds more than {} values", max_values));
            return false;
        }
        switch (event->type) {
            case YAML_SCALAR_EVENT: {
                const auto& scalar = event->data.scalar;
                node.scalar.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
                node.quoted = scalar.style != YAML_PLAIN_SCALAR_STYLE;
                refuse_tag(node, view(scalar.tag));
                return name(node, view(scalar.anchor));
            }
            case YAML_ALIAS_EVENT:
                return follow(std::string(view(event->data.alias.anchor)), node, depth);
            case YAML_SEQUENCE_START_EVENT:
                node.kind = Node::Kind::sequence;
                refuse_tag(node, view(event->data.sequence_start.tag));
                return read_items(node, depth) &&
                       name(node, view(event->data.sequence_start.anchor));
            default:
                node.kind = Node::Kind::mapping;
                refuse_tag(node, view(event->data.mapping_start.tag));
                return read_entries(node, depth) &&
                       name(node, view(event->data.mapping_start.anchor));
        }
    }

    // Keeps the value for aliases.
    bool name(const Node& node, std::string_view anchor) {
        if (anchor.empty()) return true;
        const auto [at, fresh] = anchors_.try_emplace(std::string(anchor));
        if (!fresh) {
            complain(node.position,
                     fmt::format("the anchor '&{}' stands here a second time, the first is on "
                                 "line {}",
                                 anchor, at->second.value.position.line));
            return true;
        }
        at->second = {node, values_in(node), levels_of(node)};
        return true;
    }

    // A copy of the value of the alias, with the place of its use.
    bool follow(const std::string& alias, Node& node, std::size_t depth) {
        const Position used = node.position;
        node.broken = true;
        const auto at = anchors_.find(alias);
        if (at == anchors_.end()) {
            std::vector<std::string_view> known;
            for (const auto& [anchor, value] : anchors_) known.push_back(anchor);
            complain(used,
                     fmt::format("'*{}' is read as a YAML alias, but no anchor '&{}' ends above "
                                 "it in this file{}; put it in quotes if it is meant as text",
                                 alias, alias, text::did_you_mean(alias, known)));
            return true;
        }
        const Anchor& anchor = at->second;
        if (depth + anchor.levels - 1 > max_depth) {
            complain(used, fmt::format("'*{}' nests deeper than {} levels here", alias, max_depth));
            return true;
        }
        sources_.copied += anchor.values;
        sources_.values += anchor.values;
        if (sources_.copied > max_copied_values || sources_.values > max_values) {
            complain(used, fmt::format("'*{}' stands for {} values; aliases may bring {} in all",
                                       alias, anchor.values, max_copied_values));
            return false;
        }
        node = anchor.value;
        node.set_use(sources_.use_at(used));
        return true;
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
        Keys keys;
        std::optional<Node::Entry> merge;
        while (true) {
            Event event;
            if (!next(event)) return false;
            if (event->type == YAML_MAPPING_END_EVENT) break;
            Node key;
            if (!read_node(event, key, depth + 1)) return false;
            Event value_event;
            if (!next(value_event)) return false;
            Node value;
            if (!read_node(value_event, value, depth + 1)) return false;
            if (!usable_key(key)) continue;
            const bool merges = !key.quoted && key.scalar == merge_key;
            const Position* first =
                merges && merge ? &merge->position : keys.first(node.entries, key.scalar);
            if (first != nullptr) {
                complain(key.position,
                         fmt::format("{} stands here a second time, the first is on line {}{}",
                                     text::in_quotes(key.scalar), first->line,
                                     merges ? "; several are merged as '<<: [*a, *b]'" : ""));
            } else if (merges) {
                merge = {std::move(key.scalar), key.position, std::move(value)};
            } else {
                keys.add(node.entries, key.scalar, key.position);
                node.entries.push_back({std::move(key.scalar), key.position, std::move(value)});
            }
        }
        if (merge) take_merged(node, std::move(merge->value), keys);
        return true;
    }

    // Adds the keys of a mapping that are missing; of several mappings the first one counts.
    void take_merged(Node& node, Node merged, Keys& keys) {
        const auto take = [&](Node& from) {
            if (from.broken) {
                node.broken = true;
                return;
            }
            if (from.kind != Node::Kind::mapping) {
                complain(from.position,
                         "'<<' takes a mapping or a list of mappings, such as *base");
                node.broken = true;
                return;
            }
            for (Node::Entry& entry : from.entries) {
                if (keys.first(node.entries, entry.key) != nullptr) continue;
                keys.add(node.entries, entry.key, entry.position);
                node.entries.push_back(std::move(entry));
            }
        };
        if (merged.kind != Node::Kind::sequence || merged.broken) return take(merged);
        for (Node& item : merged.items) take(item);
    }

    bool usable_key(const Node& key) {
        if (key.broken) return false;
        if (key.kind != Node::Kind::scalar)
            complain(key.position, "a key must be a plain word, not a list or a mapping");
        return key.kind == Node::Kind::scalar;
    }

    std::string_view text_;
    Sources& sources_;
    std::vector<Complaint>& complaints_;
    yaml_parser_t parser_;
    std::map<std::string, Anchor, std::less<>> anchors_;
};

}  // namespace

std::optional<Node> read_yaml(std::string_view text, Sources& sources,
                              std::vector<Complaint>& complaints) {
    const std::size_t before = complaints.size();
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    std::optional<Node> root;
    if (auto complaint = encoding_complaint(text))
        complaints.push_back(std::move(*complaint));
    else
        root = TreeReader(text, sources, complaints).read();
    for (std::size_t i = before; i < complaints.size(); ++i)
        complaints[i].position.file = static_cast<std::uint32_t>(sources.files.size() - 1);
    return root;
}

}  // namespace vitals::config
