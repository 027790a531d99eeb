// Certificates in the usual places, and those that configurations of servers name.
#include <algorithm>

#include "discover/discovery.hpp"

namespace vitals::discover {

namespace {

std::string name_of(const std::string& path) {
    if (path == "/etc/letsencrypt/live") return "certificates/letsencrypt";
    std::string name = path.substr(path.rfind('/') + 1);
    // fullchain.pem and cert.pem say nothing: the folder does.
    if (name.starts_with("fullchain") || name.starts_with("cert.")) {
        const std::string folder = path.substr(0, path.rfind('/'));
        name = folder.substr(folder.rfind('/') + 1);
    }
    return "certificates/" + name.substr(0, name.rfind('.'));
}

std::vector<Proposal> find(const Machine& machine) {
    std::vector<Proposal> found;
    for (const std::string& path : machine.certificates)
        found.push_back(
            {.name = name_of(path),
             .candidates = {{.kind = "certificate",
                             .options = {{"path", yaml_text(path)}, {"interval", "10m"}},
                             .needs = {"Whoever runs vitals must be able to read it, e.g.:",
                                       "    setfacl -R -m u:vitals:rX " + path}}},
             .critical = false});
    return found;
}

}  // namespace

extern const Discovery certificates;
const Discovery certificates{"Certificates", find};

}  // namespace vitals::discover
