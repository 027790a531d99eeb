// A source of heartbeats: described options, and an object that listens with them for one group of
// workers and writes what it hears into the table. The table judges who is alive, never a source. A
// new source is a folder here and a line in source.cpp.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "model/clock.hpp"
#include "model/description.hpp"
#include "net/environment.hpp"
#include "vitals/log.hpp"
#include "workers/table.hpp"

namespace vitals::workers {

// What a listener of one group works with. Environment and clock outlive it.
struct SourceContext {
    net::Environment& environment;
    Clock& clock;
    Log log;
    std::shared_ptr<Table> table;
    std::string group;
    std::chrono::milliseconds timeout;  // of the group: missing workers must be noticed in time
};

// Listens during its lifetime. Used on the loop's thread.
class SourceConnection {
  public:
    virtual ~SourceConnection() = default;
    // The same options with fresher secrets: for its next connection.
    virtual void refresh(const AnyOptions& options) = 0;
};

struct Source {
    Description description;
    // Null: nothing listens; heartbeats are pushed through the API.
    std::unique_ptr<SourceConnection> (*listen)(SourceContext context,
                                                const AnyOptions& options) = nullptr;
};

// `Connection` is made of a SourceContext and a shared_ptr<const Options>, and has a
// refresh(shared_ptr<const Options>). The only casts from the configuration's values.
template <class Options, class Connection>
Source make_source(Description description) {
    struct Typed : SourceConnection {
        Typed(SourceContext context, const AnyOptions& options)
            : connection(std::move(context), options.shared<Options>()) {}
        void refresh(const AnyOptions& options) override {
            connection.refresh(options.shared<Options>());
        }
        Connection connection;
    };
    return {
        description,
        [](SourceContext context, const AnyOptions& options) -> std::unique_ptr<SourceConnection> {
            return std::make_unique<Typed>(std::move(context), options);
        }};
}

std::span<const Source* const> sources();  // in the order of the documentation
// Null: there is no source of that name.
const Source* find_source(std::string_view name);

}  // namespace vitals::workers
