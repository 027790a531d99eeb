// Every source of heartbeats there is.
#include "workers/source.hpp"

#include <array>

#include "workers/celery/celery_source.hpp"

namespace vitals::workers {

namespace {

struct NoOptions {};

const Source pushed{
    describe<NoOptions>("push", "Takes the heartbeats that are pushed through the API.", {})};

}  // namespace

std::span<const Source* const> sources() {
    static constexpr std::array all = {
        &pushed,
        &celery::source,
    };
    return all;
}

const Source* find_source(std::string_view name) {
    for (const Source* source : sources())
        if (source->description.name == name) return source;
    return nullptr;
}

}  // namespace vitals::workers
