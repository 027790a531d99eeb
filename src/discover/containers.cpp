// Running containers: the check sees whether they still run.
#include "discover/discovery.hpp"

namespace vitals::discover {

namespace {

std::vector<Proposal> find(const Machine& machine) {
    std::vector<Proposal> found;
    for (const Container& container : machine.containers)
        found.push_back({.name = "containers/" + container.name,
                         .candidates = {{.kind = "container",
                                         .options = {{"url", yaml_text("unix:" + container.engine)},
                                                     {"name", yaml_text(container.name)}},
                                         .needs = {"Whoever may open this socket has the rights of "
                                                   "root on this machine."}}},
                         .critical = false});
    return found;
}

}  // namespace

extern const Discovery containers;
const Discovery containers{"Containers", find};

}  // namespace vitals::discover
