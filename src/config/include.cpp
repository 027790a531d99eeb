// The section `include`: further files, whose sections are added to those of the first.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "config/draft.hpp"
#include "config/file.hpp"
#include "config/sections.hpp"
#include "text/words.hpp"

namespace vitals::config {

namespace {

std::vector<std::string_view> names_of_includable() {
    std::vector<std::string_view> names;
    for (const Section& each : all_sections())
        if (each.may_be_included) names.push_back(each.description.name);
    return names;
}

// Adds the sections of further files to those of the first file.
class Including {
  public:
    Including(Node& root, std::size_t bytes, Draft& draft)
        : root_(root), draft_(draft), bytes_(bytes) {
        first_ = reading().sources.files.front();
        const auto slash = first_.rfind('/');
        if (slash != std::string::npos) folder_ = first_.substr(0, slash + 1);
        read_.insert(identity(first_));
    }

    // One word of `include`.
    void take(const Node& word) {
        const std::string path = word.scalar.starts_with('/') ? word.scalar : folder_ + word.scalar;
        if (!is_pattern(path)) return take_named(word, path);
        const auto found = matches(path);
        if (!found) {
            reading().problem(word.position,
                              fmt::format("'include' names {}, but {}", path, found.error()));
            return;
        }
        for (const std::string& file : *found)
            if (read_.insert(identity(file)).second) add(word, file);
        const std::string other = other_ending(path);
        if (!other.empty()) others_.emplace_back(&word, other);
    }

    // Files that differ from the pattern only in their ending are probably forgotten.
    void tell_of_other_endings() {
        for (const auto& [word, pattern] : others_) {
            const auto found = matches(pattern);
            if (!found) continue;
            for (const std::string& file : *found) {
                if (read_.contains(identity(file))) continue;
                reading().warning(word->position,
                                  fmt::format("{} is not read: {} does not match its name", file,
                                              text::in_quotes(word->scalar)));
            }
        }
    }

  private:
    Reading& reading() { return draft_.reading; }

    void take_named(const Node& word, const std::string& path) {
        const std::string same = identity(path);
        if (same == identity(first_)) {
            reading().problem(word.position, fmt::format("{} includes itself", first_));
            return;
        }
        if (read_.insert(same).second) add(word, path);
    }

    void add(const Node& word, const std::string& path) {
        auto file = read_file(path, true);
        if (!file) {
            const bool folder = file.error().starts_with("is a directory");
            reading().problem(word.position,
                              fmt::format("'include' names {}, which {}{}", path, file.error(),
                                          folder ? fmt::format("; write {}/*.yaml", word.scalar)
                                                 : std::string()));
            // The definitions of the file are unknown.
            for (const std::string_view name : names_of_includable()) draft_.lost.emplace(name);
            return;
        }
        bytes_ += file->content.size();
        if (bytes_ > max_bytes) {
            reading().problem(word.position,
                              fmt::format("with {} the files are larger than {} MiB together", path,
                                          max_bytes >> 20));
            return;
        }
        if (reading().problems.size() > enough_problems) return;
        auto sections = read_sections_of(path, *file, draft_);
        if (!sections) return;
        for (Node::Entry& section : sections->entries) merge(std::move(section), path);
    }

    void merge(Node::Entry section, const std::string& path) {
        if (section.key == "include") {
            reading().problem(section.position,
                              fmt::format("'include' stands only in {}, which includes this file; "
                                          "name there what this file needs",
                                          first_));
            return;
        }
        const auto names = names_of_includable();
        if (std::find(names.begin(), names.end(), section.key) == names.end())
            return refuse(section, path, names);
        const Shape shape = config::section(section.key).shape;
        if (!has_shape(section, shape, reading())) {
            draft_.lost.emplace(section.key);
            return;
        }
        if (section.key == "endpoints" && section.value.kind == Node::Kind::mapping) {
            reading().problem(section.position,
                              fmt::format("'only' stands only in {}: what this file lists is added "
                                          "there",
                                          first_));
            return;
        }
        if (section.key == "alerts") refuse_other_alerts(section.value);
        const auto at = std::ranges::find(root_.entries, section.key, &Node::Entry::key);
        if (at == root_.entries.end()) {
            root_.entries.push_back(std::move(section));
            return;
        }
        append(at->value, std::move(section));
    }

