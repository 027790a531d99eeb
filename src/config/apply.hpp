// From a mapping of the file to a described struct: the only place where texts become typed values.
// It knows no kind of check and no dialect, only Field tables.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "config/environment.hpp"
#include "config/node.hpp"
#include "model/description.hpp"

namespace vitals::config {

// A text that must name something that may stand later in the file.
struct Reference {
    std::string_view to;  // Field::refers
    std::string name;
    Position position;
    std::string key;  // where it was written: `depends_on`
};

// The data of one reading of a file. Used by one thread.
struct Reading {
    Sources sources;
    std::set<std::uint32_t>
        open_files;  // of the sources: other users of this machine may read them
    Environment environment;
    bool read_secrets = true;
    SecretStore store;

    Problems problems;
    Problems warnings;
    std::size_t plain_secrets = 0;                          // written out, or in variables
    std::vector<std::pair<Position, std::string>> exposed;  // passwords in files that are open
    std::vector<Reference> references;

    void problem(Position position, std::string message);
    void warning(Position position, std::string message);
    // A secret is written there as it is, or comes from a variable.
    void plain_secret(const Node& node, std::string_view key);
};

// What a mapping describes, as messages call it.
struct Subject {
    std::string noun;      // `a component of kind http`: unknown key 'x' of ...
    std::string name;      // `component 'shop'`: ... has no 'url'
    std::string more;      // for an unknown key that resembles none; empty: the keys are listed
    bool partial = false;  // what is required may stand elsewhere
};

// One table and the struct that it fills.
struct Part {
    std::span<const Field> fields;
    ObjectRef options;
};

// Fills the structs from a mapping; each key belongs to the first part that knows it. Problems are
// reported; false if there was one.
bool apply(const Node& node, Position position, std::span<const Part> parts, const Subject& subject,
           Reading& reading);

// Converts one scalar, list or mapping to one value. `position` is that of the key.
bool apply_value(const Node& node, Position position, const Field& field, const ValueRef& value,
                 const Subject& subject, Reading& reading);

// The sort of node, as messages call it: `a text`, `a list`, `a mapping`, `nothing`.
std::string_view found(const Node& node);

}  // namespace vitals::config
