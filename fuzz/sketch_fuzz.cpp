// A sketch or a chunk of runs from a damaged database: it is refused, or writing it gives the same
// bytes.
#include "history/runs.hpp"
#include "history/sketch.hpp"
#include "target.hpp"

namespace vitals::fuzz {

void run(std::string_view bytes) {
    using namespace history;
    if (const auto sketch = Sketch::decoded(bytes)) {
        require(Sketch::decoded(sketch->encoded()) == sketch);
        require(sketch->quantile(0.5) <= sketch->quantile(0.95));
        Sketch twice = *sketch;
        twice.merge(*sketch);
        require(twice.count() >= sketch->count());
    }
    const System start(std::chrono::seconds(1'800'000'000));
    if (const auto runs = runs_of(start, bytes)) {
        Chunk chunk(start);
        for (const Run& each : *runs) chunk.add(each);
        if (!runs->empty()) require(runs_of(chunk.start(), chunk.bytes()) == runs);
    }
}

}  // namespace vitals::fuzz