    // The first file decides how alerts are sent; other files add receivers, rules and silences.
    void refuse_other_alerts(Node& alerts) {
        std::erase_if(alerts.entries, [this](const Node::Entry& entry) {
            if (entry.key == "receivers" || entry.key == "rules" || entry.key == "silences")
                return false;
            reading().problem(entry.position,
                              fmt::format("{} of 'alerts' stands only in {}; a file that it "
                                          "includes holds receivers, rules or silences",
                                          text::in_quotes(entry.key), first_));
            return true;
        });
    }

    void refuse(const Node::Entry& section, const std::string& path,
                const std::vector<std::string_view>& names) {
        const auto known = all_sections();
        const bool exists = std::any_of(known.begin(), known.end(), [&section](const Section& s) {
            return s.description.name == section.key;
        });
        if (exists) {
            reading().problem(
                section.position,
                fmt::format("{} stands only in {}; a file that it includes holds {}",
                            text::in_quotes(section.key), first_, text::one_of(names)));
            return;
        }
        if (const auto near = text::nearest(section.key, names)) draft_.lost.emplace(*near);
        reading().problem(
            section.position,
            fmt::format(
                "unknown section {} of {}{}", text::in_quotes(section.key), path,
                text::did_you_mean(section.key, names, ", expected " + text::one_of(names))));
    }

    // Appended to the same section of former files; a wrong shape is reported later.
    void append(Node& to, Node::Entry section) {
        Node& from = section.value;
        if (to.kind == Node::Kind::mapping && section.key == "endpoints") {
            const auto only = std::ranges::find(to.entries, "only", &Node::Entry::key);
            if (only == to.entries.end() || only->value.kind != Node::Kind::sequence) return;
            std::ranges::move(from.items, std::back_inserter(only->value.items));
            return;
        }
        if (to.kind != from.kind) return;
        if (section.key == "alerts") {
            for (Node::Entry& entry : from.entries) {
                const auto same = std::ranges::find(to.entries, entry.key, &Node::Entry::key);
                if (same == to.entries.end()) {
                    to.entries.push_back(std::move(entry));
                    continue;
                }
                entry.key = "alerts " + entry.key;  // their names distinguish them
                append(same->value, std::move(entry));
            }
            return;
        }
        std::ranges::move(from.items, std::back_inserter(to.items));
        auto& names = names_[section.key];
        if (names.empty())
            for (const Node::Entry& entry : to.entries) names.emplace(entry.key, entry.position);
        for (Node::Entry& entry : from.entries) {
            const auto [first, fresh] = names.emplace(entry.key, entry.position);
            if (fresh) {
                to.entries.push_back(std::move(entry));
                continue;
            }
            reading().problem(entry.position,
                              fmt::format("{} stands here a second time, the first is {}",
                                          text::in_quotes(entry.key),
                                          reading().sources.place(first->second, entry.position)));
        }
    }

    // After that many problems, further files are not read: nobody reads more problems.
    static constexpr std::size_t enough_problems = 10'000;

    Node& root_;
    Draft& draft_;
    std::size_t bytes_;
    std::string first_;   // the file that includes
    std::string folder_;  // its folder, with a slash at the end
    std::set<std::string> read_;
    std::vector<std::pair<const Node*, std::string>> others_;  // words, and the pattern beside it
    std::map<std::string, std::unordered_map<std::string, Position>> names_;  // by section
};

}  // namespace

void add_includes(Node& root, std::size_t bytes, Draft& draft) {
    const auto at = std::ranges::find(root.entries, "include", &Node::Entry::key);
    if (at == root.entries.end()) return;
    const Node::Entry include = std::move(*at);
    root.entries.erase(at);
    FileKeys keys;
    const Field& field = section("include").description.fields.front();
    const Reading& reading = draft.reading;
    const std::size_t problems = reading.problems.size();
    if (!apply_value(include.value, include.position, field, ValueRef(&keys.include), {},
                     draft.reading) ||
        reading.problems.size() > problems)
        return;
    if (!draft.include) {
        draft.reading.problem(include.position, "'include' is not read here");
        return;
    }
    Including including(root, bytes, draft);
    if (include.value.kind == Node::Kind::scalar) including.take(include.value);
    for (const Node& word : include.value.items) including.take(word);
    including.tell_of_other_endings();
}

}  // namespace vitals::config
